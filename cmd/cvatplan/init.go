package main

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/survey"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

type initCmd struct {
	Paths  []string `arg:"" name:"PATH" help:"Directories of images, recordings, video files, or directories that hold them."`
	Output string   `default:"cvatplan.yaml" placeholder:"FILE" variable:"CVATPLAN_INIT_OUTPUT" help:"The manifest to write; - prints it. Default: cvatplan.yaml."`
	Force  bool     `help:"Overwrite the manifest."`
}

// Help is what the command's help ends its description with.
func (initCmd) Help() string {
	return `Examples:

    cvatplan init ~/data/2026-03-*/
    cvatplan init --output - drive.bag              # print it only`
}

// Run writes a first manifest, which plans as it is.
func (c initCmd) Run(a *app) error {
	ctx, cancel := a.context()
	defer cancel()
	file := c.Output
	if c.file().printed() {
		file = defaultManifest
	}
	if err := c.file().check(); err != nil {
		return err
	}
	if err := a.checkServer(); err != nil {
		return err
	}
	drafted, err := survey.Draft(ctx, file, a.Server, c.Paths...)
	if few := store.RanOut(); few != nil {
		err = few // a manifest of what could be opened would look whole
	}
	if err != nil {
		a.printProblems(drafted.Problems)
		return err
	}
	if c.file().printed() {
		a.printProblems(drafted.Problems)
		return c.file().write(a, drafted.Text)
	}
	if err := c.file().write(a, drafted.Text); err != nil {
		return err
	}
	a.printProblems(drafted.Problems)
	if !a.Quiet {
		fmt.Fprintln(a.stderr, "cvatplan: note: the manifest names no labels, and nothing can be annotated in a project without them")
		fmt.Fprintf(a.stderr, "cvatplan: wrote %s: %s, %s, %s, %s\n", c.Output,
			wording.Count(drafted.Bags, "bag", "bags"), wording.Count(drafted.Cameras, "camera", "cameras"), wording.Count(drafted.Tasks, "task", "tasks"), drafted.Counted)
		fmt.Fprintf(a.stderr, "cvatplan: hint: read it, put in your server and labels, then: cvatplan plan%s\n", c.file().argument())
	}
	return nil
}

// checkServer says what is wrong with --server before it is written into a manifest.
func (a *app) checkServer() error {
	server := planner.ServerOf(&manifest.Manifest{}, a.Server)
	if server.URL == "" {
		return nil
	}
	_, err := cvat.New(a.clientOptions(server))
	if err != nil {
		return named(server, err)
	}
	return nil
}

func (c initCmd) file() newFile { return newFile{c.Output, c.Force} }
