package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A staleError puts a [planner.StaleError] into words.
type staleError struct{ saved *planner.StaleError }

// stale puts a saved plan's end into words; any other error stays as it is.
func stale(err error) error {
	var e *planner.StaleError
	if errors.As(err, &e) {
		return staleError{e}
	}
	return err
}

func (e staleError) Unwrap() error { return e.saved }

func (e staleError) Error() string {
	const shown = 20
	since, text := e.saved.Since, "the saved plan is out of date; nothing was done"
	switch e.saved.Kind {
	case planner.BagsChanged:
		since = []string{"the bags are no longer as the manifests say, or --root is another one"}
	case planner.ImagesAbsent:
		text = "images of the saved plan are not here; nothing was done"
	}
	for i, s := range since {
		if i == shown {
			return fmt.Sprintf("%s\n  and %d more", text, len(since)-shown)
		}
		text += "\n  " + wording.Safe(s)
	}
	return text
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

// reopen plans again as the saved plan was made, and gives what is left of that one: the error is a
// staleError where anything else than carrying it out has changed what it is about.
func (c applyCmd) reopen(ctx context.Context, a *app, saved savedFile) ([]*session, []plan.Plan, error) {
	if err := errors.Join(c.keeps(saved), a.keepServer(saved)); err != nil {
		return nil, nil, err
	}
	a.asking = true
	sessions, err := a.reopen(ctx, saved)
	if err != nil {
		a.disconnect()
		return nil, nil, err
	}
	if err := a.connectAll(ctx, sessions); err != nil {
		return nil, nil, err
	}
	for i, s := range sessions {
		if err := s.project.DecideAgain(ctx, s.conn, saved.Projects[i]); err != nil {
			return sessions, nil, err
		}
	}
	plans, err := planner.Due(projectsOf(sessions), saved.File)
	return sessions, plans, stale(err)
}

// keeps refuses flags that would make another plan of the saved one.
func (c applyCmd) keeps(saved savedFile) error {
	for _, p := range saved.Projects {
		o := p.Options
		for _, f := range []struct {
			name  string
			other bool
		}{
			{"--target", len(c.Target) > 0 && !slices.Equal(c.Target, o.Target)},
			{"--shard", c.Shard.Of > 0 && c.Shard.Shard != o.Shard},
			{"--create-anyway", len(c.CreateAnyway) > 0 && !slices.Equal(c.CreateAnyway, o.CreateAnyway)},
			{"--update", len(c.Update) > 0 && !slices.Equal(c.updateKeys(), o.Update)},
			{"--delete-labels", len(c.DeleteLabels) > 0 && !slices.Equal(c.DeleteLabels, o.DeleteLabels)},
			{"--replace-empty", c.ReplaceEmpty && !o.ReplaceEmpty},
			{"--index-only", c.IndexOnly && !o.IndexOnly},
			{"--check frames", c.Check == "frames" && !o.CheckFrames},
		} {
			if f.other {
				return usageError{fmt.Errorf("%s: %s is a saved plan and stays as it is; give the flag to plan --out", f.name, saved.path)}
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
				wording.Safe(a.Server), saved.path, wording.Safe(p.Have.Scope.Server))}
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

// reopen lists the bags of a saved plan's manifests; a server is asked only for what it alone can list.
func (a *app) reopen(ctx context.Context, saved savedFile) ([]*session, error) {
	scanned, err := planner.Reopen(ctx, saved.File, a.loadManifest, a.scanOptions())
	sessions := a.sessionsOf(scanned)
	var changed *planner.StaleError
	switch {
	case errors.As(err, &changed):
		return nil, stale(err)
	case err != nil && ctx.Err() == nil:
		return nil, fmt.Errorf("saved plan %s: %w", saved.path, err)
	}
	return sessions, err
}
