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

// update changes what the plan says, as far as nobody has changed it since: the look right
// before has read the task again. The next look tells whether it came to be.
func (t *task) update(ctx context.Context) (decision, error) {
	due, kept := t.due()
	jobs, keptJobs := t.dueJobs()
	if len(due)+len(jobs) == 0 {
		t.keep(Left)
		t.result.Warnings = append(t.result.Warnings, slices.Concat(kept, keptJobs)...)
		if t.gives() {
			return t.addMissing(ctx)
		}
		return ended, nil
	}
	t.phase(Updating)
	err := t.sendUpdate(ctx, due, jobs)
	switch {
	case errors.Is(err, cvat.ErrBusy), errors.Is(err, cvat.ErrUnknownOutcome):
		if t.repeats.updates++; t.repeats.updates == busyTries {
			return ended, err
		}
		return lookAgain, t.run.pause(ctx, time.Duration(t.repeats.updates)*time.Second)
	case err != nil:
		return ended, err
	}
	return lookAgain, nil
}

// sendUpdate sends the task's own values in one request, then those of each job.
func (t *task) sendUpdate(ctx context.Context, due []plan.FieldChange, jobs []plan.JobChange) error {
	if len(due) > 0 {
		u, err := t.taskUpdate(ctx, due)
		if err == nil {
			err = t.run.server.UpdateTask(ctx, t.change.ID, u)
		}
		if err != nil {
			return err
		}
	}
	return t.updateJobs(ctx, jobs)
}

// due is what the plan said and is still to be done. A value that is another one than when
// the plan was made was set by somebody meanwhile: it is kept, and the next plan shows it.
func (t *task) due() (due []plan.FieldChange, kept []string) {
	for _, now := range t.change.Updates {
		for _, planned := range t.run.plan.Changes[t.index].Updates {
			switch {
			case planned.Key != now.Key:
			case planned == now:
				due = append(due, now)
			default:
				kept = append(kept, fmt.Sprintf("%s was %s when it was planned and is %s now: left alone", now.Key, shown(planned.Before), shown(now.Before)))
			}
		}
	}
	return due, kept
}

func shown(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

func (t *task) taskUpdate(ctx context.Context, due []plan.FieldChange) (cvat.TaskUpdate, error) {
	var u cvat.TaskUpdate
	for _, f := range due {
		switch f.Key {
		case "name":
			u.Name = &f.After
		case "subset":
			u.Subset = &f.After
		case "bug_tracker":
			u.BugTracker = &f.After
		case "assignee":
			id, err := t.assignee(ctx)
			if err != nil {
				return u, err
			}
			if u.AssigneeID = id; id == nil {
				u.AssigneeID = new(int) // nobody
			}
		default:
			panic("apply: no way to change " + f.Key)
		}
	}
	return u, nil
}
