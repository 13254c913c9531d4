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
	"github.com/cvatplan/cvatplan/internal/source"
)

// renew writes each listing that the manifests name. One whose tasks cannot all be listed stays as it is.
func (c framesCmd) renew(ctx context.Context, a *app, sessions []*session) error {
	byFile := map[string][]source.Task{}
	for _, s := range sessions {
		for _, t := range s.project.Tasks {
			if t.Index != "" {
				byFile[t.Index] = append(byFile[t.Index], t)
			}
		}
	}
	if len(byFile) == 0 {
		return withHint(withCode(diag.CodeNoIndex, errors.New("no bag of the manifests names an index")), diag.Do(diag.HintNameIndex))
	}
	failed := false
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		err := c.renewOne(ctx, a, file, byFile[file])
		if errors.Is(err, errNotListed) {
			a.printError(fmt.Errorf("%s stays as it is: %w", file, err))
			failed = true
		} else if err != nil {
			return err
		}
	}
	if failed {
		return exit(exitError)
	}
	return nil
}

func (c framesCmd) renewOne(ctx context.Context, a *app, file string, tasks []source.Task) error {
	n := 0
	err := atomicfile.Write(file, atomicfile.Options{}, func(w io.Writer) error {
		out := counting{index.NewJSONL(w), &n}
		for _, t := range tasks {
			ok, err := c.list(ctx, a, nil, t, 0, out)
			if err != nil {
				return err
			}
			if !ok {
				return errNotListed
			}
		}
		return out.Flush()
	})
	if err == nil && !a.Quiet {
		fmt.Fprintf(a.stderr, "cvatplan: wrote %s: %s of %s\n", file, counted(n, "frame"), counted(len(tasks), "task"))
	}
	return err
}

// counting counts the records written.
type counting struct {
	index.Writer
	n *int
}

func (c counting) Write(r index.Record) error { *c.n++; return c.Writer.Write(r) }
