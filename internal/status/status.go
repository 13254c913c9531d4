// Package status adds up how far the annotation of tasks is: by task, camera, bag, subset or person, for some of their
// jobs or for all, and what has changed since an earlier day.
package status

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A Status is the annotation progress of tasks, or of groups of them.
type Status struct {
	By    string   // what a row is: a task, or all of one camera, bag, subset or assignee
	Rows  []Row    // in the natural order of their names
	Total Row      // each task once, also where a row for each assignee counts it again
	Gone  []string // rows of the earlier status that are no more; see [Status.CompareWith]
}

// A Row is one task, or one group of tasks.
type Row struct {
	Name     string    `json:"name"`         // of the task or the group
	ID       int       `json:"id,omitempty"` // of a task that the server has
	URL      string    `json:"url,omitempty"`
	Assignee string    `json:"assignee,omitempty"` // of a task: who has its jobs, several with commas between
	Updated  time.Time `json:"updated,omitzero"`   // when the latest of its tasks changed last, by the server's clock

	Tasks   int `json:"tasks"`   // that the manifest asks for
	Missing int `json:"missing"` // of these, not on the server
	Frames  int `json:"frames"`

	// Each job is in one of the four that follow.
	Jobs       int `json:"jobs"`
	Annotation int `json:"annotation"` // jobs that are still to be annotated
	Validation int `json:"validation"` // jobs that are being reviewed
	Acceptance int `json:"acceptance"` // jobs that are in acceptance and not yet completed there
	Completed  int `json:"completed"`

	IDs    []int   `json:"-"` // of its tasks that the server has
	Change *Change `json:"change,omitempty"`
}

// Percent is the share of jobs that are completed, rounded down; 0 where there are none.
func (r Row) Percent() int {
	if r.Jobs == 0 {
		return 0
	}
	return 100 * r.Completed / r.Jobs
}

// Options say which jobs count, and what a row is.
type Options struct {
	By           string // task, camera, bag, subset, assignee
	State, Stage string // only jobs in this state, or stage; "" is any
	Unassigned   bool   // only jobs that nobody has, by themselves or by their task
	Incomplete   bool   // only tasks that are missing or have a job that is not completed
}

// chooses reports whether only some of the jobs are wanted: tasks without one of these are left out.
func (o Options) chooses() bool { return o.State != "" || o.Stage != "" || o.Unassigned }

// Of adds tasks up.
func Of(tasks []observe.Progress, o Options) Status {
	s := Status{By: o.By, Total: Row{Name: "total"}}
	groups := map[string]Row{}
	for _, p := range tasks {
		if o.Incomplete && p.ID != 0 && len(p.Jobs) > 0 && !slices.ContainsFunc(p.Jobs, incomplete) {
			continue
		}
		if p.Jobs = o.chosen(p); o.chooses() && len(p.Jobs) == 0 {
			continue
		}
		s.Total = s.Total.plus(p, p.Jobs)
		if o.By == "task" {
			row := Row{Name: p.Task, ID: p.ID, URL: p.URL, Assignee: strings.Join(people(p), ", ")}
			s.Rows = append(s.Rows, row.plus(p, p.Jobs))
			continue
		}
		for name, jobs := range groupsOf(p, o.By) {
			name = cmp.Or(name, "(none)")
			groups[name] = groups[name].plus(p, jobs)
		}
	}
	for name, row := range groups {
		row.Name = name
		s.Rows = append(s.Rows, row)
	}
	slices.SortStableFunc(s.Rows, func(a, b Row) int { return wording.Compare(a.Name, b.Name) })
	return s
}

func incomplete(j observe.Job) bool { return !j.Completed() }

func (o Options) chosen(p observe.Progress) []observe.Job {
	var jobs []observe.Job
	for _, j := range p.Jobs {
		if (o.State == "" || j.State == o.State) && (o.Stage == "" || j.Stage == o.Stage) &&
			(!o.Unassigned || cmp.Or(j.Assignee, p.Assignee) == "") {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// people are those who have the task's jobs, each once: the task's own assignee has those that nobody else has.
func people(p observe.Progress) []string {
	names := []string{}
	for _, j := range p.Jobs {
		if name := cmp.Or(j.Assignee, p.Assignee); name != "" {
			names = append(names, name)
		}
	}
	if len(p.Jobs) == 0 && p.Assignee != "" {
		names = append(names, p.Assignee)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// groupsOf are the groups that a task belongs to, each with its jobs there: several, where several people work on it.
func groupsOf(p observe.Progress, by string) map[string][]observe.Job {
	switch {
	case by == "camera":
		return map[string][]observe.Job{p.Camera: p.Jobs}
	case by == "bag":
		return map[string][]observe.Job{p.Bag: p.Jobs}
	case by == "subset":
		return map[string][]observe.Job{p.Subset: p.Jobs}
	case len(p.Jobs) == 0:
		return map[string][]observe.Job{p.Assignee: nil}
	}
	groups := map[string][]observe.Job{}
	for _, j := range p.Jobs {
		name := cmp.Or(j.Assignee, p.Assignee)
		groups[name] = append(groups[name], j)
	}
	return groups
}

// plus adds a task with some of its jobs.
func (r Row) plus(p observe.Progress, jobs []observe.Job) Row {
	r.Tasks++
	r.Frames += p.Frames
	if p.Updated.After(r.Updated) {
		r.Updated = p.Updated
	}
	for _, j := range jobs {
		r.Jobs++
		switch {
		case j.Completed():
			r.Completed++
		case j.Stage == "acceptance":
			r.Acceptance++
		case j.Stage == "validation":
			r.Validation++
		default:
			r.Annotation++
		}
	}
	if p.ID == 0 {
		r.Missing++
		return r
	}
	r.IDs = append(r.IDs, p.ID)
	return r
}
