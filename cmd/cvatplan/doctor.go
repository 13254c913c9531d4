package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

type doctorCmd struct {
	Manifests []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
}

// Help is what the command's help ends its description with.
func (doctorCmd) Help() string {
	return `Examples:

    cvatplan doctor                                    # what cvatplan.yaml needs
    cvatplan doctor --server https://cvat.example.com  # needs no manifest`
}

// Run checks all that apply needs of the manifests' servers, and says what to do about each.
func (c doctorCmd) Run(a *app) error {
	ctx, cancel := a.context()
	defer cancel()
	manifests, err := c.load(a)
	if err != nil {
		return err
	}
	worst := exitOK
	for _, m := range manifests {
		code, err := a.examine(ctx, planner.ServerOf(m, a.Server), m.Project)
		if err != nil {
			return err
		}
		worst = max(worst, code) // 4 comes before 1
	}
	if worst != exitOK {
		return exit(worst)
	}
	return nil
}

// load reads the manifests. A server of the command line is examined without any, too: its address and its
// credentials are what a newcomer tries first.
func (c doctorCmd) load(a *app) ([]*manifest.Manifest, error) {
	if len(c.Manifests) == 0 && a.Server != "" {
		if _, err := os.Lstat(defaultManifest); errors.Is(err, fs.ErrNotExist) {
			return []*manifest.Manifest{{}}, nil
		}
	}
	return a.load(c.Manifests)
}

// examine returns the exit code of what failed.
func (a *app) examine(ctx context.Context, server planner.Server, project manifest.Project) (code int, err error) {
	conn, err := a.dial(server)
	if err != nil {
		return exitError, named(server, err)
	}
	defer conn.close()
	for _, f := range observe.Checkup(ctx, conn, observe.Want{Project: project}, time.Now()) {
		if err := a.printFinding(f); err != nil {
			return exitError, err
		}
		switch {
		case errors.Is(f.Err, cvat.ErrNotAuthorised):
			code = max(code, exitNotAllowed)
		case f.Outcome == observe.Failed:
			code = max(code, exitError)
		}
	}
	return code, ctx.Err()
}

func (a *app) printFinding(f observe.Finding) error {
	const indent = 8 + 1 + 13 + 1
	wrapped := func(s string) string { return report.Fitted(wording.Safe(s), indent, a.widthOf(a.stdout)) }
	text := fmt.Sprintf("%-8s %-13s %s\n", f.Outcome, f.Check, wrapped(f.Text))
	if f.Hint != (diag.Hint{}) {
		text += fmt.Sprintf("%-8s %-13s %s\n", "", "", wrapped("hint: "+advice.Words(f.Hint)))
	}
	if url := report.HelpURL(f.Code); url != "" {
		text += fmt.Sprintf("%-8s %-13s see %s\n", "", "", url)
	}
	_, err := io.WriteString(a.stdout, text)
	return err
}
