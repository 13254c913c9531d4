package observe

import (
	"context"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Progress is how far the annotation of one wanted task is, as CVAT counts it.
type Progress struct {
	Task, Bag, Camera string
	Subset            string // as the server has it
	ID                int    // 0: the server has no such task
	URL               string
	Frames            int
	Jobs              Jobs
	Assignees         map[string]Jobs // by user name, "" for jobs of nobody; nil unless asked for
}

// Jobs counts jobs. Completed are those that are accepted, Validation those that are being
// reviewed; the rest is still to be annotated.
type Jobs struct{ Count, Validation, Completed int }

// Annotation are the jobs that are still to be annotated.
func (j Jobs) Annotation() int { return j.Count - j.Validation - j.Completed }

// Add is the sum of two counts.
func (j Jobs) Add(o Jobs) Jobs {
	return Jobs{j.Count + o.Count, j.Validation + o.Validation, j.Completed + o.Completed}
}

// A JobReader also lists jobs; *cvat.Client is one.
type JobReader interface {
	Reader
	Jobs(ctx context.Context, f cvat.JobFilter) ([]cvat.Job, error)
}

// Annotation tells which project is meant and how far the wanted tasks are, in their order: one request
// per 400 tasks of the project, and with assignees one more per 400 jobs. Of several tasks of one name
// the first with frames counts.
func Annotation(ctx context.Context, c JobReader, want Want, assignees bool) (Found, []Progress, error) {
	found, err := FindProject(ctx, c, want.Project)
	if err != nil {
		return Found{}, nil, err
	}
	if found.ID == 0 {
		return found, progressOf(c, want, nil), nil
	}
	tasks, err := c.ListTasks(ctx, cvat.TaskFilter{ProjectID: found.ID})
	if err != nil {
		return Found{}, nil, err
	}
	all := progressOf(c, want, tasks)
	if assignees {
		err = addAssignees(ctx, c, found.ID, all)
	}
	return found, all, err
}

func progressOf(c Reader, want Want, tasks []cvat.Task) []Progress {
	named := make(map[plan.Name]cvat.Task, len(tasks))
	for _, t := range tasks {
		name := plan.NameOf(t.Name)
		if have, ok := named[name]; !ok || !have.Imported() && t.Imported() {
			named[name] = t
		}
	}
	all := make([]Progress, len(want.Tasks))
	for i, d := range want.Tasks {
		all[i] = Progress{Task: d.Task, Bag: d.Bag, Camera: d.Camera}
		if t, ok := named[plan.NameOf(d.Task)]; ok {
			all[i].ID, all[i].URL, all[i].Subset, all[i].Frames = t.ID, c.TaskURL(t.ID), t.Subset, t.Size
			all[i].Jobs = Jobs{t.Jobs.Count, t.Jobs.Validation, t.Jobs.Completed}
		}
	}
	return all
}

func addAssignees(ctx context.Context, c JobReader, project int, all []Progress) error {
	jobs, err := c.Jobs(ctx, cvat.JobFilter{ProjectID: project})
	if err != nil {
		return err
	}
	byTask := map[int]map[string]Jobs{}
	for _, j := range jobs {
		name := ""
		if j.Assignee != nil {
			name = j.Assignee.Username
		}
		if byTask[j.TaskID] == nil {
			byTask[j.TaskID] = map[string]Jobs{}
		}
		byTask[j.TaskID][name] = byTask[j.TaskID][name].Add(countJob(j))
	}
	for i := range all {
		all[i].Assignees = byTask[all[i].ID]
	}
	return nil
}

// countJob counts one job as CVAT's task listing does: completed is stage acceptance and state
// completed, validation is stage validation (jobs.completed and jobs.validation of CVAT 2.73).
func countJob(j cvat.Job) Jobs {
	switch {
	case j.Stage == "acceptance" && j.State == "completed":
		return Jobs{1, 0, 1}
	case j.Stage == "validation":
		return Jobs{1, 1, 0}
	}
	return Jobs{Count: 1}
}
