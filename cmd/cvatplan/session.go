package main

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A session is one project on one server, with all manifests of the command line that ask for tasks
// there: plan and apply take the same path to it.
type session struct {
	conn    *connection
	target  target
	project manifest.Project
	skip    []manifest.Skip

	manifests []*manifest.Manifest
	tasks     []source.Task
	want      []plan.Desired
	number    map[string]int // of a task's name, in tasks and want; of several of one name the first
	have      plan.Actual
	plan      plan.Plan
	found     []source.Problem // what was found in the dataset while planning, and stops nothing
	uploads   bool             // the plan is to be carried out at once
	pinned    bool             // and is a saved one: what is sent must be what it says

	sums [][]planfile.Image // parallel to tasks: what was measured of each frame
}

// A reading is how much of what is to be uploaded a plan reads.
type reading int

// Each of them includes those before it.
const (
	readSizes reading = iota
	readHeaders
	readContents // as apply does, for the hash of each archive
)

// planFlags are the flags of plan and apply that decide what is planned: a saved plan keeps them.
type planFlags struct {
	targetFlag
	Check        string   `enum:"names,frames,images" default:"names" help:"frames compares frame names with the server's, one request per task; images reads the headers of all that is to be uploaded."`
	ReplaceEmpty bool     `help:"Delete and create anew tasks of ours that are empty and cannot be finished."`
	Strict       bool     `help:"Damage of a recording is an error, not a warning."`
	CreateAnyway []string `sep:"none" placeholder:"GLOB" help:"Create these tasks although their name, or their frames, stand elsewhere."`
}

func (f planFlags) options(s *session) plan.Options {
	return plan.Options{
		Project:      s.project,
		Skip:         s.skip,
		Target:       f.Target,
		CreateAnyway: f.CreateAnyway,
		ReplaceEmpty: f.ReplaceEmpty,
		CheckFrames:  f.Check == "frames",
	}
}

// reading is what a plan that is only shown reads.
func (f planFlags) reading() reading {
	if f.Check == "images" {
		return readHeaders
	}
	return readSizes
}

func (f planFlags) check() error {
	return errors.Join(f.checkTarget(), checkGlobs(f.CreateAnyway))
}

// sessions reads the bags of all manifests and groups the manifests by project. An entry that gives
// nothing stops no other, but see [app.partly]; a project without any task is left out then.
func (a *app) sessions(ctx context.Context, manifests []*manifest.Manifest) ([]*session, error) {
	var all []*session
	for _, m := range manifests {
		s := a.sessionOf(&all, m)
		tasks, problems := source.Scan(ctx, m, source.Options{Root: a.Root, Strict: a.strict})
		problems = a.worthSaying(problems)
		a.printProblems(problems)
		a.wrong = append(a.wrong, mistakesIn(problems)...)
		s.add(m, tasks)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(a.wrong) == 0 {
		return all, nil
	}
	all = slices.DeleteFunc(all, func(s *session) bool { return len(s.tasks) == 0 })
	if len(all) == 0 {
		return nil, bagsError{problems: a.wrong}
	}
	return all, nil
}

// sessionOf finds the session of a manifest's project, or begins it.
func (a *app) sessionOf(all *[]*session, m *manifest.Manifest) *session {
	t := a.targetOf(m)
	for _, s := range *all {
		if s.target == t && s.project.ID == m.Project.ID && s.project.Name == m.Project.Name {
			return s
		}
	}
	s := &session{target: t, project: m.Project, number: map[string]int{}}
	*all = append(*all, s)
	return s
}

func (s *session) add(m *manifest.Manifest, tasks []source.Task) {
	s.manifests = append(s.manifests, m)
	s.skip = append(s.skip, m.Skip...)
	s.project.Create = cmp.Or(s.project.Create, m.Project.Create)
	s.project.Labels = union(s.project.Labels, m.Project.Labels)
	for _, t := range tasks {
		if t.Hold != "" {
			s.skip = append(s.skip, manifest.Skip{Task: t.Name, Reason: t.Hold, Pos: t.Origin})
		}
		if _, several := s.number[t.Name]; !several {
			s.number[t.Name] = len(s.tasks)
		}
		s.tasks = append(s.tasks, t)
		s.want = append(s.want, t.Desired())
	}
	s.sums = make([][]planfile.Image, len(s.tasks))
}

// union keeps the first of labels with equal names.
func union(labels, more []manifest.Label) []manifest.Label {
	have := map[string]bool{}
	for _, l := range labels {
		have[l.Name] = true
	}
	for _, l := range more {
		if !have[l.Name] {
			have[l.Name] = true
			labels = append(labels, l)
		}
	}
	return labels
}

// decide looks at the server and plans. Only GETs are sent.
func (s *session) decide(ctx context.Context, o plan.Options, read reading) error {
	want := observe.Want{Server: s.target.shown, Project: s.project, Tasks: s.want}
	have, err := observe.Project(ctx, s.conn, want, observe.Options{CheckFrames: o.CheckFrames})
	if err != nil {
		return err
	}
	s.sift(ctx, have, o)
	if err := s.hash(ctx, plan.NeedsHash(s.want, have, o)); err != nil {
		return err
	}
	if s.uploads {
		s.needBytes()
	}
	s.plan = plan.Diff(s.want, have, o)
	if s.weigh(ctx, read) {
		s.plan = plan.Diff(s.want, have, o)
	}
	s.have = have
	return ctx.Err()
}
