package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/limits"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const (
	maxReplans = 3   // times that a task is planned again because it vanished under way
	maxSteps   = 200 // more is a server, or another run, that undoes whatever is done
)

// A task is one change on its way. Its state is the server's: all that is kept here is
// what this run has done, so that it is not done twice. Each part is declared in the file
// whose steps write it; forget and remove put back what no longer holds.
type task struct {
	run     *run
	index   int         // of the change in the plan, and of the result
	change  plan.Change // what is wanted, and what the last look decided
	decided bool        // by a look on which no step has acted yet
	files   Images      // once measured
	result  TaskResult  // what is reported of it
	place   place       // what it holds of what the tasks of a run share

	working    int         // the server's task that this run last worked on, whoever created it; 0 none
	creation   creation    // of a task of its name
	delivery   delivery    // of its archive
	attempts   attempts    // to import it
	verified   verified    // frames
	annotating *annotating // once its annotations are prepared
	repeats    repeats     // of what is done a few times at most
}

// repeats count what a task may need again, each up to its limit.
type repeats struct {
	replans  int  // because it vanished under way: maxReplans
	replaced int  // tasks that this run deleted to create again: maxReplaced
	updates  int  // changes of its values that were refused for now, or not answered: busyTries
	given    bool // a finished task was given what it lacked: once
}

// A decision is how to go on after a step that did not fail.
type decision int

const (
	lookAgain decision = iota
	waited             // look again: the step was no more than waiting, of which there may be any number
	ended
)

// carryOut takes steps until the task is at its end.
func (t *task) carryOut(ctx context.Context) error {
	for steps := 0; steps < maxSteps; steps++ {
		if t.run.stopping() {
			return errStopped
		}
		v, err := t.step(ctx)
		switch {
		case t.vanishedUnderWay(err):
			t.forget(err)
		case err != nil || v == ended:
			return err
		case v == waited:
			steps--
		}
	}
	return errUnsettled
}

// step measures if that is what comes next, looks, decides, and does one thing.
func (t *task) step(ctx context.Context) (decision, error) {
	if t.unmeasured() {
		if v, err := t.measure(ctx); err != nil || v == ended {
			return v, err
		}
	}
	if !t.decided {
		if err := t.look(ctx); err != nil {
			return lookAgain, err
		}
	}
	t.decided = false
	if t.change.Action != plan.Create {
		t.unannounce()
	}
	if t.unmeasured() {
		return lookAgain, nil
	}
	if t.result.Action == plan.Update && t.change.Action != plan.Update && t.change.Action != plan.NoOp {
		return t.judged(ctx) // somebody has changed more than its values: the next plan tells
	}
	switch t.change.Action {
	case plan.Update:
		return t.update(ctx)
	case plan.Create:
		return t.create(ctx)
	case plan.Resume:
		return t.resume(ctx)
	case plan.Wait:
		return t.wait(ctx, t.change.ID)
	case plan.Replace:
		return t.replace(ctx)
	case plan.NoOp:
		if t.gives() {
			return t.addMissing(ctx)
		}
		return t.done(), nil
	default:
		return t.judged(ctx)
	}
}

// unmeasured reports whether the files must be read before anything else is done: to be
// sent, or because only their hash tells whether what was sent are these.
func (t *task) unmeasured() bool {
	c := t.change
	judgedByHash := c.Action == plan.Wait || c.Action == plan.Resume && c.Reason.Code == diag.CodeUnverified
	return t.files.Archive == nil && !c.Desired.Payload.Served() && (c.Upload || judgedByHash && c.Desired.Hash == "")
}

// look reads the tasks of the name and decides again.
func (t *task) look(ctx context.Context) error {
	ask := t.run.lookups.now
	if t.change.Action == plan.Create && t.creation.made == 0 && t.creation.lost == 0 {
		ask = t.run.lookups.recently
	}
	listed, err := ask(ctx, t.spellings())
	if err != nil {
		return err
	}
	return t.decide(ctx, listed)
}

