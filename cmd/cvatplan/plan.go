package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/outlet"
	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/thumbnail"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

type planCmd struct {
	planFlags
	summaryFlag
	failFlag
	Manifests        []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
	DetailedExitcode bool     `help:"Exit 2 if there is anything to do."`
	Offline          bool     `help:"Ask no server: show the tasks that the manifests want."`
	Out              string   `placeholder:"FILE" help:"Save the plan to this file, for show and apply. The images of what is to be uploaded are read for it."`
	Output           string   `enum:"text,json,markdown,html,paths" default:"text" help:"text, json, markdown, html, or paths: the local paths that apply will need."`
}

// Help is what the command's help ends its description with.
func (planCmd) Help() string {
	return `Examples:

    cvatplan plan                                   # cvatplan.yaml
    cvatplan plan --detailed-exitcode orchard.yaml  # 2 if something is to do
    cvatplan plan --check images --out my.plan      # read the images; save it`
}

// Run shows what the manifests ask for and the server lacks.
func (c planCmd) Run(a *app) error {
	if err := errors.Join(c.check(), c.checkOffline(), c.checkOut(), c.checkSummary(a)); err != nil {
		return err
	}
	a.strict, a.indexOnly = c.Strict, c.IndexOnly
	ctx, cancel := a.context()
	defer cancel()
	sessions, plans, err := c.prepare(ctx, a)
	defer closeAll(sessions)
	if err != nil {
		return c.unplanned(a, err)
	}
	for _, s := range sessions {
		a.printProblems(s.project.Problems)
		a.printProblems(s.project.Unlisted)
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
	open := a.open
	if c.Offline {
		open = a.openOffline
	}
	sessions, err := open(ctx, c.Manifests, c.targetFlag)
	if err != nil {
		return nil, nil, err
	}
	plans, err := decideAll(ctx, sessions, c.deepOptions())
	return sessions, plans, err
}

// deepOptions read deeper for a plan that is saved: it holds the hash of each archive that is to be sent.
func (c planCmd) deepOptions() planner.Options {
	o := c.options()
	if c.Out != "" {
		o.Read = planner.Contents
	}
	return o
}

func (c planCmd) print(ctx context.Context, a *app, sessions []*session, plans []plan.Plan) error {
	if c.Output == "paths" {
		return report.Paths(a.stdout, pathsOf(sessions))
	}
	return a.printPlans(c.Output, plans, pageOf(ctx, sessions, plans))
}

// printPlans shows plans as plan and show do; page is what an HTML page has of the images.
func (a *app) printPlans(format string, plans []plan.Plan, page report.HTMLOptions) error {
	switch format {
	case "json":
		return report.JSON(a.stdout, plans, report.JSONOptions{Version: versionString(), Errors: a.wrong})
	case "markdown":
		return report.Markdown(a.stdout, plans, report.MarkdownOptions{Errors: a.wrong})
	case "html":
		page.Errors = a.wrong
		return report.HTML(a.stdout, plans, page)
	}
	return report.Text(a.stdout, plans, a.textOptions(a.stdout))
}

func (a *app) textOptions(w io.Writer) report.TextOptions {
	palette := report.ChoosePalette(a.Color, a.getenv, isTerminal(w))
	if palette.Colour() {
		allow(w, outlet.Colours)
	}
	return report.TextOptions{Palette: palette, Verbose: a.Verbose, Quiet: a.Quiet, Width: a.widthOf(w)}
}

// code is the exit code of a plan that was printed whole.
func (c planCmd) code(plans []plan.Plan) error {
	var problems []diag.Diagnostic
	for _, p := range plans {
		problems = append(problems, p.Problems()...)
	}
	n, code := plan.Count(plans...), codeOfBlocked(problems)
	switch {
	case c.FailOn == "drift" && n.Drift > 0:
		return exit(exitConflict)
	case code != exitOK:
		return exit(code)
	case c.DetailedExitcode && n.Changes():
		return exit(exitChanges)
	}
	return nil
}

// pathsOf are the local files that apply will read, for all that is to be uploaded.
func pathsOf(sessions []*session) []string {
	var paths []string
	for _, s := range sessions {
		paths = append(paths, s.project.Paths()...)
	}
	return paths
}

// checkOffline refuses what only a server can answer.
func (c planCmd) checkOffline() error {
	if c.Offline && c.Check == "frames" {
		return usageError{errors.New("--check frames asks the server, and --offline says not to")}
	}
	return nil
}

// checkOut refuses what cannot be saved, or what saving would destroy, before anything is read.
func (c planCmd) checkOut() error {
	switch {
	case c.Out == "":
		return nil
	case c.Offline:
		return usageError{errors.New("--out saves what the server has, too, and --offline says not to ask it")}
	}
	info, err := os.Stat(c.Out)
	switch {
	case err != nil: // there is none, or saving it will say why not
		return nil
	case !info.Mode().IsRegular():
		return usageError{fmt.Errorf("--out %s: it is not a file", c.Out)}
	case info.Size() > 0 && !planfile.IsFile(c.Out):
		return usageError{fmt.Errorf("--out %s: it is there and no saved plan, so it is not overwritten", c.Out)}
	}
	return nil
}

// save keeps the plan that was shown. It names whom and what the dataset is about, so it is for its owner alone.
func (c planCmd) save(a *app, sessions []*session) error {
	if c.Out == "" {
		return nil
	}
	f := planner.Save(projectsOf(sessions), versionString(), a.Server)
	if err := atomicfile.Write(c.Out, atomicfile.Options{Mode: 0o600}, func(w io.Writer) error { return planfile.Write(a.secrets.Refusing(w), f) }); err != nil {
		return fmt.Errorf("save the plan to %s: %w", c.Out, err)
	}
	if !a.Quiet {
		fmt.Fprintf(a.stderr, "cvatplan: saved the plan; carry it out with: cvatplan apply %s\n", wording.Safe(c.Out))
	}
	return nil
}

// unplanned says why there is no plan where a plan was asked for; stderr has it in any case.
func (c planCmd) unplanned(a *app, err error) error {
	wrong := mistakesOf(err)
	if len(wrong) == 0 {
		return err
	}
	a.wrong = wrong
	var printed error
	if c.Output != "text" && c.Output != "paths" {
		printed = a.printPlans(c.Output, nil, report.HTMLOptions{})
	}
	markdown := func(w io.Writer) error { return report.Markdown(w, nil, report.MarkdownOptions{Errors: wrong}) }
	return errors.Join(err, printed, c.summarize(a, markdown))
}

// pageOf gives the pictures of what is to be uploaded, so that a reviewer sees it before, and when the frames were taken.
func pageOf(ctx context.Context, sessions []*session, plans []plan.Plan) report.HTMLOptions {
	uploads := 0
	for _, p := range plans {
		for _, c := range p.Changes {
			if c.Upload {
				uploads++
			}
		}
	}
	size := report.SheetSize(uploads)
	taskOf := func(c plan.Change) (source.Task, bool) {
		for _, s := range sessions {
			if t, ok := s.project.Task(c); ok {
				return t, true
			}
		}
		return source.Task{}, false
	}
	return report.HTMLOptions{
		Thumbs: func(c plan.Change) []report.Thumb {
			if t, ok := taskOf(c); ok {
				return sheet(ctx, t, size)
			}
			return nil
		},
		Times: func(c plan.Change) report.Times {
			t, _ := taskOf(c)
			return report.Times(t.Times())
		},
	}
}

// sheet makes the thumbnails of one task; a frame that cannot be shown has none.
func sheet(ctx context.Context, t source.Task, size int) []report.Thumb {
	var sheet []report.Thumb
	for _, frame := range thumbnail.Pick(len(t.Frames()), size) {
		thumb := report.Thumb{Name: t.Frames()[frame]}
		if r, err := t.Open(ctx, frame); err == nil {
			thumb.Data, _ = thumbnail.JPEG(r) // no preview, if it cannot be decoded
			r.Close()
		}
		sheet = append(sheet, thumb)
	}
	return sheet
}
