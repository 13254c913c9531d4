package main

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/cvatplan/cvatplan/pkg/observe"
	"github.com/cvatplan/cvatplan/pkg/plan"
	"github.com/cvatplan/cvatplan/pkg/report"
)

type statusCmd struct {
	Manifests []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
	By        string   `enum:"task,camera,bag,subset,assignee" default:"task" help:"Group the tasks by this: task, camera, bag, subset or assignee."`
	Output    string   `enum:"table,json,csv,ids" default:"table" help:"table, json, csv, or ids: task ids, one a line, for cvat-cli."`
	Target    []string `sep:"none" placeholder:"GLOB" help:"Only the tasks of these names or globs."`
}

// Run shows the annotation progress that CVAT knows of the manifest's tasks.
func (c statusCmd) Run(a *app) error {
	ctx, cancel := a.context()
	defer cancel()
	sessions, err := a.open(ctx, c.Manifests)
	if err != nil {
		return err
	}
	defer closeAll(sessions)
	var all []observe.Progress
	for _, s := range sessions {
		progress, err := c.look(ctx, s)
		if err != nil {
			return err
		}
		all = append(all, progress...)
	}
	return c.print(a, c.group(all))
}

func (c statusCmd) look(ctx context.Context, s *session) ([]observe.Progress, error) {
	want := observe.Want{Server: s.target.shown, Project: s.project}
	for _, d := range s.want {
		if len(c.Target) == 0 || matchesAny(c.Target, d.Task) {
			want.Tasks = append(want.Tasks, d)
		}
	}
	return observe.Annotation(ctx, s.conn, want, c.By == "assignee")
}

func (c statusCmd) print(a *app, rows []report.StatusRow) error {
	switch c.Output {
	case "json":
		return report.StatusJSON(a.stdout, c.By, rows)
	case "csv":
		return report.StatusCSV(a.stdout, rows)
	case "ids":
		return report.StatusIDs(a.stdout, rows)
	}
	return report.StatusTable(a.stdout, rows)
}

// group adds tasks up by what --by names; a task of several assignees counts for each of them.
func (c statusCmd) group(all []observe.Progress) []report.StatusRow {
	rows := map[string]report.StatusRow{}
	for _, p := range all {
		for name, jobs := range c.groupsOf(p) {
			rows[name] = addTo(rows[name], name, p, jobs)
		}
	}
	sorted := slices.Collect(maps.Values(rows))
	slices.SortFunc(sorted, func(x, y report.StatusRow) int { return cmp.Compare(x.Name, y.Name) })
	for i, r := range sorted {
		sorted[i].Name = cmp.Or(r.Name, "(none)")
		if c.By != "task" {
			sorted[i].ID, sorted[i].URL = 0, ""
		}
	}
	return sorted
}

func (c statusCmd) groupsOf(p observe.Progress) map[string]observe.Jobs {
	switch c.By {
	case "camera":
		return map[string]observe.Jobs{p.Camera: p.Jobs}
	case "bag":
		return map[string]observe.Jobs{p.Bag: p.Jobs}
	case "subset":
		return map[string]observe.Jobs{p.Subset: p.Jobs}
	case "assignee":
		if len(p.Assignees) > 0 {
			return p.Assignees
		}
		return map[string]observe.Jobs{"": p.Jobs}
	}
	return map[string]observe.Jobs{p.Task: p.Jobs}
}

func addTo(r report.StatusRow, name string, p observe.Progress, jobs observe.Jobs) report.StatusRow {
	r.Name, r.ID, r.URL = name, p.ID, p.URL
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
	return r.WithIDs(p.ID)
}

func matchesAny(globs []string, name string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return plan.MatchName(g, name) })
}
