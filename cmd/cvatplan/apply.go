package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/given"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/resume"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

type applyCmd struct {
	planFlags
	summaryFlag
	failFlag
	Manifests   []string      `arg:"" optional:"" name:"MANIFEST" help:"Manifests, or one saved plan; default cvatplan.yaml."`
	Parallelism int           `default:"8" placeholder:"N" help:"Most tasks that are read and sent at once, fewer while the server is slow; default 8."`
	AutoApprove bool          `help:"Do not ask before the first write."`
	NoWait      bool          `help:"Leave imports to the server; the next run verifies them."`
	WaitTimeout time.Duration `default:"30m" help:"Give up on an import that makes no progress for this long."`
	UploadChunk byteSize      `placeholder:"SIZE" help:"Bytes per upload request, 256KiB to 95MiB; default 16MiB at first, more while a request takes less than 5 seconds. A proxy that wants less is obeyed."`
	MaxCreate   int           `default:"-1" placeholder:"N" help:"Refuse to create more tasks than this."`
	Output      string        `enum:"text,json" default:"text" help:"text, or json: one event per line."`
}

// Help is what the command's help ends its description with.
func (applyCmd) Help() string {
	return `Examples:

    cvatplan apply                          # asks before the first write
    cvatplan apply my.plan                  # exactly what plan --out saved
    cvatplan apply --quiet --fail-on drift  # for cron: exit 5 on what waits`
}

// Run creates what is missing; it plans on the same path as plan does.
func (c applyCmd) Run(a *app) error {
	view := c.view(a)
	return view.end(c.run(a, view))
}

func (c applyCmd) run(a *app, view applyView) error {
	if err := errors.Join(c.valid(), c.checkSummary(a)); err != nil {
		return err
	}
	a.writes, a.strict, a.indexOnly = true, c.Strict, c.IndexOnly
	ctx, cancel := a.context()
	defer cancel()
	sessions, plans, err := c.prepare(ctx, a)
	defer closeAll(sessions)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		a.printProblems(s.project.Unlisted)
	}
	if err := view.plan(plans); err != nil {
		return err
	}
	if err := c.approve(ctx, a, sessions, plans); err != nil {
		return err
	}
	return c.carryOut(a, view, sessions, plans)
}

// prepare plans what is to be done: what the manifests ask for, or what is left of a saved plan.
// Whatever it returns, the sessions are to be closed.
func (c applyCmd) prepare(ctx context.Context, a *app) ([]*session, []plan.Plan, error) {
	saved, err := savedPlan(c.Manifests)
	if err != nil {
		return nil, nil, err
	}
	if saved != nil {
		return c.reopen(ctx, a, *saved)
	}
	sessions, err := a.open(ctx, c.Manifests, c.targetFlag)
	if err != nil {
		return nil, nil, err
	}
	o := c.options()
	o.Upload = true
	plans, err := decideAll(ctx, sessions, o)
	return sessions, plans, err
}

// Chunks below the least make too many requests; CVAT before 2.55 takes less than 100 MiB.
const leastChunk, largestChunk = 256 << 10, 95 << 20

func (c applyCmd) valid() error {
	switch {
	case c.Parallelism < 1:
		return usageError{fmt.Errorf("--parallelism %d: at least 1", c.Parallelism)}
	case c.UploadChunk != 0 && (c.UploadChunk < leastChunk || c.UploadChunk > largestChunk):
		return usageError{fmt.Errorf("--upload-chunk: %d bytes are not between 256KiB and 95MiB", c.UploadChunk)}
	}
	return c.check()
}

// carryOut applies project after project. It does not end with the plan's context: after an interrupt,
// what is under way ends at a chunk's boundary.
func (c applyCmd) carryOut(a *app, view applyView, sessions []*session, plans []plan.Plan) error {
	a.interrupts.finishing()
	results := make([]apply.Result, len(sessions))
	for i, s := range sessions {
		on, done := view.begin(plans[i])
		results[i] = apply.Run(context.Background(), plans[i], s.conn, c.runOptions(a, s), on)
		done(results[i])
		if err := s.project.Remember(plans[i], results[i]); err != nil {
			a.warn(fmt.Sprintf("later plans will not notice that predictions changed: %v", err)) // what was applied counts for more
		}
	}
	if err := view.results(plans, results); err != nil {
		return err
	}
	if err := c.summarize(a, func(w io.Writer) error { return report.ResultMarkdown(w, results) }); err != nil {
		a.warn(err.Error()) // what was applied counts for more
	}
	return a.partly(a.applyCode(results, c.FailOn))
}

