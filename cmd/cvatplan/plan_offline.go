package main

import (
	"context"
	"errors"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

// openOffline loads the manifests and reads their bags; no server is asked, and no credentials are needed.
func (a *app) openOffline(ctx context.Context, files []string) ([]*session, error) {
	manifests, err := a.load(files)
	if err != nil {
		return nil, err
	}
	return a.sessions(ctx, manifests)
}

// checkOffline refuses what only a server can answer.
func (c planCmd) checkOffline() error {
	if c.Offline && c.Check == "frames" {
		return usageError{errors.New("--check frames asks the server, and --offline says not to")}
	}
	return nil
}

// decideOffline says what the manifests ask for.
func (s *session) decideOffline(ctx context.Context, o plan.Options, read reading) error {
	o.Offline = true
	have := plan.Actual{Scope: plan.Scope{
		Server: s.target.shown, Organization: s.target.organization, ProjectID: s.project.ID, Project: s.project.Name,
	}}
	s.plan = plan.Diff(s.want, have, o)
	if s.weigh(ctx, read) {
		s.plan = plan.Diff(s.want, have, o)
	}
	return ctx.Err()
}
