package apply

import (
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// An Outcome is what became of one task.
type Outcome string

// The outcomes.
const (
	Done      Outcome = "done"      // complete and verified, by this run or another
	Unchanged Outcome = "unchanged" // nothing was to do
	Left      Outcome = "left"      // left as it is: drift, skipped, unmanaged
	Refused   Outcome = "refused"   // a person must decide: conflict, blocked, renamed, a replacement not allowed
	Pending   Outcome = "pending"   // sent; the server imports it (Options.NoWait)
	Failed    Outcome = "failed"
	Stopped   Outcome = "stopped" // the run ended before it was finished, or begun
)

// A Result is what a run did. Tasks are in the plan's order.
type Result struct {
	Project ProjectResult
	Tasks   []TaskResult
	Hints   []plan.Hint // for the whole run, such as to pin a new project's id

	Err         error // the project could not be had, so no task was begun
	NotAllowed  error // the server refused the credentials or a right; the run stopped at that
	Interrupted bool  // Options.Until ended, or the context
	Crash       error // a worker's panic and its stack: a bug
}

// A ProjectResult is the project that the tasks are in.
type ProjectResult struct {
	ID      int // 0: it was not found and not created
	Name    string
	URL     string
	Created bool
	Labels  []string // that were added, those of a new project included

	Changed  []string // what else was changed in it, such as "label leaf changed"
	Warnings []string // what was left alone, and why
}

// A TaskResult is what became of one task.
type TaskResult struct {
	Task, Bag, Camera string
	Kind              manifest.Kind // what its frames are
	Action            plan.Action   // as planned
	Outcome           Outcome
	Reason            plan.Diagnostic // why it is as it is; of what failed only the code, for Err says the rest
	ID                int
	URL               string
	Frames            int
	Sent              int64    // bytes of images that this run sent
	Err               error    // failed: the cause
	Retryable         bool     // failed or stopped: running again helps
	Warnings          []string // whatever became of it
	Duration          time.Duration
}

// Counts are a run's numbers.
type Counts struct {
	Done, Unchanged, Left, Refused, Pending, Failed, Stopped int
	Images                                                   int   // frames of every kind, of the tasks that this run completed, but for those that had them before
	OtherKinds                                               bool  // some of them are no images
	Sent                                                     int64 // bytes
	Drift                                                    int   // of Left: the task holds other frames than the manifest says
	Projects, Labels                                         int   // that were created, and added
}

// Count adds up the results.
func Count(results ...Result) Counts {
	var n Counts
	for _, r := range results {
		n.Labels += len(r.Project.Labels)
		if r.Project.Created {
			n.Projects++
		}
		for _, t := range r.Tasks {
			n.add(t)
		}
	}
	return n
}

// driftCodes are the reasons of [plan.Drift]: what a task drifted by may be known only once it was looked at.
var driftCodes = []diag.Code{diag.CodeFramesDiffer, diag.CodeNamesDiffer, diag.CodeArchiveDiffers}

func (n *Counts) add(t TaskResult) {
	n.Sent += t.Sent
	*map[Outcome]*int{
		Done: &n.Done, Unchanged: &n.Unchanged, Left: &n.Left, Refused: &n.Refused,
		Pending: &n.Pending, Failed: &n.Failed, Stopped: &n.Stopped,
	}[t.Outcome]++
	if t.Outcome != Unchanged && t.Outcome != Left { // what ran names what is counted, though it failed
		n.OtherKinds = n.OtherKinds || t.Kind != manifest.KindImages
	}
	switch {
	case t.Outcome == Done && t.Action != plan.Update:
		n.Images += t.Frames
	case t.Outcome == Left && slices.Contains(driftCodes, t.Reason.Code):
		n.Drift++
	}
}

// OK reports whether nothing is left to do or decide.
func (r Result) OK() bool {
	n := Count(r)
	return r.Err == nil && r.NotAllowed == nil && r.Crash == nil && n.Failed+n.Refused+n.Stopped == 0
}
