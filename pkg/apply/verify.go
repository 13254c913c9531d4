package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const busyTries = 5 // times that the last step is tried while something else holds the task

// verified are frames that this run has compared, and that are right.
type verified struct {
	task   int // 0 none
	frames []cvat.FrameMeta
}

// verify compares the frames that CVAT has with the manifest's, removes what this or
// another run left next to them, and puts the manifest's bug_tracker in the marker's place,
// which is the last step.
func (t *task) verify(ctx context.Context, winner plan.Task) (decision, error) {
	t.phase(Verifying)
	_, ours := plan.ParseMarker(winner.BugTracker)
	if ours && t.verified.task != winner.ID && !t.proven(winner) {
		frames, err := t.compare(ctx, winner)
		if err != nil {
			return ended, err
		}
		if err := t.checkSizes(ctx, winner.ID, frames); err != nil {
			return ended, err
		}
		if err := t.checkClouds(ctx, winner.ID, frames); err != nil {
			return ended, err
		}
		t.verified, t.annotating = verified{task: winner.ID, frames: frames}, nil
	}
	for _, l := range t.change.Leftovers {
		if err := t.removeLeftover(ctx, l); err != nil {
			return ended, err
		}
	}
	if ours {
		if settled, err := t.annotate(ctx, winner.ID, t.verified.frames); err != nil || !settled {
			return lookAgain, err
		}
		if err := t.assignJobs(ctx, winner.ID); err != nil {
			return lookAgain, err
		}
		if err := t.setBugTracker(ctx, winner.ID, or(t.change.Desired.Settings.BugTracker, "")); err != nil {
			return lookAgain, err
		}
		if err := t.recheckAnnotations(ctx, winner.ID); err != nil {
			return lookAgain, err
		}
	}
	if plan.NameOf(winner.Name) != plan.NameOf(t.change.Task) {
		return lookAgain, nil // it was begun under a name that it had before
	}
	return t.done(), nil
}

// proven: CVAT takes a task's data once, it has accepted it in one request of this run, and
// it counts as many frames. So they are those that were sent, in the order in which it sorts
// names. That is known of ASCII; of other digits and letters it is asked.
func (t *task) proven(winner plan.Task) bool {
	d := t.change.Desired
	if winner.ID != t.delivery.accepted || t.attempts.failed > 0 || t.attempts.vanished > 0 || !t.attempts.succeeded || winner.Size != len(d.Frames) {
		return false
	}
	if t.ordered() || d.Annotations != nil || d.Related != nil { // the frames' numbers matter, or what is next to them
		return false
	}
	return !slices.ContainsFunc(d.Frames, func(name string) bool {
		return strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf })
	})
}

// compare is an error if the task holds other frames. Another order is one only where
// the manifest gives the order; else CVAT has sorted them as it was asked to. It gives the frames.
func (t *task) compare(ctx context.Context, winner plan.Task) ([]cvat.FrameMeta, error) {
	meta, err := t.run.server.DataMeta(ctx, winner.ID)
	if err != nil {
		return nil, err
	}
	names := meta.Names()
	d := t.change.Desired
	if d.Video != nil {
		return meta.Each(), checkVideo(winner.ID, d, meta)
	}
	if slices.Equal(names, d.Frames) {
		return meta.Frames, t.compareContext(winner.ID, meta)
	}
	winner.Frames = names
	judged := plan.Decide(d, []plan.Task{winner}, winner.ProjectID, plan.Options{CheckFrames: true})
	if judged.Action == plan.Drift {
		return nil, &framesError{task: winner.ID, want: len(d.Frames), have: len(names), missing: judged.Missing, extra: judged.Extra}
	}
	switch orderOf(d) {
	case "random":
	case predefined:
		return nil, fmt.Errorf("task %d holds its frames in another order than the manifest gives", winner.ID)
	default:
		t.result.Warnings = append(t.result.Warnings, "CVAT sorted the frames otherwise than cvatplan expected")
	}
	return meta.Frames, t.compareContext(winner.ID, meta)
}

// compareContext is an error if a frame has another number of context images than were sent for it: CVAT drops
// without a word what it does not find next to a frame.
func (t *task) compareContext(id int, meta *cvat.DataMeta) error {
	d := t.change.Desired
	if d.Related == nil {
		return nil
	}
	if frame, want, have, differs := d.CheckContext(meta.Names(), meta.RelatedFiles()); differs {
		return &contextError{task: id, frame: frame, want: want, have: have}
	}
	return nil
}

// checkVideo compares what CVAT made of a video with what was sent: the file's name, and how many frames its decoder gave.
func checkVideo(id int, d plan.Desired, meta *cvat.DataMeta) error {
	v := *d.Video
	if len(meta.Frames) == 1 && meta.Frames[0].Name == v.File && meta.Size == v.Count {
		return nil
	}
	e := &videoError{task: id, want: v, have: meta.Size, served: d.Payload.Served(), origin: d.Origin.File}
	if len(meta.Frames) > 0 {
		e.file = meta.Frames[0].Name
	}
	return e
}

// setBugTracker sets it once nothing else holds the task.
func (t *task) setBugTracker(ctx context.Context, id int, text string) error {
	for try := 1; ; try++ {
		err := t.run.server.SetBugTracker(ctx, id, text)
		if !errors.Is(err, cvat.ErrBusy) && !errors.Is(err, cvat.ErrUnknownOutcome) || try == busyTries {
			return err
		}
		if err := t.run.pause(ctx, time.Duration(try)*time.Second); err != nil {
			return err
		}
	}
}

// judged: the look found something that is not for apply to change. If this run has just
// seen the import end, then other frames than were sent are its failure.
func (t *task) judged(ctx context.Context) (decision, error) {
	c := t.change
	if c.Action == plan.Drift && t.attempts.succeeded {
		if _, err := t.compare(ctx, c.Actual[0]); err != nil {
			return ended, err
		}
	}
	if err := t.removeOwn(ctx); err != nil {
		return ended, err
	}
	t.keep(resultOf(c).Outcome)
	return ended, nil
}

// removeOwn removes the empty task that this run has created, where another of its name
// turns out to be none of ours: it appeared after the look before the creation.
func (t *task) removeOwn(ctx context.Context) error {
	for _, l := range t.change.Actual {
		if l.ID == t.creation.made && l.Size == 0 {
			return t.removeLeftover(ctx, l)
		}
	}
	return nil
}

// keep takes the last decision as the result.
func (t *task) keep(o Outcome) {
	c := t.change
	t.result.Outcome, t.result.Retryable = o, false
	t.result.Reason = c.Reason
	t.result.ID, t.result.URL, t.result.Frames = c.ID, c.URL, c.Frames
}

func (t *task) done() decision {
	t.keep(Done)
	t.result.Reason.Hint = diag.Hint{}
	return ended
}

func (t *task) blocked(problems []plan.Diagnostic) {
	d := t.change.Desired
	d.Problems = problems
	judged := plan.Decide(d, nil, 0, plan.Options{})
	t.change.Reason = judged.Reason
	t.keep(Refused)
}
