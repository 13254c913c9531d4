package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const (
	firstPoll = 100 * time.Millisecond // 200 images import in 0.7 s (CVAT 2.73), one in less
	lastPoll  = 10 * time.Second

	firstRecord = 2 * time.Second // how long the run's imports may be quiet before records are read
	lastRecord  = 10 * time.Second

	vanishedPatience = 30 * time.Second // how long an import without a record may still end
	maxVanished      = 2                // times that such an import is started again
)

// attempts are what the imports of the task came to that this run started, or waited for.
type attempts struct {
	succeeded  bool // one was seen to end
	failed     int  // those that this run waited for: maxFailures
	vanished   int  // those whose record vanished: maxVanished
	unanswered int  // starts whose outcome is not known: maxLost
}

// A watch is one wait for the import of a task.
type watch struct {
	task  *task
	id    int
	began time.Time
	moved time.Time // when something last changed

	state    string    // what the record said last
	progress float64   // and how far the import is
	gone     time.Time // since when there has been no record
	read     time.Time // when the record was last read
	records  int       // how often it was
}

// wait polls until the task has frames or its import failed. That a task has frames is
// seen in the same requests for all tasks of the run. Only when no import ends for a while
// is the record read, for each task alone: it tells of failure, and costs as much as a
// request for all.
func (t *task) wait(ctx context.Context, id int) (decision, error) {
	if t.run.o.NoWait {
		t.keep(Pending)
		return ended, nil
	}
	t.releaseSlot()
	t.run.turns[plan.NameOf(t.change.Task)].end(true) // all of it is on the server
	t.working = id
	waiting, cancel := t.run.untilStopped(ctx)
	defer cancel()
	w := &watch{task: t, id: id, began: time.Now(), moved: time.Now(), read: time.Now(), state: cvat.StatusQueued}
	t.run.imports.begin()
	defer func() { t.run.imports.end(w.state == cvat.StatusFinished) }()
	t.tell(Event{Phase: Importing, State: w.state})
	for {
		over, err := w.poll(ctx, waiting)
		if err != nil || over {
			return lookAgain, err
		}
		if err := w.timeout(); err != nil {
			return ended, err
		}
	}
}

// interval grows with the time that the wait has taken, so that little is lost after the import's end. Of
// many imports it is worth a request once several should have ended.
func (w *watch) interval() time.Duration {
	return max(firstPoll, min(time.Since(w.began)/8, lastPoll), min(w.task.run.imports.several(), createTime))
}

// poll asks once, and reports whether the wait is over. What shows the import's end is
// the look after it, too.
func (w *watch) poll(ctx, waiting context.Context) (over bool, err error) {
	listed, err := w.task.run.lookups.within(waiting, w.interval(), w.task.spellings())
	if err != nil {
		return false, err
	}
	project := w.task.run.project()
	i := slices.IndexFunc(listed, func(t cvat.Task) bool { return t.ID == w.id && inProject(&t, project) })
	switch {
	case i >= 0 && listed[i].Imported():
		w.task.attempts.succeeded = true
		w.sees(cvat.StatusFinished, 0)
		return true, w.task.decide(ctx, listed)
	case i >= 0 && time.Now().Before(w.recordDue()):
		return false, nil
	case i < 0:
		if err := w.task.checkTaken(ctx, w.id); err != nil {
			return false, err
		}
	}
	return w.readRecord(ctx)
}

// recordDue: soon after the run's imports have become quiet, for their pace, in growing intervals, and
// once in a while even if others go on ending.
func (w *watch) recordDue() time.Time {
	due := latest(w.read, w.task.run.imports.moved()).Add(min(max(firstRecord<<min(w.records, 10), w.task.run.imports.pause()), lastRecord))
	if last := w.read.Add(lastRecord); due.After(last) {
		return last
	}
	return due
}

// readRecord reads the import's record and then, for only it decides, the task.
func (w *watch) readRecord(ctx context.Context) (over bool, err error) {
	w.read = time.Now()
	w.records++
	r, err := w.task.run.server.Request(ctx, w.id)
	switch {
	case errors.Is(err, cvat.ErrGone):
		w.sees("", 0)
	case err != nil:
		return false, err
	case r.Active():
		w.gone = time.Time{}
		w.sees(r.Status, or(r.Progress, 0))
		w.task.tell(Event{Phase: Importing, State: r.Status})
		return false, nil
	}
	now, taskErr := w.task.run.server.Task(ctx, w.id)
	switch {
	case taskErr != nil:
		return false, taskErr
	case now.Imported():
		w.task.attempts.succeeded = true
		w.sees(cvat.StatusFinished, 0)
		return true, nil
	case r != nil && r.Status == cvat.StatusFailed:
		return true, w.failed(r.Message)
	case hidden(err):
		return false, nil // another user's import: only its task can be watched
	}
	return w.forgotten()
}

// sees notes progress.
func (w *watch) sees(state string, progress float64) {
	if state == w.state && progress == w.progress {
		return
	}
	w.state, w.progress, w.moved = state, progress, time.Now()
	w.task.run.imports.move(w.moved)
}

// failed counts a failed import; a permanent one ends the task at once.
func (w *watch) failed(message string) error {
	w.sees(cvat.StatusFailed, 0)
	failed := &w.task.attempts.failed
	*failed++
	e := &importError{task: w.id, message: message, times: *failed, payload: w.task.change.Desired.Payload}
	if e.permanent() || *failed >= maxFailures {
		return e
	}
	w.task.tell(Event{Phase: Retrying, Err: e})
	return nil
}

// forgotten: there is no record, and no frames. After a while the import is taken for one
// that the server has forgotten, and started again, which is safe.
func (w *watch) forgotten() (over bool, err error) {
	if w.gone.IsZero() {
		w.gone = time.Now()
	}
	if time.Since(w.gone) < vanishedPatience {
		return false, nil
	}
	vanished := &w.task.attempts.vanished
	if *vanished++; *vanished > maxVanished {
		return false, fmt.Errorf("task %d: the server has no record of its import and imported nothing, %d times", w.id, *vanished)
	}
	return true, nil
}

// timeout: nothing has moved for Options.WaitTimeout.
func (w *watch) timeout() error {
	if time.Since(latest(w.moved, w.task.run.imports.moved())) < w.task.run.o.WaitTimeout {
		return nil
	}
	return &timeoutError{task: w.id, state: w.state, after: w.task.run.o.WaitTimeout}
}

// hidden: the record is there, but another user's.
func hidden(err error) bool {
	return errors.Is(err, cvat.ErrGone) && errors.Is(err, cvat.ErrNotAuthorised)
}
