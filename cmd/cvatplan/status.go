package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

type statusCmd struct {
	Manifests []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
	By        string   `enum:"task,camera,bag,subset,assignee" default:"task" help:"Group the tasks by this: task, camera, bag, subset or assignee."`
	Output    string   `enum:"table,json,csv,ids" default:"table" help:"table, json, csv, or ids: task ids, one a line, for cvat-cli."`
	targetFlag
}

// Run shows the annotation progress that CVAT knows of the manifest's tasks.
func (c statusCmd) Run(a *app) error {
	if err := c.checkTarget(); err != nil {
		return err
	}
	ctx, cancel := a.context()
	defer cancel()
	sessions, err := a.open(ctx, c.Manifests)
	if err != nil {
		return err
	}
	defer closeAll(sessions)
	var all []observe.Progress
	for _, s := range sessions {
		progress, err := c.look(ctx, a, s)
		if err != nil {
			return err
		}
		all = append(all, progress...)
	}
	return a.partly(c.print(a, c.status(all)))
}

func (c statusCmd) look(ctx context.Context, a *app, s *session) ([]observe.Progress, error) {
	var tasks []plan.Desired
	for _, d := range s.project.Desired {
		if c.targets(d.Task) {
			tasks = append(tasks, d)
		}
	}
	return a.annotation(ctx, s, tasks, c.By == "assignee")
}

// annotation asks how far tasks are. Without their project all are missing, so that is said.
func (a *app) annotation(ctx context.Context, s *session, tasks []plan.Desired, assignees bool) ([]observe.Progress, error) {
	want := observe.Want{Server: s.project.Server.Shown, Project: s.project.Wanted, Tasks: tasks}
	found, all, err := observe.Annotation(ctx, s.conn, want, assignees)
	if err == nil && found.ID == 0 {
		a.warn(fmt.Sprintf("the server has no project %q", s.project.Wanted.Name))
		a.hint(diag.Hint{}, diag.CodeProject)
	}
	return all, err
}

func (c statusCmd) print(a *app, s report.Status) error {
	switch c.Output {
	case "json":
		return report.StatusJSON(a.stdout, s)
	case "csv":
		return report.StatusCSV(a.stdout, s)
	case "ids":
		return report.StatusIDs(a.stdout, s)
	}
	return report.StatusTable(a.stdout, s)
}

// status adds tasks up by what --by names, and all of them.
func (c statusCmd) status(all []observe.Progress) report.Status {
	s := report.Status{By: c.By, Total: report.StatusRow{Name: "total"}}
	groups := map[string]report.StatusRow{}
	for _, p := range all {
		s.Total = plus(s.Total, p, p.Jobs)
		if c.By == "task" {
			row := plus(report.StatusRow{Name: p.Task, ID: p.ID, URL: p.URL}, p, p.Jobs)
			s.Rows = append(s.Rows, row)
			continue
		}
		for name, jobs := range c.groupsOf(p) {
			name = cmp.Or(name, "(none)")
			groups[name] = plus(groups[name], p, jobs)
		}
	}
	for name, row := range groups {
		row.Name = name
		s.Rows = append(s.Rows, row)
	}
	slices.SortStableFunc(s.Rows, func(a, b report.StatusRow) int { return plan.CompareNames(a.Name, b.Name) })
	return s
}

// groupsOf are the groups that a task belongs to, each with its jobs there: several, where several
// people work on it.
func (c statusCmd) groupsOf(p observe.Progress) map[string]observe.Jobs {
	switch {
	case c.By == "camera":
		return map[string]observe.Jobs{p.Camera: p.Jobs}
	case c.By == "bag":
		return map[string]observe.Jobs{p.Bag: p.Jobs}
	case c.By == "subset":
		return map[string]observe.Jobs{p.Subset: p.Jobs}
	case len(p.Assignees) > 0:
		return p.Assignees
	}
	return map[string]observe.Jobs{"": p.Jobs}
}

func plus(r report.StatusRow, p observe.Progress, jobs observe.Jobs) report.StatusRow {
	r.Tasks++
	r.Frames += p.Frames
	r.Jobs += jobs.Count
	r.Annotation += jobs.Annotation()
	r.Validation += jobs.Validation
	r.Completed += jobs.Completed
	if p.ID == 0 {
		r.Missing++
		return r
	}
	r.IDs = append(r.IDs, p.ID)
	return r
}
