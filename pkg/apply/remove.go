package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const maxReplaced = 5 // tasks of one name that one run may replace

// replace deletes an empty task that cannot be finished, if it may; the next look creates
// it again.
func (t *task) replace(ctx context.Context) (decision, error) {
	victim := t.change.Actual[0]
	switch {
	case !t.run.plan.Options.ReplaceEmpty:
		t.keep(Refused)
		return ended, nil
	case t.repeats.replaced == maxReplaced:
		return ended, errUnsettled
	}
	t.phase(Replacing)
	t.repeats.replaced++
	err := t.remove(ctx, victim)
	if err == nil || t.repeats.replaced == maxReplaced || !undecided(err) {
		return lookAgain, err
	}
	t.tell(Event{Phase: Retrying, Err: err})
	return lookAgain, t.run.pause(ctx, time.Second)
}

// undecided: the task may be there or not, and what it is now the next look tells.
func undecided(err error) bool { return errors.Is(err, errKept) || survived(err) }

// survived: the deletion has perhaps not happened. CVAT answers 500 to it while an import
// runs, or 409 after a while, and the task stays.
func survived(err error) bool {
	var api *cvat.APIError
	return errors.Is(err, cvat.ErrUnknownOutcome) || errors.Is(err, cvat.ErrBusy) ||
		errors.As(err, &api) && api.Status == 500
}

// removeLeftover removes an empty task of ours next to one that has frames. If something
// has become of it meanwhile, it stays, and the next plan tells.
func (t *task) removeLeftover(ctx context.Context, victim plan.Task) error {
	err := t.remove(ctx, victim)
	if stopsRun(err) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		t.result.Warnings = append(t.result.Warnings, fmt.Sprintf("the empty task %d stays: %v", victim.ID, err))
	}
	return nil
}

// errKept says that a task is not what it was when its deletion was decided.
var errKept = errors.New("it is no longer as it was")

// remove deletes a task after it has read it, and its request, once more. One of ours
// gets a tombstone first: a run that is still sending to it sees that before it starts
// the import. A task that is gone is removed.
func (t *task) remove(ctx context.Context, victim plan.Task) error {
	err := t.mayRemove(ctx, victim.ID, victim.BugTracker)
	if err == nil {
		err = t.erase(ctx, victim)
	}
	switch {
	case errors.Is(err, cvat.ErrNotFound):
		err = nil
	case errors.Is(err, errKept):
		return fmt.Errorf("task %d: %w", victim.ID, err)
	}
	if err == nil && victim.ID == t.creation.made {
		t.creation.made = 0
	}
	if victim.ID == t.delivery.whole {
		t.delivery.whole = 0
	}
	if victim.ID == t.working {
		t.working = 0
	}
	return err
}

func (t *task) erase(ctx context.Context, victim plan.Task) error {
	if _, ours := plan.ParseMarker(victim.BugTracker); !ours {
		return t.run.server.DeleteTask(ctx, victim.ID)
	}
	err := t.setTombstone(ctx, victim)
	if err == nil {
		err = t.run.server.DeleteTask(ctx, victim.ID)
	}
	if survived(err) {
		return t.restoreMarker(ctx, victim, err)
	}
	return err
}

// setTombstone sets the tombstone and reads once more. If something has become of the task in
// between, it gets its marker back, as far as its import lets it.
func (t *task) setTombstone(ctx context.Context, victim plan.Task) error {
	if err := t.run.server.SetBugTracker(ctx, victim.ID, plan.Tombstone); err != nil {
		return err
	}
	err := t.mayRemove(ctx, victim.ID, plan.Tombstone)
	if errors.Is(err, errKept) {
		return errors.Join(err, t.setBugTracker(ctx, victim.ID, victim.BugTracker))
	}
	return err
}

// restoreMarker gives a task its marker back that could not be deleted, perhaps because its import
// has just ended: under a tombstone nobody could tell what it holds.
func (t *task) restoreMarker(ctx context.Context, victim plan.Task, why error) error {
	err := t.setBugTracker(ctx, victim.ID, victim.BugTracker)
	if errors.Is(err, cvat.ErrNotFound) {
		return err // it is deleted after all
	}
	return errors.Join(why, err)
}

// mayRemove reads task and request: still empty, not importing, the same bug_tracker.
// If the request is another user's, nobody knows what goes on in a task that was sent
// something.
func (t *task) mayRemove(ctx context.Context, id int, bugTracker string) error {
	listed, err := t.run.server.Task(ctx, id)
	if err != nil {
		return err
	}
	if listed.HasData() {
		if _, err := t.run.server.Request(ctx, id); hidden(err) {
			return fmt.Errorf("%w: the server does not show its import to this user", errKept)
		}
	}
	now, err := observe.Import(ctx, t.run.server, observe.Task(t.run.server, *listed))
	switch {
	case err != nil:
		return err
	case now.Size > 0:
		return fmt.Errorf("%w: it has %d frames", errKept, now.Size)
	case now.Import == plan.ImportQueued || now.Import == plan.ImportStarted:
		return fmt.Errorf("%w: its import is %s", errKept, now.Import)
	case now.BugTracker != bugTracker:
		return fmt.Errorf("%w: its bug_tracker changed", errKept)
	}
	return nil
}
