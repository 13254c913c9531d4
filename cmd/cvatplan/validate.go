package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

type validateCmd struct {
	Manifests []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
	Files     bool     `help:"Look at the bags and the headers of their images too."`
	Strict    bool     `help:"With --files: damage of a recording is an error, not a warning."`
	Output    string   `enum:"text,github" default:"text" help:"text, or github for annotations on a pull request."`
}

// Help is what the command's help ends its description with.
func (validateCmd) Help() string {
	return `Examples:

    cvatplan validate                  # the manifest alone
    cvatplan validate --files          # and the headers of all its images
    cvatplan validate --output github  # as annotations on a pull request`
}

// Run checks manifests, and with --files the bags, without a server; all of them, whatever is wrong with one.
func (c validateCmd) Run(a *app) error {
	ctx, cancel := a.context()
	defer cancel()
	manifests, err := a.load(c.Manifests)
	var mistakes *manifest.Error
	if c.Output == "github" && errors.As(err, &mistakes) {
		return errors.Join(report.GitHub(a.stdout, mistakes.Problems), exit(exitError))
	}
	if err != nil {
		return err
	}
	var failed error
	for _, m := range manifests {
		if err := c.check(ctx, a, m); err != nil {
			failed = err
		}
	}
	return failed
}

func (c validateCmd) check(ctx context.Context, a *app, m *manifest.Manifest) error {
	if !c.Files {
		_, err := fmt.Fprintf(a.stdout, "%s: valid\n", m.File)
		return err
	}
	tasks, problems := planner.CheckImages(ctx, m, planner.ScanOptions{Root: string(a.Root), Strict: c.Strict, ReadWhole: a.ReadWhole, Memory: a.budget()})
	if err := c.report(a, problems); err != nil {
		return err
	}
	if len(diag.Errors(problems)) > 0 {
		return exit(exitError)
	}
	_, err := fmt.Fprintf(a.stdout, "%s: valid, %s\n", m.File, countTasks(tasks))
	return err
}

// report prints problems; for GitHub, errors are annotations in place of lines.
func (c validateCmd) report(a *app, problems []diag.Diagnostic) error {
	if c.Output != "github" {
		a.printProblems(problems)
		return nil
	}
	err := report.GitHub(a.stdout, diag.Errors(problems))
	a.printProblems(slices.DeleteFunc(slices.Clone(problems), func(p diag.Diagnostic) bool { return p.Severity == diag.Error }))
	return err
}

// countTasks says how many tasks and frames the manifest asks for. Choosing frames by what they show would decode all of
// them, so the candidates are counted where no index keeps the choice.
func countTasks(tasks []source.Task) string {
	frames, candidates := 0, 0
	for _, t := range tasks {
		frames += len(t.Frames())
		if t.Undecided() {
			candidates += len(t.Frames())
		}
	}
	count := wording.Count(len(tasks), "task", "tasks") + ", "
	if candidates == 0 {
		return count + wording.Count(frames, "frame", "frames")
	}
	return count + fmt.Sprintf("at most %s: sharpest_of: and distinct: choose from %s", wording.Count(frames, "frame", "frames"), wording.Count(candidates, "image", "images"))
}
