package main

import (
	"cmp"
	"slices"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

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