func (c applyCmd) runOptions(a *app, s *session) apply.Options {
	return apply.Options{
		Images:      s.project.Images,
		Annotations: s.project.Annotations,
		Observed:    s.project.Observed,
		Parallelism: c.Parallelism,
		NoWait:      c.NoWait,
		WaitTimeout: c.WaitTimeout,
		UploadChunk: int64(c.UploadChunk),
		State:       a.state(),
		Until:       a.interrupts.ctx,
	}
}

// applyCode is the first exit code that fits any result.
func (a *app) applyCode(results []apply.Result, failOn string) error {
	n := apply.Count(results...)
	var crashed, refused bool
	var failed error
	var undone []diag.Diagnostic
	for _, r := range results {
		if r.Crash != nil {
			a.crashes.Keep(crash.Recovered(r.Crash)) // reported at the end
			crashed = true
		}
		refused = refused || r.NotAllowed != nil
		failed = cmp.Or(failed, r.Err)
		for _, t := range r.Tasks {
			if t.Outcome == apply.Refused {
				undone = append(undone, t.Reason)
			}
		}
	}
	switch {
	case crashed:
		return exit(exitCrash)
	case a.interrupts.code() != exitOK:
		return exit(a.interrupts.code())
	case refused:
		return exit(exitNotAllowed)
	case codeOfBlocked(undone) == exitConflict, failOn == "drift" && n.Drift > 0:
		return exit(exitConflict)
	case n.Failed+len(undone) > 0, failed != nil && isTemporary(failed):
		return exit(exitTaskFailed)
	case failed != nil:
		return exit(exitError)
	}
	return nil
}

// A state lets runs go on with uploads that an earlier one was cut off in.
type state struct{ kept *resume.Store }

func (a *app) state() state {
	return state{&resume.Store{Dir: resume.Dir(a.getenv), Warn: a.warn}}
}

// given is what this machine remembers of the predictions that tasks were given.
func (a *app) given() given.Store {
	dir := resume.Dir(a.getenv)
	if dir == "" {
		return given.Store{}
	}
	return given.Store{Dir: filepath.Join(dir, "given")}
}

// Lock is the hint of one upload, nil if there is none to be had.
func (s state) Lock(server string, task int, file string) apply.Hint {
	if h := s.kept.Lock(server, task, file); h != nil {
		return h
	}
	return nil // no typed nil in the interface
}

// approve is the last gate before the first write.
func (c applyCmd) approve(ctx context.Context, a *app, sessions []*session, plans []plan.Plan) error {
	if err := blockedProjects(plans); err != nil {
		return err
	}
	if c.MaxCreate >= 0 {
		if n := plan.Count(plans...).Create; n > c.MaxCreate {
			return fmt.Errorf("%d tasks would be created, and --max-create allows %d; nothing was done", n, c.MaxCreate)
		}
	}
	for i, s := range sessions {
		if !plan.Count(plans[i]).Changes() {
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

// A blockedProjectError is a project for which the manifest asks what CVAT cannot do: nothing is sent to any.
type blockedProjectError struct {
	error
	problem diag.Diagnostic
}

func (e blockedProjectError) Code() diag.Code { return e.problem.Code }
func (e blockedProjectError) Hint() diag.Hint { return e.problem.Hint }

func blockedProjects(plans []plan.Plan) error {
	for _, p := range plans {
		if problems := p.Project.Problems; len(problems) > 0 {
			text := fmt.Errorf("project %q: %s; nothing was done", p.Project.Name, problems[0].Text)
			return blockedProjectError{text, problems[0]}
		}
	}
	return nil
}

// errReadOnly is known before the first write, so that nothing is half done.
var errReadOnly = withCode(diag.CodeReadOnlyToken, fmt.Errorf("%w: the access token is read-only", cvat.ErrNotAuthorised))

// mayWrite asks what kind of token is in use. Servers that cannot say are believed.
func (a *app) mayWrite(ctx context.Context, s *session) error {
	token, err := s.conn.token(ctx)
	switch {
	case err != nil || token == nil:
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
	fmt.Fprintf(a.stderr, "\n%s, %s, project %q, as %s: create %s, finish %d, change %d, send %s (%s).\n",
		wording.Safe(p.Scope.Server), wording.Safe(organization), wording.Safe(p.Scope.Project), wording.Safe(user),
		wording.Count(n.Create+n.Replace, "task", "tasks"), n.Resume+n.Wait, n.Update, wording.Count(n.Images, "image", "images"), wording.Bytes(n.Bytes))
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
