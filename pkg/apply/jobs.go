package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// assignJobs gives the jobs of a task that was just imported to whom the manifest says, before its marker is
// cleared: a run that is killed here is continued. It reads them right before, each time, and so leaves alone
// what a person took meanwhile.
func (t *task) assignJobs(ctx context.Context, id int) error {
	if !t.change.Desired.AsksJobs() {
		return nil
	}
	t.phase(Assigning)
	for try := 1; ; try++ {
		jobs, err := t.run.server.Jobs(ctx, cvat.JobFilter{TaskID: id})
		if err != nil {
			return err
		}
		due := t.change.Desired.JobChanges(observe.Jobs(jobs))
		if len(due) == 0 {
			return nil
		}
		err = t.updateJobs(ctx, due)
		switch {
		case errors.Is(err, cvat.ErrBusy), errors.Is(err, cvat.ErrUnknownOutcome):
			if try == busyTries {
				return err
			}
			err = t.run.pause(ctx, time.Duration(try)*time.Second)
		case try > busyTries:
			return errUnsettled
		}
		if err != nil {
			return err
		}
	}
}

// updateJobs changes one after another; the next look tells whether it came to be.
func (t *task) updateJobs(ctx context.Context, due []plan.JobChange) error {
	for _, c := range due {
		var u cvat.JobUpdate
		if c.Before.Assignee != c.After.Assignee {
			id, err := t.userID(ctx, c.After.Assignee)
			if err != nil {
				return err
			}
			if u.AssigneeID = id; id == nil {
				u.AssigneeID = new(int) // nobody
			}
		}
		if c.Before.Stage != c.After.Stage {
			u.Stage, u.State = c.After.Stage, c.Job.State // a stage alone would begin the job again
		}
		if err := t.run.server.UpdateJob(ctx, c.Job.ID, u); err != nil {
			return fmt.Errorf("job %d: %w", c.Job.ID, err)
		}
	}
	return nil
}

// lookAtJobs reads the jobs of a task whose jobs are to change.
func (t *task) lookAtJobs(ctx context.Context, seen *plan.Task) error {
	if seen.Size == 0 || len(t.run.plan.Changes[t.index].Jobs) == 0 {
		return nil
	}
	jobs, err := t.run.server.Jobs(ctx, cvat.JobFilter{TaskID: seen.ID})
	seen.Jobs = observe.Jobs(jobs)
	return err
}

// dueJobs are the planned changes that are still to be made; a job that is another one now was changed by
// somebody meanwhile.
func (t *task) dueJobs() (due []plan.JobChange, kept []string) {
	for _, now := range t.change.Jobs {
		i := slices.IndexFunc(t.run.plan.Changes[t.index].Jobs, func(c plan.JobChange) bool { return c.Job.ID == now.Job.ID })
		switch {
		case i < 0:
		case t.run.plan.Changes[t.index].Jobs[i] == now:
			due = append(due, now)
		default:
			kept = append(kept, fmt.Sprintf("job %d was %s and %s when it was planned and is %s and %s now: left alone",
				now.Job.ID, owner(t.run.plan.Changes[t.index].Jobs[i].Job), t.run.plan.Changes[t.index].Jobs[i].Job.State, owner(now.Job), now.Job.State))
		}
	}
	return due, kept
}

func owner(j plan.Job) string {
	if j.Assignee == "" {
		return "nobody's"
	}
	return j.Assignee + "'s"
}