// decide decides by the tasks of the name, of which it reads, for unfinished ones, how
// their imports are.
func (t *task) decide(ctx context.Context, listed []cvat.Task) error {
	project := t.run.project()
	named := make([]plan.Task, 0, len(listed))
	for _, l := range listed {
		seen := observe.Task(t.run.server, l)
		var err error
		if seen.ProjectID == project {
			seen, err = observe.Import(ctx, t.run.server, seen)
			if err == nil {
				err = t.lookAtJobs(ctx, &seen)
			}
		}
		switch {
		case errors.Is(err, cvat.ErrNotFound): // deleted since it was listed
		case err != nil:
			return err
		default:
			named = append(named, seen)
		}
	}
	t.change = plan.Decide(t.change.Desired, named, project, t.run.plan.Options)
	t.decided = true
	return nil
}

// spellings are the ways in which the server may have the task's name: as Unicode has it,
// and as tasks spell it that were seen before.
func (t *task) spellings() []string {
	spellings := plan.NameOf(t.change.Task).Spellings()
	for _, was := range t.change.Desired.Was {
		spellings = append(spellings, plan.NameOf(was).Spellings()...)
	}
	for _, seen := range t.change.Actual {
		if !slices.Contains(spellings, seen.Name) {
			spellings = append(spellings, seen.Name)
		}
	}
	return spellings
}

// measure reads the files, which gives the hash that a marker holds.
func (t *task) measure(ctx context.Context) (decision, error) {
	t.phase(Measuring)
	reading, cancel := t.run.untilStopped(ctx)
	defer cancel()
	files, err := t.read(reading)
	if err != nil {
		if reading.Err() != nil {
			return ended, context.Cause(reading)
		}
		return ended, err
	}
	t.files = files
	var blocking []plan.Diagnostic
	for _, p := range append(files.Problems, tooLarge(files.Archive)...) {
		if p.Severity == diag.Error {
			blocking = append(blocking, p)
			continue
		}
		t.result.Warnings = append(t.result.Warnings, p.Text)
	}
	if len(blocking) > 0 {
		t.blocked(blocking)
		return ended, nil
	}
	desired := &t.change.Desired
	desired.Hash = files.Archive.Hash()
	if files.Frames != nil {
		desired.Frames = files.Frames
	}
	desired.Related = files.Related
	return lookAgain, nil
}

// tooLarge knows the exact size, where the plan had to guess.
func tooLarge(z Archive) []plan.Diagnostic {
	if z == nil || z.Size() <= limits.MaxUpload {
		return nil
	}
	return []plan.Diagnostic{{
		Severity: diag.Error, Code: diag.CodeTooLarge, Hint: diag.Do(diag.HintSplitBag),
		Text: fmt.Sprintf("its archive has %d bytes, CVAT takes %s", z.Size(), wording.Bytes(limits.MaxUpload)),
	}}
}

// vanishedUnderWay: a 404 in the midst of a task says that somebody deleted it.
func (t *task) vanishedUnderWay(err error) bool {
	return errors.Is(err, cvat.ErrNotFound) && t.repeats.replans < maxReplans
}

// forget begins again with what the server has.
func (t *task) forget(err error) {
	t.repeats.replans++
	t.working, t.creation.made = 0, 0
	t.delivery.whole, t.delivery.yielding = 0, time.Time{}
	t.verified, t.annotating = verified{}, nil
	t.tell(Event{Phase: Retrying, Err: err})
}

func (t *task) phase(p Phase) { t.tell(Event{Phase: p}) }

// tell reports an event of the task.
func (t *task) tell(e Event) {
	e.Task, e.Index = t.change.Task, t.index
	t.run.tell(e)
}

func (t *task) close() {
	if t.files.Archive != nil {
		_ = t.files.Archive.Close()
	}
	t.release()
}

// release gives back what is kept for reading the files.
func (t *task) release() {
	if t.files.Release != nil {
		t.files.Release()
	}
}
