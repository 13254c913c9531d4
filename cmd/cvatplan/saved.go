package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A staleError says in what a saved plan is no longer true. Nothing was written.
type staleError struct {
	since  []string
	absent bool // all that differs is that images are not here
}

const savedAnew = "look at what changed, and save the plan anew: cvatplan plan --out FILE"

func (e staleError) Error() string {
	const shown = 20
	text := "the saved plan is out of date; nothing was done"
	if e.absent {
		text = "images of the saved plan are not here; nothing was done"
	}
	for i, s := range e.since {
		if i == shown {
			return fmt.Sprintf("%s\n  and %d more", text, len(e.since)-shown)
		}
		text += "\n  " + report.Safe(s)
	}
	return text
}

func (e staleError) Hint() string {
	if e.absent {
		return "bring them there, or say with --root where they are; then apply the same file"
	}
	return savedAnew
}

func (e staleError) Code() diag.Code {
	if e.absent {
		return diag.CodeMissingBag
	}
	return diag.CodeOutOfDate
}

// absent counts the tasks whose images are not here.
func absent(plans []plan.Plan) int {
	n := 0
	for _, p := range plans {
		for _, c := range p.Changes {
			if c.Reason.Code == diag.CodeMissingBag {
				n++
			}
		}
	}
	return n
}

// A savedFile is a saved plan that was given in place of manifests.
type savedFile struct {
	planfile.File
	path string
}

// savedPlan is the saved plan that the arguments are; nil where they are manifests.
func savedPlan(args []string) (*savedFile, error) {
	i := slices.IndexFunc(args, planfile.IsFile)
	switch {
	case i < 0:
		return nil, nil
	case len(args) > 1:
		return nil, usageError{fmt.Errorf("%s is a saved plan, and goes with no other plan or manifest", args[i])}
	}
	f, err := planfile.Load(args[0])
	if err != nil {
		return nil, err
	}
	return &savedFile{f, args[0]}, nil
}

// reopen plans anew as the saved plan was made, and gives what is left of that one: the error is a
// staleError where anything else than carrying it out has changed what it is about.
func (c applyCmd) reopen(ctx context.Context, a *app, saved savedFile) ([]*session, []plan.Plan, error) {
	if err := errors.Join(c.keeps(saved), a.keepServer(saved)); err != nil {
		return nil, nil, err
	}
	sessions, err := a.sessionsOf(ctx, saved)
	if err != nil {
		return nil, nil, err
	}
	if err := a.connectAll(ctx, sessions); err != nil {
		return nil, nil, err
	}
	var since []string
	plans := make([]plan.Plan, len(sessions))
	for i, s := range sessions {
		p := saved.Projects[i]
		if err := s.again(ctx, p); err != nil {
			return sessions, nil, err
		}
		since = append(since, p.Since(s.saved())...)
		plans[i] = p.Due(s.plan)
	}
	if len(since) > 0 {
		return sessions, nil, staleError{since, absent(plans) == len(since)}
	}
	return sessions, plans, nil
}

// keeps refuses flags that would make another plan of the saved one.
func (c applyCmd) keeps(saved savedFile) error {
	for _, p := range saved.Projects {
		o := p.Options
		for flag, other := range map[string]bool{
			"--target":        len(c.Target) > 0 && !slices.Equal(c.Target, o.Target),
			"--create-anyway": len(c.CreateAnyway) > 0 && !slices.Equal(c.CreateAnyway, o.CreateAnyway),
			"--replace-empty": c.ReplaceEmpty && !o.ReplaceEmpty,
			"--check frames":  c.Check == "frames" && !o.CheckFrames,
		} {
			if other {
				return usageError{fmt.Errorf("%s: %s is a saved plan and stays as it is; give the flag to plan --out", flag, saved.path)}
			}
		}
	}
	return nil
}

// keepServer lets a saved plan be carried out on its own server only. One that --server gave to plan
// need not be given again; where it is given, credentials go there and nowhere else.
func (a *app) keepServer(saved savedFile) error {
	for _, p := range saved.Projects {
		if a.Server != "" && !sameServer(a.Server, p.Have.Scope.Server) {
			return usageError{fmt.Errorf("--server (or CVATPLAN_SERVER) is %s, and %s is a plan for %s",
				report.Safe(a.Server), saved.path, report.Safe(p.Have.Scope.Server))}
		}
	}
	if a.Server == "" {
		a.Server = saved.Server
	}
	return nil
}

func sameServer(a, b string) bool {
	x, errX := url.Parse(strings.TrimRight(a, "/"))
	y, errY := url.Parse(strings.TrimRight(b, "/"))
	if errX != nil || errY != nil || strings.HasPrefix(a, "sandbox:") {
		return a == b
	}
	x.Scheme, x.Host = strings.ToLower(x.Scheme), strings.ToLower(x.Host)
	y.Scheme, y.Host = strings.ToLower(y.Scheme), strings.ToLower(y.Host)
	return x.String() == y.String()
}

// sessionsOf reads the bags of a saved plan's manifests; no server is asked.
func (a *app) sessionsOf(ctx context.Context, saved savedFile) ([]*session, error) {
	manifests, err := unchangedManifests(saved)
	if err != nil {
		return nil, err
	}
	sessions, err := a.sessions(ctx, manifests)
	var wrong bagsError
	switch {
	case errors.As(err, &wrong), err == nil && len(a.wrong) > 0 && len(sessions) < len(saved.Projects):
		return nil, staleError{since: []string{"the bags are no longer as the manifests say, or --root is another one"}}
	case err != nil:
		return nil, err
	case len(sessions) != len(saved.Projects):
		return nil, fmt.Errorf("saved plan %s: it is about %d projects, and its manifests about %d", saved.path, len(saved.Projects), len(sessions))
	}
	return sessions, nil
}

// unchangedManifests loads the manifests that a plan was made of, if they still say the same.
func unchangedManifests(saved savedFile) ([]*manifest.Manifest, error) {
	var all []*manifest.Manifest
	var since []string
	for _, was := range saved.Manifests {
		m, err := manifest.Load(filepath.FromSlash(was.Path))
		var mistakes *manifest.Error
		switch {
		case errors.Is(err, fs.ErrNotExist):
			since = append(since, fmt.Sprintf("manifest %s is not there", was.Path))
		case errors.As(err, &mistakes):
			since = append(since, fmt.Sprintf("manifest %s changed, and is wrong: %s", was.Path, mistakes.Problems[0].Text))
		case err != nil:
			return nil, err
		case m.Hash() != was.Hash:
			since = append(since, fmt.Sprintf("manifest %s changed", was.Path))
		default:
			all = append(all, m)
		}
	}
	if len(since) > 0 {
		return nil, staleError{since: since}
	}
	return all, nil
}

// again plans as the saved plan was made. A finished task counts as its work only if it holds its
// frames, so those that came to be since are asked for their names.
func (s *session) again(ctx context.Context, saved planfile.Project) error {
	o := saved.Options
	o.Project = s.project
	s.uploads, s.pinned = true, true
	if err := s.decide(ctx, o, readContents); err != nil {
		return err
	}
	if err := observe.AddFrames(ctx, s.conn, s.have.Tasks, saved.Unsure(s.plan), s.want); err != nil {
		return err
	}
	s.plan = plan.Diff(s.want, s.have, o)
	return nil
}
