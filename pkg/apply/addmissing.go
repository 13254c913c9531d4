package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/prediction"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// gives says that the plan adds annotations to the finished task, and that this run has not.
func (t *task) gives() bool {
	return !t.repeats.given && t.run.plan.Changes[t.index].Gives()
}

// addMissing gives a finished task the annotations that it lacks, if still nobody has worked in it. Each request follows a
// reading that shows so; what two runs added at once is there once in the end, as in annotate.
func (t *task) addMissing(ctx context.Context) (decision, error) {
	t.repeats.given = true
	t.phase(Annotating)
	id := t.change.ID
	meta, err := t.run.server.DataMeta(ctx, id)
	if err != nil {
		return ended, err
	}
	want, err := t.wanted(ctx, meta.Each())
	if err != nil {
		return ended, err
	}
	lost, lostAt := 0, time.Time{}
	for range maxSteps {
		if t.run.stopping() {
			return ended, errStopped
		}
		worked, have, err := t.worked(ctx, id)
		if err != nil {
			return ended, err
		}
		missing, repeated := prediction.Compare(want.Shapes, have)
		switch {
		case worked:
			t.result.Warnings = append(t.result.Warnings, fmt.Sprintf("somebody has worked in task %d since it was planned: no annotations were added", id))
			t.keep(Left)
			return ended, nil
		case len(repeated) > 0:
			err = t.run.server.DeleteShapes(ctx, id, repeated[:min(len(repeated), maxBatch)])
		case len(missing) == 0:
			return t.done(), nil
		case lost > 0 && time.Since(lostAt) < putPatience:
			err = t.run.pause(ctx, yieldPause)
		case lost == maxPuts:
			return ended, fmt.Errorf("task %d: annotations were sent %d times and are not there", id, maxPuts)
		default:
			err = t.run.server.AddAnnotations(ctx, id, &cvat.Annotations{Shapes: missing[:min(len(missing), t.run.o.batch)]})
			if errors.Is(err, cvat.ErrUnknownOutcome) {
				lost, lostAt = lost+1, time.Now()
			}
		}
		if err != nil && !errors.Is(err, cvat.ErrUnknownOutcome) {
			return ended, err
		}
	}
	return ended, errUnsettled
}

// worked reads whether a person has worked in the task, and its shapes.
func (t *task) worked(ctx context.Context, id int) (bool, []cvat.Shape, error) {
	all, err := t.run.server.Jobs(ctx, cvat.JobFilter{TaskID: id})
	if err != nil {
		return false, nil, err
	}
	jobs := slices.DeleteFunc(all, func(j cvat.Job) bool { return !j.Annotates() })
	have, err := t.run.server.Annotations(ctx, id)
	if err != nil {
		return false, nil, err
	}
	return prediction.Worked(have, jobs), have.Shapes, nil
}
