package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

type framesCmd struct {
	Manifests []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
	Output    string   `enum:"jsonl,csv" default:"jsonl" help:"jsonl (JSON Lines) or csv."`
	Out       string   `placeholder:"FILE" type:"path" help:"Write to this file, whole or not at all, in place of standard output."`
	targetFlag
	IDs    bool `name:"ids" help:"Ask the server for task ids, frame numbers and job ids too; without it no server is asked."`
	Renew  bool `help:"Write the index: files that the manifests name, in place of printing."`
	Strict bool `help:"Damage of a recording is an error, not a warning."`
}

func (framesCmd) Help() string {
	return `One record per frame joins its task, name and number to where it comes from: bag, topic, message and times of a recording; path, and the time that the name carries, of an image; size and SHA-256 of both. Annotations find the way back to the recording by it. Committed and named as a bag's index:, the output replaces the bag where that is missing.

Examples:

    cvatplan frames --out frames.jsonl
    cvatplan frames --ids --target jai_cam_2026-03-04 --output csv
    cvatplan frames --renew         # write the index: files of the manifests`
}

// Run lists the frames of the manifests' tasks.
func (c framesCmd) Run(a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	ctx, cancel := a.context()
	defer cancel()
	sessions, err := c.open(ctx, a)
	if err != nil {
		return err
	}
	defer closeAll(sessions)
	if c.Renew {
		return a.partly(c.renew(ctx, a, sessions))
	}
	if c.Out != "" {
		return atomicfile.Write(c.Out, atomicfile.Options{}, a.guarded(func(w io.Writer) error { return c.write(ctx, a, w, sessions) }))
	}
	return c.write(ctx, a, a.stdout, sessions)
}

func (c framesCmd) check() error {
	if err := c.checkTarget(); err != nil {
		return err
	}
	if c.Renew && (c.Out != "" || c.IDs || len(c.Target) > 0 || c.Output != "jsonl") {
		return usageError{errors.New("--renew writes whole index files, and goes with no other flag of frames but --strict")}
	}
	return nil
}

// open reads the bags; only --ids connects to a server.
func (c framesCmd) open(ctx context.Context, a *app) ([]*session, error) {
	a.strict, a.renewing = c.Strict, c.Renew
	if c.IDs {
		return a.open(ctx, c.Manifests, c.targetFlag)
	}
	return a.openOffline(ctx, c.Manifests, c.targetFlag)
}

// A notListedError says that the frames of some tasks are missing; why was said before.
type notListedError struct{ problems []diag.Diagnostic }

func (notListedError) Error() string { return "some tasks could not be listed" }

func (c framesCmd) write(ctx context.Context, a *app, w io.Writer, sessions []*session) error {
	out := index.NewJSONL(w)
	if c.Output == "csv" {
		out = index.NewCSV(w)
	}
	wrong := a.wrong
	for _, s := range sessions {
		ids, err := c.taskIDs(ctx, a, s)
		if err != nil {
			return err
		}
		for _, t := range s.project.Tasks {
			if !planner.Selected(t, c.Target, c.Shard.Shard) {
				continue
			}
			problems, err := c.list(ctx, a, s, t, ids, out)
			if err != nil {
				return err
			}
			wrong = slices.Concat(wrong, problems)
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if len(wrong) > 0 {
		return notListedError{wrong}
	}
	return nil
}

// list writes one task's records. What it says of the task's frames is printed; the errors among it are given back.
func (c framesCmd) list(ctx context.Context, a *app, s *session, t source.Task, ids map[plan.Name]int, out index.Writer) ([]diag.Diagnostic, error) {
	var server observe.Reader
	var holders []planner.Holder
	if len(ids) > 0 {
		server, holders = s.conn, s.project.Holders(t, ids)
	}
	problems, err := planner.Records(ctx, t, server, holders, out.Write)
	a.printProblems(problems)
	return slices.DeleteFunc(problems, func(p diag.Diagnostic) bool { return p.Severity < diag.Error }), err
}

// taskIDs are the ids of imported tasks, by name, where they are asked for.
func (c framesCmd) taskIDs(ctx context.Context, a *app, s *session) (map[plan.Name]int, error) {
	if !c.IDs {
		return nil, nil
	}
	have, err := a.annotation(ctx, s, func(string, string) bool { return true }, false)
	if err != nil {
		return nil, err
	}
	ids := make(map[plan.Name]int, len(have))
	for _, p := range have {
		if p.Frames > 0 {
			ids[plan.NameOf(p.Task)] = p.ID
		}
	}
	return ids, nil
}

// renew writes each index that the manifests name. One whose tasks cannot all be listed stays as it is.
func (c framesCmd) renew(ctx context.Context, a *app, sessions []*session) error {
	byFile := planner.IndexFiles(projectsOf(sessions))
	if len(byFile) == 0 {
		return withHint(withCode(diag.CodeNoIndex, errors.New("no bag of the manifests names an index")), diag.Do(diag.HintNameIndex))
	}
	code := exitOK
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		err := c.renewOne(ctx, a, file, byFile[file])
		if notListed := (notListedError{}); errors.As(err, &notListed) {
			a.printError(fmt.Errorf("%s stays as it is: %w", file, err))
			if one := exitCode(err); code != exitError { // which running again does not mend
				code = one
			}
		} else if err != nil {
			return err
		}
	}
	if code != exitOK {
		return exit(code)
	}
	return nil
}

func (c framesCmd) renewOne(ctx context.Context, a *app, file string, tasks []source.Task) error {
	n := 0
	err := atomicfile.Write(file, atomicfile.Options{}, a.guarded(func(w io.Writer) error {
		out := counting{index.NewJSONL(w), &n}
		for _, t := range tasks {
			wrong, err := c.list(ctx, a, nil, t, nil, out)
			if err != nil {
				return err
			}
			if len(wrong) > 0 {
				return notListedError{wrong}
			}
		}
		return out.Flush()
	}))
	if err == nil && !a.Quiet {
		fmt.Fprintf(a.stderr, "cvatplan: wrote %s: %s of %s\n", file, wording.Count(n, "frame", "frames"), wording.Count(len(tasks), "task", "tasks"))
	}
	return err
}

// counting counts the records written.
type counting struct {
	to index.Writer
	n  *int
}

func (c counting) Write(r index.Record) error { *c.n++; return c.to.Write(r) }

func (c counting) Flush() error { return c.to.Flush() }
