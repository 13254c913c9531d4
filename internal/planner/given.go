package planner

import (
	"context"
	"errors"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/given"
	"github.com/cvatplan/cvatplan/internal/prediction"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// compareAnnotations looks into finished tasks that may be given what they lack, that are compared closely, or whose
// predictions are known to have changed: two requests for each in whose jobs no work was done, in addition to a listing of
// the project's jobs.
func (p *pass) compareAnnotations(ctx context.Context) (learned bool, err error) {
	var jobs map[int][]cvat.Job
	var last map[int]given.Record
	for _, c := range p.Plan.Changes {
		i, ok := p.first[plan.NameOf(c.Task)]
		finished := c.Action == plan.NoOp || c.Action == plan.Update
		if !ok || !finished || p.Tasks[i].Annotations == nil {
			continue
		}
		if last == nil {
			last = p.Given.Load(p.Server.Shown, p.Actual.Scope.ProjectID)
		}
		if !p.by.CheckFrames && !p.by.UpdatesAnnotations(p.Desired[i]) && !p.predictionsChanged(ctx, i, last[c.ID]) {
			continue
		}
		if jobs == nil {
			if jobs, err = p.jobsByTask(ctx, p.server); err != nil {
				return false, err
			}
			if p.labels, err = p.plannedLabels(ctx, p.server); err != nil {
				return false, err
			}
		}
		given, wants, err := p.compareTask(ctx, p.server, i, c.ID, jobs[c.ID])
		if err != nil {
			return false, err
		}
		if given == nil {
			continue
		}
		p.Desired[i].Annotations = wants
		for k := range p.Actual.Tasks {
			if p.Actual.Tasks[k].ID == c.ID {
				p.Actual.Tasks[k].Given = given
				learned = true
			}
		}
	}
	return learned, ctx.Err()
}

// predictionsChanged says whether a task's file is known to say something else than the task was given. One that cannot be
// read says nothing.
func (p *Project) predictionsChanged(ctx context.Context, i int, last given.Record) bool {
	a := p.Tasks[i].Annotations
	if last.Hash == "" || a.Path == "" {
		return false
	}
	if stamp, _ := prediction.FileStamp(a.Path); stamp != "" && stamp == last.Stamp {
		return false
	}
	found, err := p.predictions.open(ctx, a)
	return err == nil && found.Hash() != last.Hash
}

// Remember keeps, for later plans on this machine, which predictions the tasks of a plan that was applied hold. Those of
// topics are not kept: only reading a recording tells whether they changed.
func (p *Project) Remember(applied plan.Plan, r apply.Result) error {
	outcomes := map[plan.Name]apply.TaskResult{}
	for _, t := range r.Tasks {
		outcomes[plan.NameOf(t.Task)] = t
	}
	var records []given.Record
	for _, c := range applied.Changes {
		t := outcomes[plan.NameOf(c.Task)]
		i, ok := p.first[plan.NameOf(c.Task)]
		if !ok || t.Outcome != apply.Done && t.Outcome != apply.Unchanged || !holds(c) || p.Tasks[i].Annotations == nil || p.Tasks[i].Annotations.Path == "" {
			continue
		}
		record := given.Record{Task: t.ID, Hash: c.Desired.Annotations.Hash}
		if stamp, at := prediction.FileStamp(p.Tasks[i].Annotations.Path); at.Before(p.Observed) { // else it may have changed since it was read
			record.Stamp = stamp
		}
		records = append(records, record)
	}
	return p.Given.Add(p.Server.Shown, r.Project.ID, records)
}

// holds says whether the task of a change that was carried out has what its predictions said.
func holds(c plan.Change) bool {
	if c.Desired.Annotations == nil {
		return false
	}
	for _, t := range c.Actual {
		if g := t.Given; g != nil && g.Before != g.After && !c.Gives() {
			return false
		}
	}
	return true
}

func (p *Project) jobsByTask(ctx context.Context, server Reader) (map[int][]cvat.Job, error) {
	all, err := server.Jobs(ctx, cvat.JobFilter{ProjectID: p.Actual.Scope.ProjectID})
	byTask := map[int][]cvat.Job{}
	for _, j := range all {
		if j.Annotates() {
			byTask[j.TaskID] = append(byTask[j.TaskID], j)
		}
	}
	return byTask, err
}

// compareTask compares one task; nil where there is nothing to compare. Predictions that cannot be read, or not be
// placed, are a warning: the task has its frames, and stays as it is.
func (p *Project) compareTask(ctx context.Context, server Reader, i, id int, jobs []cvat.Job) (*plan.Given, *plan.Annotations, error) {
	if prediction.Worked(nil, jobs) {
		return &plan.Given{Worked: true}, nil, nil
	}
	t := p.Tasks[i]
	have, err := server.Annotations(ctx, id)
	if err != nil {
		return nil, nil, unlessGone(err)
	}
	if prediction.Worked(have, jobs) {
		return &plan.Given{Worked: true}, nil, nil
	}
	meta, err := server.DataMeta(ctx, id)
	if err != nil {
		return nil, nil, unlessGone(err)
	}
	frames := predictable(t, framesOf(meta.Each()))
	given, want, problems := p.annotationsOf(ctx, t, target(t, frames, p.labels))
	for _, d := range problems {
		d.Severity = diag.Warning
		p.Problems = append(p.Problems, d)
	}
	if given == nil || len(problems) > 0 {
		return nil, nil, nil
	}
	missing, repeated := prediction.Compare(want, have.Shapes)
	before := len(want) - len(missing) + len(repeated)
	return &plan.Given{Before: before, After: len(want)}, given, nil
}

func unlessGone(err error) error {
	if errors.Is(err, cvat.ErrNotFound) {
		return nil // deleted since it was listed
	}
	return err
}
