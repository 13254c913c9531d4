package observe

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// frameReaders is how many data/meta are asked for at once: 5,000 frames take a server
// a second (CVAT 2.73), so few are kind to it.
const frameReaders = 4

// frames asks for the frame names of the wanted tasks.
func (l *look) frames(ctx context.Context) error {
	wanted := l.wanted()
	var ids []int
	for _, t := range l.have.Tasks {
		if t.Size > 0 && t.Frames == nil && wanted[plan.NameOf(t.Name)] {
			ids = append(ids, t.ID)
		}
	}
	return AddFrames(ctx, l.c, l.have.Tasks, ids, l.want.Tasks)
}

// AddFrames asks for the frames of those tasks that have one of the ids; one request each. What is
// wanted is only there so that equal names are kept once.
func AddFrames(ctx context.Context, c Reader, tasks []plan.Task, ids []int, want []plan.Desired) error {
	wanted := make(map[plan.Name][]string, len(want))
	for _, d := range want {
		wanted[plan.NameOf(d.Task)] = d.Frames
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(frameReaders)
	asked := make(map[int]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	for i := range tasks {
		if t := &tasks[i]; asked[t.ID] {
			group.Go(func() error {
				return crash.Guard(func() error { return addFrames(ctx, c, t, wanted[plan.NameOf(t.Name)]) })
			})
		}
	}
	return crash.Rethrow(group.Wait())
}

func addFrames(ctx context.Context, c Reader, t *plan.Task, expected []string) error {
	meta, err := c.DataMeta(ctx, t.ID)
	if errors.Is(err, cvat.ErrNotFound) {
		return nil // deleted since it was listed
	}
	if err != nil {
		return err
	}
	t.Frames, t.Related = meta.Names(), meta.RelatedFiles()
	if slices.Equal(t.Frames, expected) {
		t.Frames = expected // a million names are kept once
	}
	return nil
}

// FrameNames are the names of an imported task's frames, in frame order.
func FrameNames(ctx context.Context, c interface {
	DataMeta(ctx context.Context, taskID int) (*cvat.DataMeta, error)
}, id int) ([]string, error) {
	meta, err := c.DataMeta(ctx, id)
	if err != nil {
		return nil, err
	}
	return meta.Names(), nil
}

// Sample are the frames of n by which a task's are judged where all would cost too much: the first, the
// middle and the last, each once.
func Sample(n int) []int {
	if n == 0 {
		return nil
	}
	return slices.Compact([]int{0, n / 2, n - 1})
}
