package main

import (
	"context"
	"errors"
	"io"

	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

type planCmd struct {
	planFlags
	summaryFlag
	Manifests        []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
	DetailedExitcode bool     `help:"Exit 2 if anything is to do."`
	FailOn           string   `enum:",drift" default:"" placeholder:"drift" help:"Exit 5 on drift too."`
	Offline          bool     `help:"Ask no server: show the tasks that the manifests want."`
	Out              string   `placeholder:"FILE" help:"Save the plan to this file, for show and apply. The images of what is to be uploaded are read for it."`
	Output           string   `enum:"text,json,markdown,html,paths" default:"text" help:"text, json, markdown, html, or paths: the local paths that apply will need."`
}

// Run shows what the manifests ask for and the server lacks.
func (c planCmd) Run(a *app) error {
	if err := errors.Join(c.check(), c.checkOffline(), c.checkOut(), c.checkSummary(a)); err != nil {
		return err
	}
	a.strict = c.Strict
	ctx, cancel := a.context()
	defer cancel()
	sessions, plans, err := c.prepare(ctx, a)
	defer closeAll(sessions)
	if err != nil {
		return c.unplanned(a, err)
	}
	for _, s := range sessions {
		a.printProblems(s.found)
	}
	if err := c.print(ctx, a, sessions, plans); err != nil {
		return err
	}
	if err := c.save(a, sessions); err != nil {
		return err
	}
	markdown := func(w io.Writer) error {
		return report.Markdown(w, plans, report.MarkdownOptions{Errors: a.wrong})
	}
	if err := c.summarize(a, markdown); err != nil {
		return err
	}
	return a.partly(c.code(plans))
}

// prepare plans. Whatever it returns, the sessions are to be closed.
func (c planCmd) prepare(ctx context.Context, a *app) ([]*session, []plan.Plan, error) {
	open, decide := a.open, (*session).decide
	if c.Offline {
		open, decide = a.openOffline, (*session).decideOffline
	}
	sessions, err := open(ctx, c.Manifests)
	if err != nil {
		return nil, nil, err
	}
	plans, err := decideAll(ctx, sessions, decide, c.reading(), c.planFlags.options)
	return sessions, plans, err
}

func (c planCmd) print(ctx context.Context, a *app, sessions []*session, plans []plan.Plan) error {
	if c.Output == "paths" {
		return report.Paths(a.stdout, pathsOf(sessions))
	}
	return a.printPlans(c.Output, plans, contactSheets(ctx, sessions, plans))
}

// printPlans shows plans as plan and show do.
func (a *app) printPlans(format string, plans []plan.Plan, thumbs func(plan.Change) []report.Thumb) error {
	switch format {
	case "json":
		return report.JSON(a.stdout, plans, report.JSONOptions{Version: versionString(), Errors: a.wrong})
	case "markdown":
		return report.Markdown(a.stdout, plans, report.MarkdownOptions{Errors: a.wrong})
	case "html":
		return report.HTML(a.stdout, plans, report.HTMLOptions{Errors: a.wrong, Thumbs: thumbs})
	}
	return report.Text(a.stdout, plans, a.textOptions(a.stdout))
}

func (a *app) textOptions(w io.Writer) report.TextOptions {
	palette := report.ChoosePalette(a.Color, a.getenv, isTerminal(w))
	return report.TextOptions{Palette: palette, Verbose: a.Verbose, Quiet: a.Quiet, Width: widthOf(w)}
}

// code is the exit code of a plan that was printed whole.
func (c planCmd) code(plans []plan.Plan) error {
	switch n := plan.Count(plans...); {
	case n.Problems(), c.FailOn == "drift" && n.Drift > 0:
		return exit(exitConflict)
	case c.DetailedExitcode && n.Changes():
		return exit(exitChanges)
	}
	return nil
}

// open loads the manifests, reads their bags and connects to their servers.
func (a *app) open(ctx context.Context, files []string) ([]*session, error) {
	manifests, err := a.load(files)
	if err != nil {
		return nil, err
	}
	sessions, err := a.sessions(ctx, manifests)
	if err != nil {
		return nil, err
	}
	return sessions, a.connectAll(ctx, sessions)
}

// connectAll connects to each server once. If one fails, all are closed.
func (a *app) connectAll(ctx context.Context, sessions []*session) (err error) {
	connections := map[target]*connection{}
	for _, s := range sessions {
		if connections[s.target] == nil {
			if connections[s.target], err = a.connect(ctx, s.target); err != nil {
				closeAll(sessions)
				return s.target.named(err)
			}
		}
		s.conn = connections[s.target]
	}
	return nil
}

// A decider plans one session: with a look at its server, or without.
type decider func(s *session, ctx context.Context, o plan.Options, read reading) error

func decideAll(ctx context.Context, sessions []*session, decide decider, read reading, options func(*session) plan.Options) ([]plan.Plan, error) {
	plans := make([]plan.Plan, len(sessions))
	for i, s := range sessions {
		if err := decide(s, ctx, options(s), read); err != nil {
			return nil, err
		}
		plans[i] = s.plan
	}
	return plans, nil
}

func closeAll(sessions []*session) {
	for _, s := range sessions {
		for _, t := range s.tasks {
			t.Close() // what it keeps was made to be read only
		}
		if s.conn != nil {
			s.conn.close()
		}
	}
}
