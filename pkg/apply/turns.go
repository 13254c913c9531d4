package apply

import (
	"context"
	"fmt"
	"sync"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// The parts of one bag are begun one after another, each once the part before it is as it was planned: what
// it was begun with is on the server, under our marker. A run that planned other parts, because it saw
// the bag at another time, so finds out at the first name that is taken, and gives no frame to a second task.

// A turn ends when the tasks after one may be begun, or never may be.
type turn struct {
	once sync.Once
	over chan struct{}
	ok   bool // set before over is closed
}

func (t *turn) end(ok bool) {
	if t != nil {
		t.once.Do(func() { t.ok = ok; close(t.over) })
	}
}

// turnsOf are those of the tasks of the plan that others come after, by their names. A task that apply does
// nothing about the plan has judged: where it has others come after it, they may be begun.
func turnsOf(p plan.Plan) map[plan.Name]*turn {
	followed := map[plan.Name]bool{}
	for _, c := range p.Changes {
		if c.Desired.After != "" {
			followed[plan.NameOf(c.Desired.After)] = true
		}
	}
	turns := map[plan.Name]*turn{}
	for _, c := range p.Changes {
		if name := plan.NameOf(c.Task); followed[name] && actionable(c) {
			turns[name] = &turn{over: make(chan struct{})}
		}
	}
	return turns
}

// inTurn waits for the part before the task's, and then works on it.
func (r *run) inTurn(ctx context.Context, i int, c plan.Change, before *turn) {
	waiting, cancel := r.untilStopped(ctx)
	defer cancel()
	select {
	case <-before.over:
	case <-waiting.Done():
	}
	switch {
	case waiting.Err() != nil:
		r.settle(i, c)
	case !before.ok:
		r.leaveOut(i, c)
	case !r.admit(ctx):
		r.settle(i, c)
	default:
		r.work(ctx, i, c)
		return
	}
	r.turns[plan.NameOf(c.Task)].end(false)
}

// leaveOut is the result of a part that was not begun.
func (r *run) leaveOut(i int, c plan.Change) {
	t := resultOf(c)
	t.Outcome, t.Retryable, t.Err = Failed, true, &orderError{task: c.Desired.After}
	t.Reason = plan.Diagnostic{Severity: diag.Error, Code: diag.CodeEarlierPart, Hint: diag.Do(diag.HintApplyAgain)}
	r.result.Tasks[i] = t
	r.tell(Event{Task: c.Task, Index: i, Phase: Finished, Result: &t})
}

// An orderError says that an earlier part of the bag is not as it was planned.
type orderError struct{ task string }

func (e *orderError) Error() string {
	return fmt.Sprintf("not begun, since task %s, an earlier part of the bag, is not as it was planned", e.task)
}

// Code names the order.
func (e *orderError) Code() diag.Code { return diag.CodeEarlierPart }
