package observe

import (
	"context"
	"errors"
	"slices"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// imports asks how the imports of unfinished tasks stand. The order is task, request,
// task: a task listed as empty whose request says "finished" has ended in between.
func (l *look) imports(ctx context.Context) error {
	unfinished := l.unfinished()
	if len(unfinished) == 0 {
		return nil
	}
	records, err := l.c.ListRequests(ctx)
	if err != nil {
		return err
	}
	byTask := make(map[int]cvat.Request, len(records))
	for _, r := range records {
		byTask[*r.Operation.TaskID] = r
	}
	for _, i := range unfinished {
		t := &l.have.Tasks[i]
		if r, ok := byTask[t.ID]; ok {
			t.Import, t.ImportError = plan.ImportState(r.Status), r.Message
		}
		if t.Import == plan.ImportFinished {
			if err := reread(ctx, l.c, t); err != nil {
				return err
			}
		}
	}
	l.have.Tasks = slices.DeleteFunc(l.have.Tasks, func(t plan.Task) bool { return t.ID == 0 })
	return nil
}

// unfinished are the places of wanted tasks that were sent something and have no frames.
func (l *look) unfinished() []int {
	wanted := l.wanted()
	var places []int
	for i, t := range l.have.Tasks {
		if wanted[plan.NameOf(t.Name)] && t.HasData && t.Size == 0 {
			places = append(places, i)
		}
	}
	return places
}

// reread reads a task again; it becomes zero if it is gone.
func reread(ctx context.Context, c Reader, t *plan.Task) error {
	now, err := c.Task(ctx, t.ID)
	if errors.Is(err, cvat.ErrNotFound) {
		*t = plan.Task{}
		return nil
	}
	if err != nil {
		return err
	}
	state, message := t.Import, t.ImportError
	*t = Task(c, *now)
	t.Import, t.ImportError = state, message
	return nil
}

// Import reads the state of one task's import and fills it in. A record that is gone,
// or another user's, says nothing: the state stays "". A record that says "finished" is
// no frames yet, so the task is read again; ErrNotFound means that it was deleted.
func Import(ctx context.Context, c Reader, t plan.Task) (plan.Task, error) {
	if t.Size > 0 || !t.HasData {
		return t, nil
	}
	r, err := c.Request(ctx, t.ID)
	if errors.Is(err, cvat.ErrGone) {
		t.Import, t.ImportError = "", ""
		return t, nil
	}
	if err != nil {
		return t, err
	}
	t.Import, t.ImportError = plan.ImportState(r.Status), r.Message
	if r.Active() {
		return t, nil
	}
	now, err := c.Task(ctx, t.ID)
	if err != nil {
		return t, err
	}
	again := Task(c, *now)
	again.Import, again.ImportError = t.Import, t.ImportError
	return again, nil
}
