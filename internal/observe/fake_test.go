package observe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A fake is a server that gives the answers of a test, and counts requests.
type fake struct {
	org      string
	projects []cvat.Project
	orgs     []cvat.Organization
	tasks    []cvat.Task
	again    map[int]cvat.Task // what a task is when it is read on its own
	requests map[int]cvat.Request
	frames   map[int][]string
	labels   []cvat.Label
	jobs     []cvat.Job
	guide    *cvat.Guide
	users    []cvat.User
	logic    []string                    // the rules that were asked
	between  func(f *fake, asked string) // what another run does before the question is answered

	mu    sync.Mutex
	asked []string
}

var _ Reader = (*fake)(nil)

func (f *fake) ask(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	if f.between != nil {
		f.between(f, f.asked[len(f.asked)-1])
	}
}

func (f *fake) Organization() string  { return f.org }
func (f *fake) TaskURL(id int) string { return fmt.Sprintf("http://cvat/tasks/%d", id) }

func (f *fake) Project(_ context.Context, id int) (*cvat.Project, error) {
	f.ask("project %d", id)
	for _, p := range f.projects {
		if p.ID == id {
			return &p, nil
		}
	}
	return nil, notFound()
}

func notFound() error {
	return &cvat.APIError{Method: "GET", Path: "/api", Status: http.StatusNotFound}
}

func (f *fake) ListProjects(_ context.Context, name string) (out []cvat.Project, err error) {
	f.ask("projects")
	for _, p := range f.projects {
		if p.Name == name {
			out = append(out, p)
		}
	}
	return out, nil
}

func (f *fake) ProjectsEverywhere(ctx context.Context, name string) ([]cvat.Project, error) {
	return f.ListProjects(ctx, name)
}

func (f *fake) Labels(_ context.Context, id int) ([]cvat.Label, error) {
	f.ask("labels")
	if len(f.projects) == 0 || f.projects[0].ID != id {
		return nil, &cvat.APIError{Method: "GET", Path: "/api/labels", Status: http.StatusInternalServerError} // as CVAT 2.73 does
	}
	return f.labels, nil
}

func (f *fake) Guide(_ context.Context, id int) (*cvat.Guide, error) {
	f.ask("guide %d", id)
	if f.guide == nil {
		return nil, notFound()
	}
	return f.guide, nil
}

func (f *fake) Organizations(context.Context) ([]cvat.Organization, error) {
	f.ask("organizations")
	return f.orgs, nil
}

func (f *fake) FindUser(_ context.Context, name string) (*cvat.User, error) {
	f.ask("user %s", name)
	for _, u := range f.users {
		if u.Username == name {
			return &u, nil
		}
	}
	return nil, notFound()
}

func (f *fake) Users(context.Context) ([]cvat.User, error) {
	f.ask("users")
	return f.users, nil
}

func (f *fake) ListTasks(_ context.Context, filter cvat.TaskFilter) (out []cvat.Task, err error) {
	if filter.Logic != "" {
		f.ask("elsewhere")
		f.logic = append(f.logic, filter.Logic)
		return f.tasks, nil
	}
	f.ask("tasks")
	for _, t := range f.tasks {
		if *t.ProjectID == filter.ProjectID {
			out = append(out, t)
		}
	}
	return out, nil
}

func (f *fake) Task(_ context.Context, id int) (*cvat.Task, error) {
	f.ask("task %d", id)
	if t, ok := f.again[id]; ok {
		return &t, nil
	}
	return nil, notFound()
}

func (f *fake) Jobs(context.Context, cvat.JobFilter) ([]cvat.Job, error) {
	f.ask("jobs")
	return f.jobs, nil
}

func (f *fake) DataMeta(_ context.Context, id int) (*cvat.DataMeta, error) {
	f.ask("meta %d", id)
	names, ok := f.frames[id]
	if !ok {
		return nil, notFound()
	}
	m := &cvat.DataMeta{Size: len(names)}
	for _, n := range names {
		m.Frames = append(m.Frames, cvat.FrameMeta{Name: n})
	}
	return m, nil
}

func (f *fake) Request(_ context.Context, id int) (*cvat.Request, error) {
	f.ask("request %d", id)
	if r, ok := f.requests[id]; ok {
		return &r, nil
	}
	return nil, errors.Join(cvat.ErrGone, notFound())
}

func (f *fake) ListRequests(context.Context) (out []cvat.Request, err error) {
	f.ask("requests")
	for id, r := range f.requests {
		r.Operation.TaskID = &id
		out = append(out, r)
	}
	return out, nil
}
