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
// what this run has done, so that it is not done twice.
type task struct {
	*run
	index     int
	change    plan.Change // as decided at the last look
	files     Images      // once measured
	started   time.Time
	result    TaskResult
	slot      bool // whether it holds one; see slots.go
	announced bool // to the look-ups; see announce
	decided   bool // change is what a look has just said: the next step acts on it

	working     int       // the task that this run last worked on, whoever created it; 0 none
	created     int       // the task that this run created and did not remove; 0 none
	updates     int       // changes of its values that were refused for now, or not answered
	lost        int       // creations whose answer was lost
	unknown     int       // starts of an import whose outcome is not known
	atOnce      int       // the task to which the archive was sent in one request; 0 none
	accepted    int       // the task whose only data that request is; 0 none
	sent        int       // the task that has the whole archive since its last import attempt; 0 none
	imported    bool      // an import was seen to end in this run
	failures    int       // imports that this run started and that failed
	replaced    int       // tasks that this run deleted to create again
	replans     int       // see maxReplans
	vanished    int       // imports whose record vanished
	busySince   time.Time // since when the creation is refused because the project is busy
	waited      bool      // the last step was no more than waiting
	yielding    time.Time // since when another run is given the precedence; see yields
	yieldedData bool      // what was seen of its task then

	verified   int              // the task whose frames this run compared, and which are right; 0 none
	frames     []cvat.FrameMeta // its frames
	annotating *annotating      // once its annotations are prepared
	given      bool             // this run has given a finished task what it lacked
}

// A step is done, is to be looked at again, or has failed.
type decision bool

const (
	lookAgain decision = false
	ended     decision = true
)

// carryOut takes steps until the task is at its end.
func (t *task) carryOut(ctx context.Context) error {
	for steps := 0; steps < maxSteps; steps++ {
		if t.waited {
			t.waited = false
			steps--
		}
		if t.stopping() {
			return errStopped
		}
		v, err := t.step(ctx)
		if t.vanishedUnderWay(err) {
			t.forget(err)
			continue
		}
		if err != nil || v == ended {
			return err
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
	ask := t.lookups.now
	if t.change.Action == plan.Create && t.created == 0 && t.lost == 0 {
		ask = t.lookups.recently
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
	project := t.project()
	named := make([]plan.Task, 0, len(listed))
	for _, l := range listed {
		seen := observe.Task(t.server, l)
		var err error
		if seen.ProjectID == project {
			seen, err = observe.Import(ctx, t.server, seen)
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
	t.change = plan.Decide(t.change.Desired, named, project, t.plan.Options)
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
	reading, cancel := t.untilStopped(ctx)
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
	return errors.Is(err, cvat.ErrNotFound) && t.replans < maxReplans
}

// forget begins again with what the server has.
func (t *task) forget(err error) {
	t.replans++
	t.working, t.created, t.sent, t.yielding = 0, 0, 0, time.Time{}
	t.verified, t.annotating = 0, nil
	t.tell(Event{Task: t.change.Task, Index: t.index, Phase: Retrying, Err: err})
}

func (t *task) phase(p Phase) {
	t.tell(Event{Task: t.change.Task, Index: t.index, Phase: p})
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
