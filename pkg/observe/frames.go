package observe

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// frameReaders is how many data/meta are asked for at once: 5,000 frames take a server
// a second (CVAT 2.73), so few are kind to it.
const frameReaders = 4

// frames asks for the frame names of the wanted tasks, and of tasks that nobody manages
// but that have as many frames as one to be created: one of them may have been renamed.
func (l *look) frames(ctx context.Context) error {
	wanted := make(map[string][]string, len(l.want.Tasks))
	for _, d := range l.want.Tasks {
		wanted[d.Task] = d.Frames
	}
	counts := make(map[int]bool)
	for _, d := range l.missing() {
		counts[len(d.Frames)] = true
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(frameReaders)
	for i := range l.have.Tasks {
		t := &l.have.Tasks[i]
		expected, managed := wanted[t.Name]
		if t.Size > 0 && (managed || counts[t.Size]) {
			group.Go(guarded(func() error { return l.namesOf(ctx, t, expected) }))
		}
	}
	return rethrow(group.Wait())
}

func (l *look) namesOf(ctx context.Context, t *plan.Task, expected []string) error {
	names, err := FrameNames(ctx, l.c, t.ID)
	if errors.Is(err, cvat.ErrNotFound) {
		return nil // deleted since it was listed
	}
	if slices.Equal(names, expected) {
		names = expected // a million names are kept once
	}
	t.Frames = names
	return err
}

// FrameNames are the names of an imported task's frames, in frame order.
func FrameNames(ctx context.Context, c interface {
	DataMeta(ctx context.Context, taskID int) (*cvat.DataMeta, error)
}, id int) ([]string, error) {
	meta, err := c.DataMeta(ctx, id)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(meta.Frames))
	for i, f := range meta.Frames {
		names[i] = f.Name
	}
	return names, nil
}
