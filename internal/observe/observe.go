// Package observe looks at what a CVAT project holds and returns it as a
// [plan.Actual]. It sends GETs alone, which [Reader] shows: plan, apply, status and
// doctor may all look, and none of them can change anything by it.
//
// # What a look costs
//
// Everything is decided from the task listing. A project of N tasks costs
//
//   - one request for the project,
//   - ceil(N/400) for its tasks (none where the project says that it has none),
//   - one for the labels, if the manifest names some, and what [LabelUses] asks, if one is to be deleted,
//   - one per 400 of its jobs, if a task that exists asks to whom they are given,
//   - one for the guide, if the manifest names one and the project has one,
//   - one for names that stand in other projects, if there is something to create, and
//     one more for the project if one of them does,
//   - one for users, if a task to be created names an assignee,
//   - one per 400 of the user's import requests, if a wanted task is unfinished, and one
//     more for each task whose import has just finished.
//
// Only with [Options.CheckFrames] is each wanted task asked for its frames.
package observe

import (
	"context"
	"errors"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A Reader is the part of [cvat.Client] that only looks. Its contract is the client's.
type Reader interface {
	OtherReader
	ListTasks(ctx context.Context, f cvat.TaskFilter) ([]cvat.Task, error)
	DataMeta(ctx context.Context, taskID int) (*cvat.DataMeta, error)
}

// OtherReader is a [Reader] without the list of tasks and without their frames: a caller that knows these
// already answers them from memory.
type OtherReader interface {
	Organization() string
	TaskURL(id int) string

	Project(ctx context.Context, id int) (*cvat.Project, error)
	ListProjects(ctx context.Context, name string) ([]cvat.Project, error)
	ProjectsEverywhere(ctx context.Context, name string) ([]cvat.Project, error)
	Labels(ctx context.Context, projectID int) ([]cvat.Label, error)
	Guide(ctx context.Context, id int) (*cvat.Guide, error)
	Organizations(ctx context.Context) ([]cvat.Organization, error)
	FindUser(ctx context.Context, username string) (*cvat.User, error)
	Users(ctx context.Context) ([]cvat.User, error)

	Jobs(ctx context.Context, f cvat.JobFilter) ([]cvat.Job, error)
	Task(ctx context.Context, id int) (*cvat.Task, error)
	Request(ctx context.Context, taskID int) (*cvat.Request, error)
	ListRequests(ctx context.Context) ([]cvat.Request, error)
}

// A Want is what is looked for: the project as a manifest names it, and the tasks that
// it should hold.
type Want struct {
	Server  string // as it is to be shown
	Project manifest.Project
	Tasks   []plan.Desired

	// Divide gives the tasks that are looked for in place of Tasks, now that it is known which tasks the
	// project has: bags that are several tasks are divided by what is there. It may ask for the frames of
	// tasks, which it adds to them. nil: Tasks are.
	Divide func(ctx context.Context, have []plan.Task) ([]plan.Desired, error)
}

// Options say how closely to look.
type Options struct {
	CheckFrames bool     // ask for frame names: one request per wanted task
	Update      []string // as in [plan.Options]: of tasks that may be assigned to others, the users are looked up
	Labels      bool     // ask for the labels though the manifest names none
}

// maxLooks bounds how often a look that was overtaken by another run is taken again.
const maxLooks = 3

// Project looks at one project. A project that does not exist is not an error here (see
// plan.Actual.Exists), but one that cannot be distinguished from others is: [ProjectError].
//
// Several GETs are no snapshot: another run may make the project, or a task, between two
// of them. Where a later answer contradicts an earlier one, the look is taken again.
func Project(ctx context.Context, c Reader, want Want, o Options) (plan.Actual, error) {
	for i := 1; ; i++ {
		found, err := FindProject(ctx, c, want.Project)
		if err != nil {
			return plan.Actual{}, err
		}
		l := newLook(c, want, found, o)
		err = l.take(ctx, found, o)
		if !l.overtaken || i == maxLooks {
			return l.have, err
		}
	}
}

func newLook(c Reader, want Want, found Found, o Options) *look {
	return &look{c: c, want: want, o: o, guideID: found.GuideID, projectDimension: found.Dimension, have: plan.Actual{
		Scope:  plan.Scope{Server: want.Server, Organization: c.Organization(), ProjectID: found.ID, Project: found.Name},
		Exists: found.ID != 0, Unclaimed: found.Unclaimed, EmptyProjects: found.Leftovers,
	}}
}

// take asks, one question after the other.
func (l *look) take(ctx context.Context, found Found, o Options) error {
	steps := []func(context.Context) error{l.divide, l.labels, l.guide, l.elsewhere, l.users}
	if l.have.Exists && !found.Empty {
		steps = []func(context.Context) error{l.tasks, l.divide, l.imports, l.jobs, l.labels, l.guide, l.elsewhere, l.users}
	}
	if o.CheckFrames {
		steps = append(steps, l.frames)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A look is one try of Project.
type look struct {
	c    Reader
	want Want
	o    Options
	have plan.Actual

	projectDimension string // as the project tells it

	guideID   int  // 0: the project has none
	overtaken bool // a later answer contradicts an earlier one
}

func (l *look) divide(ctx context.Context) (err error) {
	if l.want.Divide != nil {
		l.want.Tasks, err = l.want.Divide(ctx, l.have.Tasks)
	}
	return err
}

func (l *look) labels(ctx context.Context) error {
	if len(l.want.Project.Labels) == 0 && !l.o.Labels || !l.have.Exists {
		return nil
	}
	labels, err := l.c.Labels(ctx, l.have.Scope.ProjectID)
	for _, label := range labels {
		l.have.Labels = append(l.have.Labels, Label(label))
	}
	var api *cvat.APIError
	if errors.As(err, &api) { // 500 if the project is gone (CVAT 2.73)
		return errors.Join(err, l.compare(ctx))
	}
	return err
}

// guide asks for the project's guide, where the manifest names one.
func (l *look) guide(ctx context.Context) error {
	if l.want.Project.Guide == nil || l.guideID == 0 {
		return nil
	}
	g, err := l.c.Guide(ctx, l.guideID)
	if errors.Is(err, cvat.ErrNotFound) {
		return nil // deleted since
	}
	if err != nil {
		return err
	}
	text, _ := manifest.GuideText(g.Markdown)
	l.have.Guide = &text
	return nil
}

// compare looks the project up again: another run may have made it, or given this one up.
func (l *look) compare(ctx context.Context) error {
	now, err := FindProject(ctx, l.c, l.want.Project)
	l.overtaken = l.overtaken || err == nil && now.ID != l.have.Scope.ProjectID
	return err
}

// wanted are the names of the wanted tasks, those that they had before among them.
func (l *look) wanted() map[plan.Name]bool {
	names := make(map[plan.Name]bool, len(l.want.Tasks))
	for _, d := range l.want.Tasks {
		names[plan.NameOf(d.Task)] = true
		for _, was := range d.Was {
			names[plan.NameOf(was)] = true
		}
	}
	return names
}

// missing are the wanted tasks of whose name the project has none.
func (l *look) missing() []plan.Desired {
	have := make(map[plan.Name]bool, len(l.have.Tasks))
	for _, t := range l.have.Tasks {
		have[plan.NameOf(t.Name)] = true
	}
	var missing []plan.Desired
	for _, d := range l.want.Tasks {
		if !have[plan.NameOf(d.Task)] {
			missing = append(missing, d)
		}
	}
	return missing
}
