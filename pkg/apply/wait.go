package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

const (
	firstPoll = 100 * time.Millisecond // 200 images import in 0.7 s (CVAT 2.73), one in less
	lastPoll  = 10 * time.Second

	vanishedPatience = 30 * time.Second // how long an import without a record may still end
	maxVanished      = 2                // times that such an import is started again
)

// A watch is one wait for the import of a task.
type watch struct {
	*task
	id       int
	interval time.Duration
	moved    time.Time // when something last changed
	state    string    // what the record said last
	gone     time.Time // since when there has been no record
}

// wait polls the import until the task has frames or the import failed. The order is
// always request, then task: only the task decides.
func (t *task) wait(ctx context.Context, id int) (decision, error) {
	if t.o.NoWait {
		t.keep(Pending)
		return ended, nil
	}
	t.releaseSlot()
	w := &watch{task: t, id: id, interval: firstPoll, moved: time.Now()}
	for {
		if err := t.pause(ctx, w.interval); err != nil {
			return ended, err
		}
		over, err := w.poll(ctx)
		if err != nil || over {
			return lookAgain, err
		}
		if err := w.timeout(); err != nil {
			return ended, err
		}
		w.interval = min(w.interval*3/2, lastPoll)
	}
}

// poll asks once, and reports whether the wait is over.
func (w *watch) poll(ctx context.Context) (over bool, err error) {
	r, err := w.server.Request(ctx, w.id)
	switch {
	case errors.Is(err, cvat.ErrGone):
		w.sees("")
	case err != nil:
		return false, err
	case r.Active():
		w.gone = time.Time{}
		w.sees(fmt.Sprint(r.Status, or(r.Progress, 0)))
		w.tell(Event{Task: w.change.Task, Index: w.index, Phase: Importing, State: r.Status})
		return false, nil
	}
	now, taskErr := w.server.Task(ctx, w.id)
	switch {
	case taskErr != nil:
		return false, taskErr
	case now.Imported():
		w.imported = true
		w.sees(cvat.StatusFinished)
		return true, nil
	case r != nil && r.Status == cvat.StatusFailed:
		return true, w.failed(r.Message)
	case hidden(err):
		return false, nil // another user's import: only its task can be watched
	}
	return w.lost()
}

// sees notes progress. What moves in one import of the run shows that the server works,
// so others that are still queued have reason to wait.
func (w *watch) sees(state string) {
	if state == w.state {
		return
	}
	w.state, w.moved = state, time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.run.moved = w.moved
}

// failed counts a failed import; a permanent one ends the task at once.
func (w *watch) failed(message string) error {
	w.sees(cvat.StatusFailed)
	w.failures++
	e := &importError{task: w.id, message: message, times: w.failures}
	if e.permanent() || w.failures >= maxFailures {
		return e
	}
	w.tell(Event{Task: w.change.Task, Index: w.index, Phase: Retrying, Err: e})
	return nil
}

// lost: there is no record, and no frames. After a while the import is taken for one
// that the server has forgotten, and started again, which is safe.
func (w *watch) lost() (over bool, err error) {
	if w.gone.IsZero() {
		w.gone = time.Now()
	}
	if time.Since(w.gone) < vanishedPatience {
		return false, nil
	}
	w.vanished++
	if w.vanished > maxVanished {
		return false, fmt.Errorf("task %d: the server has no record of its import and imported nothing, %d times", w.id, w.vanished)
	}
	return true, nil
}

// timeout: nothing has moved for Options.WaitTimeout.
func (w *watch) timeout() error {
	w.mu.Lock()
	last := w.moved
	if w.run.moved.After(last) {
		last = w.run.moved
	}
	w.mu.Unlock()
	if time.Since(last) < w.o.WaitTimeout {
		return nil
	}
	return &timeoutError{task: w.id, state: w.state, after: w.o.WaitTimeout}
}

// hidden: the record is there, but another user's.
func hidden(err error) bool {
	return errors.Is(err, cvat.ErrGone) && errors.Is(err, cvat.ErrNotAuthorised)
}
