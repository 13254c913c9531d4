package observe

import (
	"context"
	"slices"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// jobs lists the project's jobs, where a wanted task that has its frames says to whom they are given.
func (l *look) jobs(ctx context.Context) error {
	asks := make(map[plan.Name]bool)
	for _, d := range l.want.Tasks {
		for _, name := range append([]string{d.Task}, d.Was...) {
			asks[plan.NameOf(name)] = asks[plan.NameOf(name)] || d.AsksJobs()
		}
	}
	needed := func(t plan.Task) bool { return t.Size > 0 && asks[plan.NameOf(t.Name)] }
	if !slices.ContainsFunc(l.have.Tasks, needed) {
		return nil
	}
	all, err := l.c.Jobs(ctx, cvat.JobFilter{ProjectID: l.have.Scope.ProjectID})
	byTask := make(map[int][]cvat.Job)
	for _, j := range all {
		byTask[j.TaskID] = append(byTask[j.TaskID], j)
	}
	for i := range l.have.Tasks {
		if t := &l.have.Tasks[i]; needed(*t) {
			t.Jobs = Jobs(byTask[t.ID])
		}
	}
	return err
}

// Jobs are a task's annotation jobs as plan sees them, in their order.
func Jobs(all []cvat.Job) []plan.Job {
	jobs := []plan.Job{}
	for _, j := range all {
		if j.Annotates() {
			jobs = append(jobs, plan.Job{ID: j.ID, Start: j.StartFrame, Stop: j.StopFrame, Assignee: userName(j.Assignee), Stage: j.Stage, State: j.State})
		}
	}
	return jobs
}
