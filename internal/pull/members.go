package pull

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A member is one task that is pulled.
type member struct {
	task   cvat.Task
	jobs   []cvat.Job   // all of the task's, by id
	source *source.Task // nil: no manifest asks for it
	file   string       // its name as that of a file
	key    string       // of its answers in the cache: it moves with all that can change them
	join   string       // a hash of where its frames come from
	times  bool         // its frames have times
	failed bool
}

// plan lists the server and says which tasks are pulled.
func (r *Pull) plan(ctx context.Context) error {
	found, err := observe.FindProject(ctx, r.server, r.project.Wanted)
	if err != nil {
		return err
	}
	r.result.Project, r.id = found.Name, found.ID
	if found.ID == 0 {
		return diag.Diagnostic{Severity: diag.Error, Code: diag.CodeProject, Text: fmt.Sprintf("the server has no project %q", r.project.Wanted.Name)}
	}
	labels, err := r.server.Labels(ctx, found.ID)
	if err != nil {
		return err
	}
	r.labels = annotation.NewLabels(labels)
	tasks, err := r.server.ListTasks(ctx, cvat.TaskFilter{ProjectID: found.ID})
	if err != nil {
		return err
	}
	jobs, err := r.server.Jobs(ctx, cvat.JobFilter{ProjectID: found.ID})
	if err != nil {
		return err
	}
	if err := r.nameParts(ctx, tasks); err != nil {
		return err
	}
	r.choose(tasks, jobs)
	return nil
}

// openDirectory finds what an earlier pull left of the project.
func (r *Pull) openDirectory() (err error) {
	if r.cache, err = openCache(r.o, r.project.Server, r.id); err != nil {
		return err
	}
	if r.record, err = openRecord(r.cache.home); err != nil {
		r.cache.close()
	}
	return err
}

func (r *Pull) nameParts(ctx context.Context, tasks []cvat.Task) error {
	if r.project.Parts == nil {
		return nil
	}
	have := make([]plan.Task, len(tasks))
	for i, t := range tasks {
		have[i] = observe.Task(r.server, t)
	}
	_, err := r.project.Parts.NameParts(ctx, have)
	return err
}

// partsOf are the names of the tasks that hold a bag's frames.
func (r *Pull) partsOf(t source.Task) []string {
	if r.project.Parts == nil {
		return []string{t.Name}
	}
	return r.project.Parts.PartsOf(t)
}

// choose makes members of the tasks that are pulled.
func (r *Pull) choose(tasks []cvat.Task, jobs []cvat.Job) {
	wanted := r.wanted()
	missing := maps.Clone(wanted)
	byTask := map[int][]cvat.Job{}
	for _, j := range jobs {
		byTask[j.TaskID] = append(byTask[j.TaskID], j)
	}
	slices.SortFunc(tasks, func(a, b cvat.Task) int { return cmp.Compare(a.ID, b.ID) })
	var names namer
	for _, t := range tasks {
		from := wanted[plan.NameOf(t.Name)]
		switch {
		case from == nil && !r.targets(t.Name):
			continue
		case from == nil && !r.o.All:
			r.result.Other++
			continue
		case from == nil:
			r.targeted = append(r.targeted, t.Name)
		}
		if !t.Imported() {
			continue
		}
		delete(missing, plan.NameOf(t.Name))
		m := &member{task: t, jobs: byTask[t.ID], source: from}
		if r.o.Jobs == groundTruth && m.groundTruth() == 0 {
			continue
		}
		m.file, m.key = names.name(t.Name, fmt.Sprint(t.ID)), m.keyOf(r.o.Jobs)
		r.members = append(r.members, m)
	}
	r.result.Tasks = len(r.members)
	for name := range missing {
		r.result.Missing = append(r.result.Missing, name.String())
	}
	slices.Sort(r.result.Missing)
	slices.SortStableFunc(r.members, func(a, b *member) int { return cmp.Compare(a.file, b.file) })
}

// wanted are the manifests' tasks that are pulled; of several of one name the first.
func (r *Pull) wanted() map[plan.Name]*source.Task {
	wanted := map[plan.Name]*source.Task{}
	r.bags = map[plan.Name]string{}
	for i := range r.project.Tasks {
		t := &r.project.Tasks[i]
		for _, task := range r.partsOf(*t) {
			name := plan.NameOf(task)
			r.bags[name] = t.Bag
			if wanted[name] == nil && r.targets(task) {
				wanted[name] = t
				r.targeted = append(r.targeted, task)
			}
		}
	}
	return wanted
}

func (r *Pull) targets(task string) bool {
	return r.o.Target == nil || r.o.Target(task, cmp.Or(r.bags[plan.NameOf(task)], task))
}

// The kinds of jobs.
const (
	annotationJob = "annotation"
	groundTruth   = "ground_truth"
	pooled        = "gt_pool" // a validation mode: frames of the ground truth job are also hidden in annotation jobs
)

func (m *member) pooled() bool {
	return m.task.ValidationMode != nil && *m.task.ValidationMode == pooled
}

// groundTruth is the id of the task's ground truth job; 0: it has none.
func (m *member) groundTruth() int {
	for _, j := range m.jobs {
		if j.Type == groundTruth {
			return j.ID
		}
	}
	return 0
}

// onlyJob is the id of the one job that holds all that the task's annotation jobs hold; 0: there is no such job.
func (m *member) onlyJob() int {
	id := 0
	for _, j := range m.jobs {
		if !j.Annotates() {
			continue
		}
		if id != 0 || m.pooled() {
			return 0
		}
		id = j.ID
	}
	return id
}

// keyOf is a hash of the dates that CVAT moves with whatever may change its answers about the task.
func (m *member) keyOf(jobs string) string {
	slices.SortFunc(m.jobs, func(a, b cvat.Job) int { return cmp.Compare(a.ID, b.ID) })
	dates := []any{jobs, m.task.ID, m.task.Size, m.task.UpdatedDate}
	for _, j := range m.jobs {
		dates = append(dates, j.ID, j.Type, j.UpdatedDate)
	}
	return hashOf(dates...)
}

// hashOf is a hash of values as JSON.
func hashOf(values ...any) string {
	text, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprintf("pull: a key that is no JSON: %v", err)) // our own types: a bug
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}
