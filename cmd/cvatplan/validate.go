package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/report"
	"github.com/cvatplan/cvatplan/pkg/source"
)

type validateCmd struct {
	Manifests []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
	Files     bool     `help:"Look at the bags and the headers of their images too."`
	Strict    bool     `help:"With --files: damage of a recording is an error, not a warning."`
	Output    string   `enum:"text,github" default:"text" help:"text, or github for annotations on a pull request."`
}

// Run checks manifests, and with --files the bags, without a server.
func (c validateCmd) Run(a *app) error {
	ctx, cancel := a.context()
	defer cancel()
	manifests, err := a.load(c.Manifests)
	var mistakes *manifest.Error
	if c.Output == "github" && errors.As(err, &mistakes) {
		return c.annotate(a, mistakes.Problems)
	}
	if err != nil {
		return err
	}
	for _, m := range manifests {
		if err := c.check(ctx, a, m); err != nil {
			return err
		}
	}
	return nil
}

func (c validateCmd) annotate(a *app, problems []manifest.Problem) error {
	if err := report.GitHub(a.stdout, problems); err != nil {
		return err
	}
	return exit(exitError)
}

func (c validateCmd) check(ctx context.Context, a *app, m *manifest.Manifest) error {
	if !c.Files {
		_, err := fmt.Fprintf(a.stdout, "%s: valid\n", m.File)
		return err
	}
	tasks, problems := source.Scan(ctx, m, source.Options{Root: a.Root, Strict: c.Strict})
	for i, t := range tasks {
		checked, found := source.CheckHeaders(ctx, t)
		problems = append(append(problems, t.Problems...), found...)
		tasks[i] = checked
	}
	if worst := a.printProblems(problems); worst >= source.Error {
		return exit(exitError)
	}
	_, err := fmt.Fprintf(a.stdout, "%s: valid, %s\n", m.File, countTasks(tasks))
	return err
}

func countTasks(tasks []source.Task) string {
	frames := 0
	for _, t := range tasks {
		frames += len(t.Frames())
	}
	return fmt.Sprintf("%d tasks, %d frames", len(tasks), frames)
}
