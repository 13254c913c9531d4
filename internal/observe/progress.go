package observe

import (
	"context"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Progress is how far the annotation of one wanted task is.
type Progress struct {
	Task, Bag, Camera string
	Subset            string // as the server has it
	ID                int    // 0: the server has no such task
	URL               string
	Frames            int
	Assignee          string    // of the task as a whole, which may have other people at its jobs
	Updated           time.Time // when the task changed last, by the server's clock
	Jobs              []Job     // nil unless asked for
}

// A Job is how far one job is, in CVAT's words.
type Job struct {
	Assignee string // a user name; "": unassigned
	Stage    string // annotation, validation, acceptance
	State    string // new, in progress, completed, rejected
}

// Completed is what CVAT counts as completed: state completed in stage acceptance (jobs.completed of CVAT 2.73).
func (j Job) Completed() bool { return j.Stage == "acceptance" && j.State == "completed" }

// Annotation tells which project is meant and how far the wanted tasks are, in their order: one request
// per 400 tasks of the project, and with jobs one more per 400 jobs. Of several tasks of one name
// the first with frames counts.
func Annotation(ctx context.Context, c Reader, want Want, jobs bool) (Found, []Progress, error) {
	found, err := FindProject(ctx, c, want.Project)
	if err != nil {
		return Found{}, nil, err
	}
	var tasks []cvat.Task
	if found.ID != 0 {
		if tasks, err = c.ListTasks(ctx, cvat.TaskFilter{ProjectID: found.ID}); err != nil {
			return Found{}, nil, err
		}
	}
	if want.Divide != nil {
		have := make([]plan.Task, len(tasks))
		for i, t := range tasks {
			have[i] = Task(c, t)
		}
		if want.Tasks, err = want.Divide(ctx, have); err != nil {
			return Found{}, nil, err
		}
	}
	if found.ID == 0 {
		return found, progressOf(c, want, nil), nil
	}
	all := progressOf(c, want, tasks)
	if jobs {
		err = addJobs(ctx, c, found.ID, all)
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
			all[i].Assignee = userName(t.Assignee)
			all[i].Updated, _ = time.Parse(time.RFC3339, t.UpdatedDate) // none where a server says none
		}
	}
	return all
}

func addJobs(ctx context.Context, c Reader, project int, all []Progress) error {
	jobs, err := c.Jobs(ctx, cvat.JobFilter{ProjectID: project})
	if err != nil {
		return err
	}
	byTask := map[int][]Job{}
	for _, j := range jobs {
		byTask[j.TaskID] = append(byTask[j.TaskID], Job{userName(j.Assignee), j.Stage, j.State})
	}
	for i := range all {
		if all[i].ID != 0 {
			all[i].Jobs = byTask[all[i].ID]
		}
	}
	return nil
}

func userName(u *cvat.User) string {
	if u == nil {
		return ""
	}
	return u.Username
}
