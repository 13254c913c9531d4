package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// approve is the last gate before the first write.
func (c applyCmd) approve(ctx context.Context, a *app, sessions []*session, plans []plan.Plan) error {
	if c.MaxCreate >= 0 {
		if n := plan.Count(plans...).Create; n > c.MaxCreate {
			return fmt.Errorf("%d tasks would be created, and --max-create allows %d; nothing was done", n, c.MaxCreate)
		}
	}
	for i, s := range sessions {
		if !plan.HasChanges(plans[i]) {
			continue
		}
		if err := a.mayWrite(ctx, s); err != nil {
			return err
		}
		if err := c.approveOne(ctx, a, s, plans[i]); err != nil {
			return err
		}
	}
	return nil
}

// errReadOnly is known before the first write, so that nothing is half done.
var errReadOnly = withCode(diag.CodeReadOnlyToken, fmt.Errorf("%w: the access token is read-only", cvat.ErrNotAuthorised))

// mayWrite asks what kind of token is in use. Servers that cannot say are believed.
func (a *app) mayWrite(ctx context.Context, s *session) error {
	if s.project.Server.Sandbox != "" || !s.conn.UsesAccessToken() {
		return nil
	}
	token, err := s.conn.AccessTokenSelf(ctx)
	switch {
	case errors.Is(err, cvat.ErrNotFound):
		return nil
	case err != nil:
		return err
	case token.ReadOnly:
		return withHint(errReadOnly, diag.Do(diag.HintMakeWritingToken))
	case token.Expires != nil && time.Until(*token.Expires) < time.Hour:
		a.warn(fmt.Sprintf("the access token expires at %s", token.Expires.UTC().Format(time.RFC3339)))
	}
	return nil
}

func (c applyCmd) approveOne(ctx context.Context, a *app, s *session, p plan.Plan) error {
	person := a.interactive() && !c.AutoApprove
	switch {
	case p.Project.Ask && !person:
		return withHint(withCode(diag.CodeProject, fmt.Errorf("project %q does not exist on %s", p.Project.Name, s.project.Server.Shown)),
			diag.Do(diag.HintAllowCreation))
	case !person || s.project.Server.Sandbox != "" && !p.Project.Ask:
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
	answer, err := a.readLine()
	if err != nil {
		return err
	}
	if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
		return errors.New("not approved; nothing was written")
	}
	return nil
}
