package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/prediction"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// CVAT adds annotations in one transaction, compares nothing, and knows no request from its repetition. So what is
// already there is read, and what this or another run has put twice is taken away again: docs/reliability.md says why
// each is there once in the end, and never over a person's work.

const (
	maxBatch       = 5000    // shapes in a request, which CVAT 2.73 adds in some two seconds
	maxBatchPoints = 500_000 // numbers in a request: masks have thousands each

	putPatience = 5 * time.Second // how long a request of a run that died, or of another run, may still be handled
	maxPuts     = 3               // times that a batch is sent whose answer is lost
)

// annotating is what a task knows of its annotations.
type annotating struct {
	batches [][]cvat.Shape
	own     map[string]int // of a shape's key, its batch

	sent    map[int]int // batches that this run sent, and how often
	lost    bool        // the answer of one of its requests is
	waiting time.Time   // since when a request that may be under way is waited for
	seen    int         // how many of the shapes were there then
}

// annotate puts the annotations of a task that has its frames. It reports false where another run may be about to: then
// the task is to be looked at again.
func (t *task) annotate(ctx context.Context, id int, frames []cvat.FrameMeta) (settled bool, err error) {
	if t.change.Desired.Annotations == nil || t.run.o.Annotations == nil {
		return true, nil
	}
	t.phase(Annotating)
	if t.annotating == nil {
		if err := t.prepareAnnotations(ctx, frames); err != nil {
			return false, err
		}
	}
	for range maxSteps {
		if t.run.stopping() {
			return false, errStopped
		}
		have, err := t.run.server.Annotations(ctx, id)
		if err != nil {
			return false, err
		}
		state := t.annotating.compare(have.Shapes)
		switch {
		case len(state.repeated) > 0:
			err = t.run.server.DeleteShapes(ctx, id, state.repeated)
		case state.next < 0:
			return true, nil
		case state.foreign > 0:
			t.warnForeign(id, state.foreign)
			return true, nil
		case t.mayBeUnderWay(id, state):
			return false, t.run.pause(ctx, yieldPause)
		default:
			err = t.send(ctx, id, state.next)
		}
		if err != nil && !errors.Is(err, cvat.ErrUnknownOutcome) {
			return false, err
		}
		t.annotating.lost = t.annotating.lost || err != nil
	}
	return false, errUnsettled
}

// recheckAnnotations reads once more after the marker is cleared, where a request of another run, or one of this run's own
// whose answer was lost, may have been handled since the last reading, and takes away what is there twice.
func (t *task) recheckAnnotations(ctx context.Context, id int) error {
	if a := t.annotating; a == nil || t.creation.made == id && !a.lost {
		return nil
	}
	for range maxSteps {
		have, err := t.run.server.Annotations(ctx, id)
		if err != nil {
			return err
		}
		repeated := t.annotating.compare(have.Shapes).repeated
		if len(repeated) == 0 {
			return nil
		}
		if err := t.run.server.DeleteShapes(ctx, id, repeated); err != nil && !errors.Is(err, cvat.ErrUnknownOutcome) {
			return err
		}
	}
	return errUnsettled
}

// prepareAnnotations asks for the annotations and cuts them into batches: the same ones in every run.
func (t *task) prepareAnnotations(ctx context.Context, frames []cvat.FrameMeta) error {
	want, err := t.wanted(ctx, frames)
	if err != nil {
		return err
	}
	a := &annotating{own: make(map[string]int, len(want.Shapes)), sent: map[int]int{}}
	points := 0
	for _, s := range want.Shapes {
		n := len(s.Points) + 2*len(s.Elements)
		if last := len(a.batches) - 1; last < 0 || len(a.batches[last]) == t.run.o.batch || points+n > maxBatchPoints {
			a.batches, points = append(a.batches, nil), 0
		}
		last := len(a.batches) - 1
		a.batches[last] = append(a.batches[last], s)
		a.own[prediction.Key(s)] = last
		points += n
	}
	t.annotating = a
	return nil
}

// wanted are the annotations that are to be put into the task, which has these frames.
func (t *task) wanted(ctx context.Context, frames []cvat.FrameMeta) (cvat.Annotations, error) {
	labels, err := t.run.projectLabels(ctx)
	if err != nil {
		return cvat.Annotations{}, err
	}
	return t.run.o.Annotations(ctx, t.change, labels, frames)
}

// projectLabels are the project's labels with their ids, asked for once in a run.
func (r *run) projectLabels(ctx context.Context) ([]cvat.Label, error) {
	r.labelsOnce.Lock()
	defer r.labelsOnce.Unlock()
	if r.labels == nil {
		labels, err := r.server.Labels(ctx, r.project())
		if err != nil {
			return nil, err
		}
		r.labels = labels
	}
	return r.labels, nil
}

// An annotated is how far a task's annotations are.
type annotated struct {
	next     int          // the batch to be sent next; -1: none
	seen     int          // of our shapes, those that are there
	foreign  int          // shapes of a model that are none of ours, where none of ours is there
	repeated []cvat.Shape // copies of ours beyond the first
}

// compare finds ours among the task's shapes: made by a model, and equal. A batch is there as a whole or not at all, so
// one of its shapes that is there says that all were put, and those that are missing were changed or deleted by a
// person. Of equal ones all runs keep the one of the lowest id.
func (a *annotating) compare(have []cvat.Shape) annotated {
	first, repeated, foreign := prediction.Find(have, func(key string) bool { _, ours := a.own[key]; return ours })
	state := annotated{seen: len(first), foreign: foreign, repeated: repeated}
	there := make([]bool, len(a.batches))
	for key := range first {
		there[a.own[key]] = true
	}
	slices.SortFunc(state.repeated, func(a, b cvat.Shape) int { return cmp.Compare(a.ID, b.ID) })
	state.repeated = state.repeated[:min(len(state.repeated), maxBatch)]
	if state.next = slices.Index(there, false); state.seen > 0 {
		state.foreign = 0
	}
	return state
}

// mayBeUnderWay says whether somebody's request for the next batch may still be handled: this run's own whose answer was
// lost, or that of the run that created the task. After a while without progress it is taken for lost.
func (t *task) mayBeUnderWay(id int, state annotated) bool {
	a := t.annotating
	if t.creation.made == id && a.sent[state.next] == 0 {
		return false
	}
	if a.waiting.IsZero() || state.seen != a.seen {
		a.waiting, a.seen = time.Now(), state.seen
	}
	return time.Since(a.waiting) < putPatience
}

// send adds a batch.
func (t *task) send(ctx context.Context, id, batch int) error {
	a := t.annotating
	if a.sent[batch]++; a.sent[batch] > maxPuts {
		return fmt.Errorf("task %d: %s were sent %d times and are not there", id, wording.Count(len(a.batches[batch]), "annotation", "annotations"), maxPuts)
	}
	a.waiting = time.Time{}
	return t.run.server.AddAnnotations(ctx, id, &cvat.Annotations{Shapes: a.batches[batch]})
}

// warnForeign: shapes of a model that are none of ours stand in an unfinished task. They may be of a run that was killed
// and whose predictions have changed since.
func (t *task) warnForeign(id, n int) {
	t.result.Warnings = append(t.result.Warnings, fmt.Sprintf(
		"task %d has %s of source auto that are not in %s: no others were added", id, wording.Count(n, "shape", "shapes"), t.change.Desired.Annotations.From))
}
