package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cvatplan/cvatplan/pkg/plan"
	"github.com/cvatplan/cvatplan/pkg/report"
)

// approve is the last gate before the first write.
func (c applyCmd) approve(ctx context.Context, a *app, sessions []*session, plans []plan.Plan) error {
	if c.MaxCreate >= 0 {
		if err := plan.CheckMaxCreate(c.MaxCreate, plans...); err != nil {
			return err
		}
	}
	for i, s := range sessions {
		if err := c.approveOne(ctx, a, s, plans[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c applyCmd) approveOne(ctx context.Context, a *app, s *session, p plan.Plan) error {
	person := a.interactive() && !c.AutoApprove
	switch {
	case !plan.HasChanges(p):
		return nil
	case p.Project.Ask && !person:
		return withHint(fmt.Errorf("project %q does not exist on %s", p.Project.Name, s.target.shown),
			"write `create: true` under project: in the manifest, or correct its name")
	case !person || s.target.sandbox != "" && !p.Project.Ask:
		return nil
	}
	return a.ask(ctx, s, p)
}

// ask names all that a person should know before saying yes.
func (a *app) ask(ctx context.Context, s *session, p plan.Plan) error {
	user := "sandbox"
	if self, err := s.conn.Self(ctx); err == nil {
		user = self.Username
	}
	n := plan.Count(p)
	organization := p.Scope.Organization
	if organization == "" {
		organization = "personal workspace"
	}
	fmt.Fprintf(a.stderr, "\n%s, %s, project %q, as %s: create %d tasks, finish %d, send %d images (%s).\n",
		report.Safe(p.Scope.Server), report.Safe(organization), report.Safe(p.Scope.Project), report.Safe(user),
		n.Create+n.Replace, n.Resume+n.Wait, n.Images, plan.FormatBytes(n.Bytes))
	if p.Project.Ask {
		fmt.Fprintf(a.stderr, "The project does not exist and will be created.\n")
	}
	fmt.Fprint(a.stderr, "Go on? [y/N] ")
	answer, err := readLine(a.stdin)
	if err != nil {
		return err
	}
	if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
		return errors.New("not approved; nothing was written")
	}
	return nil
}
