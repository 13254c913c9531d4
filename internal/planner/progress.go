package planner

import (
	"context"
	"slices"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Progress asks how far the annotation of the tasks is that selects is true of, by their names and bags; nothing is
// asked of their frames. Where the server has no such project, exists is false and all tasks are missing. jobs asks for
// the jobs too, one more request for 400 of them.
func (p *Project) Progress(ctx context.Context, server observe.Reader, selects func(task, bag string) bool, jobs bool) (all []observe.Progress, exists bool, err error) {
	want := observe.Want{Server: p.Server.Shown, Project: p.Wanted}
	want.Divide = func(ctx context.Context, have []plan.Task) ([]plan.Desired, error) {
		tasks, err := p.NameParts(ctx, have)
		return slices.DeleteFunc(tasks, func(d plan.Desired) bool { return !selects(d.Task, d.Bag) }), err
	}
	found, all, err := observe.Annotation(ctx, server, want, jobs)
	return all, found.ID != 0, err
}
