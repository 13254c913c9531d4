package planner

import (
	"context"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A pass is one planning of a project: it looks once, compares, and compares again whenever a step has learned something
// that may change the plan.
type pass struct {
	*Project
	server Reader       // nil: none is asked
	by     plan.Options // what is compared, and how closely
	read   Depth
	upload bool                                       // see [Options.Upload]
	token  func(context.Context) (*cvat.Token, error) // see [Options.Token]
}

// A step learns something about the tasks of a plan; learned says that the plan may be another one for it.
type step func(ctx context.Context) (learned bool, err error)

func (p *Project) newPass(server Reader, o Options) *pass {
	return &pass{Project: p, server: server, read: o.Read, upload: o.Upload, token: o.Token, by: plan.Options{
		Project:      p.Wanted,
		Skip:         p.Skip,
		Target:       o.Target,
		Shard:        o.Shard,
		CreateAnyway: o.CreateAnyway,
		ReplaceEmpty: o.ReplaceEmpty,
		Update:       o.Update,
		DeleteLabels: o.DeleteLabels,
		CheckFrames:  o.CheckFrames,
		IndexOnly:    p.indexOnly,
		Ignore:       p.ignored,
	}}
}

func (p *pass) decide(ctx context.Context) error {
	if err := p.look(ctx); err != nil {
		return err
	}
	p.by.Skip = append(slices.Clip(p.by.Skip), p.held...)
	p.dropUnusable(ctx)
	if err := p.measureNamed(ctx, p.Actual.NeedsHash(p.Desired, p.by)); err != nil {
		return err
	}
	if p.upload {
		p.blockAbsent()
	}
	return p.compare(ctx, p.readUploads, p.addAnnotations, p.compareAnnotations, p.proveRenamed, p.heedToken)
}

func (p *pass) decideOffline(ctx context.Context) error {
	p.Actual = plan.Actual{Scope: plan.Scope{
		Server: p.Server.Shown, Organization: p.Server.Organization, ProjectID: p.Wanted.ID, Project: p.Wanted.Name,
	}}
	if err := p.chooseFrames(ctx); err != nil {
		return err
	}
	if err := p.divideUnasked(ctx); err != nil {
		return err
	}
	return p.compare(ctx, p.readUploads, p.addAnnotations)
}

// compare makes the plan, and makes it again after each step that learned something.
func (p *pass) compare(ctx context.Context, steps ...step) error {
	p.Plan = plan.Diff(p.Desired, p.Actual, p.by)
	for _, step := range steps {
		learned, err := step(ctx)
		if err != nil {
			return err
		}
		if learned {
			p.Plan = plan.Diff(p.Desired, p.Actual, p.by)
		}
	}
	return ctx.Err()
}

// look chooses the frames, which is to be done before bags are divided, and sees what the server has.
func (p *pass) look(ctx context.Context) (err error) {
	p.Observed = time.Now()
	if err := p.chooseFrames(ctx); err != nil {
		return err
	}
	want := observe.Want{Server: p.Server.Shown, Project: p.Wanted, Tasks: p.Desired}
	want.Divide = func(ctx context.Context, have []plan.Task) ([]plan.Desired, error) {
		err := p.divide(ctx, p.server, have, p.by.CheckFrames || p.pinned)
		return p.Desired, err
	}
	counts := len(p.by.DeleteLabels) > 0
	actual, err := observe.Project(ctx, p.server, want, observe.Options{CheckFrames: p.by.CheckFrames, Update: p.by.Update, Labels: counts})
	if err == nil && actual.Exists && counts {
		actual.LabelUses, err = observe.LabelUses(ctx, p.server, actual.Scope.ProjectID, p.by.DeleteLabels, actual.Tasks)
	}
	if err == nil {
		p.Actual = actual
	}
	return err
}

// readUploads reads what is to be uploaded, and looks for lists of what the server reads by itself.
func (p *pass) readUploads(ctx context.Context) (learned bool, err error) {
	sized := p.computeSizes(ctx)
	listed := p.takeLists(ctx)
	return sized || listed, ctx.Err()
}

// heedToken takes into account that the token in use may not make the changes of the plan.
func (p *pass) heedToken(ctx context.Context) (learned bool, err error) {
	p.Actual.ReadOnly = p.mayOnlyRead(ctx)
	return p.Actual.ReadOnly, nil
}

// mayOnlyRead is false where that is not known: what the server refuses is then said when it does.
func (p *pass) mayOnlyRead(ctx context.Context) bool {
	if p.token == nil || !plan.Count(p.Plan).Changes() {
		return false
	}
	token, err := p.token(ctx)
	return err == nil && token != nil && token.ReadOnly
}
