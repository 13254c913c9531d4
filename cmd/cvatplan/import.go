package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/adopt"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

type importCmd struct {
	Project      string `arg:"" name:"PROJECT" help:"The project's name or id."`
	Organization string `placeholder:"SLUG" help:"The organization that the project is in; without it the personal workspace."`
	Output       string `default:"cvatplan.yaml" placeholder:"FILE" variable:"CVATPLAN_IMPORT_OUTPUT" help:"The manifest to write; - prints it. Default: cvatplan.yaml."`
	Index        string `default:"index" placeholder:"DIR" type:"path" help:"Where the index of frames is written of tasks whose images are not found. Default: index."`
	Force        bool   `help:"Overwrite the manifest and the index."`
}

// Help is what the command's help ends its description with.
func (importCmd) Help() string {
	return `The manifest describes the project's labels and tasks as they are: a plan of it does nothing. Images are looked for below --root; tasks whose images are not there are planned by an index of their frames' names. It asks each task for its frames, and writes nothing to the server.

Examples:

    cvatplan import Orchard --server https://cvat.example.com --root ~/data
    cvatplan import 12 --server https://cvat.example.com   # no images at hand`
}

// Run writes the manifest, and the index that it needs.
func (c importCmd) Run(a *app) error {
	ctx, cancel := a.context()
	defer cancel()
	server := planner.ServerOf(&manifest.Manifest{Server: manifest.Server{Organization: c.Organization}}, a.Server)
	if err := c.file(c.Output).check(); err != nil {
		return err
	}
	conn, err := a.connect(ctx, server)
	if err != nil {
		return named(server, err)
	}
	defer conn.close()
	adopted, err := adopt.Project(ctx, conn, adopt.Options{
		Server: server.Shown, Organization: c.Organization, Project: projectNamed(c.Project),
		File: c.Output, Root: string(a.Root), Index: c.Index,
	})
	if err != nil {
		return err
	}
	if err := c.writeAll(a, adopted); err != nil {
		return err
	}
	for _, left := range adopted.LeftOut {
		a.warn("left out: " + left)
	}
	if !a.Quiet && !c.file(c.Output).printed() {
		fmt.Fprintf(a.stderr, "cvatplan: hint: read it, then: cvatplan plan%s\n", c.file(c.Output).argument())
	}
	return nil
}

// projectNamed takes a number for an id.
func projectNamed(text string) manifest.Project {
	if id, err := strconv.Atoi(text); err == nil && id > 0 {
		return manifest.Project{ID: id}
	}
	return manifest.Project{Name: text}
}

func (c importCmd) file(path string) newFile { return newFile{path, c.Force} }

// writeAll writes the index first: the manifest names it.
func (c importCmd) writeAll(a *app, adopted adopt.Adopted) error {
	if len(adopted.Index) > 0 {
		if err := errors.Join(c.file(adopted.IndexAt).check(), os.MkdirAll(filepath.Dir(adopted.IndexAt), 0o755)); err != nil {
			return err
		}
		if err := c.file(adopted.IndexAt).write(a, adopted.Index); err != nil {
			return err
		}
	}
	if err := c.file(c.Output).write(a, adopted.Manifest); err != nil {
		return err
	}
	if !a.Quiet && !c.file(c.Output).printed() {
		fmt.Fprintf(a.stderr, "cvatplan: wrote %s: %s, the images of %d of them found", wording.Safe(c.Output), wording.Count(adopted.Tasks, "task", "tasks"), adopted.Found)
		if len(adopted.Index) > 0 {
			fmt.Fprintf(a.stderr, "; the frames of the others are in %s", wording.Safe(adopted.IndexAt))
		}
		fmt.Fprintln(a.stderr)
	}
	return nil
}
