package observe

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Label is a label of the server as a manifest would write it.
func Label(l cvat.Label) manifest.Label {
	out := manifest.Label{Name: l.Name, Color: l.Color, Type: l.Type, SVG: l.SVG}
	for _, a := range l.Attributes {
		out.Attributes = append(out.Attributes, manifest.Attribute{Name: a.Name, Mutable: a.Mutable, InputType: a.InputType, DefaultValue: a.DefaultValue, Values: a.Values})
	}
	for _, s := range l.Sublabels {
		out.Sublabels = append(out.Sublabels, Label(s))
	}
	return out
}

// An AnnotationReader also reads what was drawn; *cvat.Client is one.
type AnnotationReader interface {
	Labels(ctx context.Context, projectID int) ([]cvat.Label, error)
	Jobs(ctx context.Context, f cvat.JobFilter) ([]cvat.Job, error)
	Annotations(ctx context.Context, taskID int) (*cvat.Annotations, error)
	JobAnnotations(ctx context.Context, jobID int) (*cvat.Annotations, error)
}

const (
	maxCounted  = 500 // tasks whose annotations are read to count shapes: 50 ms each on CVAT 2.73
	annotations = 4   // read at once
)

// LabelUses counts what was drawn with the labels of these names in the project's tasks: one request for each
// task that has frames, of 500 at most, and one for each of their ground truth jobs and consensus replicas,
// whose annotations those of the task leave out. Labels that the project does not have are left out.
func LabelUses(ctx context.Context, c AnnotationReader, project int, names []string, tasks []plan.Task) ([]plan.LabelUse, error) {
	labels, err := c.Labels(ctx, project)
	if err != nil {
		return nil, err
	}
	u := &uses{c: c, place: map[int]int{}}
	for _, name := range names {
		i := slices.IndexFunc(labels, func(l cvat.Label) bool { return plan.NameOf(l.Name) == plan.NameOf(name) })
		if i < 0 {
			continue
		}
		if _, twice := u.place[labels[i].ID]; !twice {
			u.place[labels[i].ID] = len(u.counted)
			u.counted = append(u.counted, plan.LabelUse{Label: labels[i].Name})
		}
	}
	if len(u.counted) == 0 {
		return nil, nil
	}
	return u.counted, u.count(ctx, project, tasks)
}

// uses counts shapes by label; several tasks at once.
type uses struct {
	c     AnnotationReader
	place map[int]int // of a label's id, in counted

	mu      sync.Mutex
	counted []plan.LabelUse
}

func (u *uses) count(ctx context.Context, project int, tasks []plan.Task) error {
	jobs, err := u.c.Jobs(ctx, cvat.JobFilter{ProjectID: project})
	if err != nil {
		return err
	}
	others := make(map[int][]int) // a task's jobs that its annotations leave out
	for _, j := range jobs {
		if j.Type != "annotation" {
			others[j.TaskID] = append(others[j.TaskID], j.ID)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(annotations)
	asked := 0
	for _, t := range tasks {
		switch {
		case t.Size == 0:
		case asked == maxCounted:
			for i := range u.counted {
				u.counted[i].Uncounted++
			}
		default:
			asked++
			group.Go(func() error {
				return crash.Guard(func() error { return u.task(ctx, t.ID, others[t.ID]) })
			})
		}
	}
	return crash.Rethrow(group.Wait())
}

// task counts in one task. What was deleted since it was listed has no shapes.
func (u *uses) task(ctx context.Context, id int, jobs []int) error {
	found := make(map[int]int)
	a, err := u.c.Annotations(ctx, id)
	if err == nil {
		u.add(found, a)
	}
	for _, job := range jobs {
		if err != nil {
			break
		}
		if a, err = u.c.JobAnnotations(ctx, job); err == nil {
			u.add(found, a)
		}
	}
	if errors.Is(err, cvat.ErrNotFound) {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for label, n := range found {
		u.counted[u.place[label]].Shapes += n
		u.counted[u.place[label]].Tasks++
	}
	return err
}

func (u *uses) add(found map[int]int, a *cvat.Annotations) {
	for _, s := range a.Shapes {
		u.one(found, s.LabelID)
	}
	for _, t := range a.Tracks {
		u.one(found, t.LabelID)
	}
	for _, t := range a.Tags {
		u.one(found, t.LabelID)
	}
}

func (u *uses) one(found map[int]int, label int) {
	if _, asked := u.place[label]; asked {
		found[label]++
	}
}
