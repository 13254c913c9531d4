package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/cvatplan/cvatplan/internal/pull"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

type pullCmd struct {
	Manifests []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
	To        string   `placeholder:"DIR" type:"path" help:"Write into this directory, in place of the manifest's pull: to."`
	Format    []string `placeholder:"FORMAT" help:"jsonl, coco, yolo, mcap, or any that the server lists, as \"CVAT for images 1.1\". Default jsonl."`
	Merge     string   `enum:",project,subset,bag" default:"" placeholder:"BY" help:"One file per project, subset or bag, in place of one per task."`
	Jobs      string   `enum:",annotation,ground_truth" default:"" placeholder:"KIND" help:"Whose annotations: annotation (default) or ground_truth."`
	Stage     string   `enum:",annotation,validation,acceptance" default:"" placeholder:"STAGE" help:"Only frames of jobs in this stage: annotation, validation or acceptance."`
	State     string   `enum:",new,in progress,completed,rejected" default:"" placeholder:"STATE" help:"Only frames of jobs in this state: new, in progress, completed or rejected."`
	All       bool     `help:"Also the project's tasks that no manifest asks for; they are joined to no bag."`
	Check     bool     `help:"Write nothing; exit with 2 where a file differs from what the server has."`
	Prune     bool     `help:"Remove the files of tasks that are gone."`
	targetFlag
}

func (pullCmd) Help() string {
	return `Each frame is joined by its name to its bag, topic and time, as cvatplan frames lists them; tracks are given on every frame, as CVAT exports them. A task that did not change costs no request, and a file whose content did not change is left as it is, so that git shows what annotators did.

Examples:

    cvatplan pull --to labels                            # JSON Lines
    cvatplan pull --to labels --format coco,yolo --merge subset
    cvatplan pull --to labels --check                    # exit 2 on new work`
}

// Run writes the annotations of the manifests' tasks.
func (c pullCmd) Run(a *app) error {
	if err := c.checkTarget(); err != nil {
		return err
	}
	ctx, cancel := a.context()
	defer cancel()
	named := c.targetFlag
	if c.All {
		named.Target = nil // it may be a task that no manifest asks for
	}
	sessions, err := a.open(ctx, c.Manifests, named)
	if err != nil {
		return err
	}
	defer closeAll(sessions)
	var pulls []*pull.Pull
	var targeted []string
	for _, s := range sessions {
		p, err := c.begin(ctx, a, s, len(sessions) > 1)
		if err != nil {
			return err
		}
		pulls, targeted = append(pulls, p), append(targeted, p.Targeted()...)
	}
	if err := c.checkAll(targeted, sessions); err != nil {
		return err
	}
	changed, failed := false, false
	for _, p := range pulls {
		result, err := p.Run(ctx)
		if err != nil {
			return err
		}
		if err := c.print(a, result); err != nil {
			return err
		}
		changed, failed = changed || result.Changed(), failed || len(result.Failures) > 0
	}
	switch {
	case failed:
		return a.partly(exit(exitTaskFailed))
	case c.Check && changed:
		return a.partly(exit(exitChanges))
	}
	return a.partly(nil)
}

func (c pullCmd) begin(ctx context.Context, a *app, s *session, several bool) (*pull.Pull, error) {
	project := pull.Project{Server: s.project.Server.Shown, Wanted: s.project.Wanted, Tasks: s.project.Tasks, Parts: s.project}
	written, err := pull.SettingsOf(s.project.Manifests)
	if err != nil {
		return nil, err
	}
	o := c.options(a).Else(written)
	if o.Dir == "" {
		return nil, usageError{errors.New("no directory to write to: give --to DIR, or write pull: {to: DIR} in the manifest")}
	}
	if several {
		o.Dir = project.Within(o.Dir)
	}
	return pull.Begin(ctx, s.conn, project, o)
}

// checkAll refuses a target of --all that fits no task.
func (c pullCmd) checkAll(tasks []string, sessions []*session) error {
	for _, glob := range c.Target {
		if c.All && !slices.ContainsFunc(tasks, func(task string) bool { return plan.Glob(glob).Matches(task) }) {
			return targetError("no task of the manifests or of the project fits", glob, sessions)
		}
	}
	return nil
}

// options are what the flags say.
func (c pullCmd) options(a *app) pull.Options {
	o := pull.Options{
		Dir: c.To, Formats: c.Format, Merge: c.Merge, Jobs: c.Jobs, Stage: c.Stage, State: c.State,
		All: c.All, Check: c.Check, Prune: c.Prune, Guard: a.guarded,
	}
	if len(c.Target) > 0 || c.Shard.Of > 0 {
		o.Target = c.targets
	}
	if !a.Quiet {
		o.OnExport = exportProgress(a.stderr)
	}
	return o
}

// exportProgress says how far the server is with an export, where that has changed.
func exportProgress(w io.Writer) func(task, format string, share float64) {
	var mu sync.Mutex
	said := map[string]bool{}
	return func(task, format string, share float64) {
		line := fmt.Sprintf("cvatplan: %s: the server writes %s: %.0f %%\n", wording.Safe(task), wording.Safe(format), 100*share)
		mu.Lock()
		defer mu.Unlock()
		if !said[line] {
			said[line] = true
			fmt.Fprint(w, line)
		}
	}
}

// print says what changed, file by file, and what was left out.
func (c pullCmd) print(a *app, r pull.Result) error {
	if !a.Quiet {
		if err := report.PullFiles(a.stdout, r, a.Verbose, a.widthOf(a.stdout)); err != nil {
			return err
		}
	}
	for _, f := range r.Failures {
		a.printError(fmt.Errorf("%s: %w", wording.Safe(f.Subject), f.Err))
	}
	for _, w := range report.PullWarnings(r) {
		a.warn(w)
	}
	_, err := fmt.Fprintln(a.stdout, report.PullSummary(r, c.Check))
	return err
}
