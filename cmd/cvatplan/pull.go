package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/cvatplan/cvatplan/internal/pull"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

type pullCmd struct {
	Manifests []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
	To        string   `placeholder:"DIR" type:"path" help:"Write into this directory, in place of the manifest's pull: to."`
	Format    []string `placeholder:"FORMAT,…" help:"jsonl, coco, yolo, mcap, or any that the server lists, as \"CVAT for images 1.1\". Default jsonl."`
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
	return `Each frame is joined by its name to its bag, topic and time, as cvatplan frames lists them; tracks are given on every frame, as CVAT exports them. A task that did not change costs no request, and a file whose content did not change is left as it is, so that git shows what annotators did.`
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
	if err := c.checkAll(targeted); err != nil {
		return err
	}
	changed, failed := false, false
	for _, p := range pulls {
		result, err := p.Run(ctx)
		if err != nil {
			return err
		}
		c.print(a, p.Formats(), result)
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
	o, err := c.options(a, s, several)
	if err != nil {
		return nil, err
	}
	return pull.Begin(ctx, s.conn, pull.Project{Server: s.project.Server.Shown, Wanted: s.project.Wanted, Tasks: s.project.Tasks, Parts: s.project}, o)
}

// checkAll refuses a target of --all that fits no task.
func (c pullCmd) checkAll(tasks []string) error {
	for _, glob := range c.Target {
		if c.All && !slices.ContainsFunc(tasks, func(task string) bool { return plan.Glob(glob).Matches(task) }) {
			return targetError("no task of the manifests or of the project fits", glob)
		}
	}
	return nil
}

// options are the flags', and where they say nothing those of the manifests.
func (c pullCmd) options(a *app, s *session, several bool) (pull.Options, error) {
	written, err := pullOf(s.project.Manifests)
	if err != nil {
		return pull.Options{}, err
	}
	o := pull.Options{
		Dir: cmp.Or(c.To, written.To), Formats: c.Format, Merge: cmp.Or(c.Merge, written.Merge), Jobs: cmp.Or(c.Jobs, written.Jobs, "annotation"),
		Stage: cmp.Or(c.Stage, written.Stage), State: cmp.Or(c.State, written.State), All: c.All, Check: c.Check, Prune: c.Prune, Guard: a.guarded,
	}
	if len(o.Formats) == 0 {
		o.Formats = written.Formats
	}
	if len(o.Formats) == 0 {
		o.Formats = []string{"jsonl"}
	}
	if o.Dir == "" {
		return o, usageError{errors.New("no directory to write to: give --to DIR, or write pull: {to: DIR} in the manifest")}
	}
	if several { // their files must not meet
		o.Dir = filepath.Join(o.Dir, pull.FileName(cmp.Or(s.project.Wanted.Name, fmt.Sprint("project-", s.project.Wanted.ID))))
	}
	if len(c.Target) > 0 || c.Shard.Of > 0 {
		bags := sync.OnceValue(func() map[plan.Name]string { return bagsOf(s) }) // once it is known which parts there are
		o.Target = func(task string) bool { return c.targets(task, cmp.Or(bags()[plan.NameOf(task)], task)) }
	}
	if !a.Quiet {
		o.OnExport = func(task, format string, share float64) {
			fmt.Fprintf(a.stderr, "cvatplan: %s: the server writes %s: %.0f %%\n", wording.Safe(task), wording.Safe(format), 100*share)
		}
	}
	return o, nil
}

// bagsOf are the bags of the tasks, by name.
func bagsOf(s *session) map[plan.Name]string {
	bags := map[plan.Name]string{}
	for _, t := range s.project.Tasks {
		for _, task := range s.project.PartsOf(t) {
			bags[plan.NameOf(task)] = t.Bag
		}
	}
	return bags
}

// pullOf is what the manifests of a project write under pull:, which must not differ.
func pullOf(manifests []*manifest.Manifest) (manifest.Pull, error) {
	var found *manifest.Manifest
	for _, m := range manifests {
		if isZero(m.Pull) {
			continue
		}
		if found != nil && !equalPull(found.Pull, m.Pull) {
			return manifest.Pull{}, fmt.Errorf("%s and %s write different settings under pull: for one project", found.File, m.File)
		}
		found = m
	}
	if found == nil {
		return manifest.Pull{}, nil
	}
	return found.Pull, nil
}

func isZero(p manifest.Pull) bool { return equalPull(p, manifest.Pull{}) }

func equalPull(a, b manifest.Pull) bool {
	same := slices.Equal(a.Formats, b.Formats)
	a.Formats, b.Formats = nil, nil
	return same && a.To == b.To && a.Merge == b.Merge && a.Stage == b.Stage && a.State == b.State && a.Jobs == b.Jobs
}

// print tells what changed, file by file, and what was left out.
func (c pullCmd) print(a *app, formats []string, r pull.Result) {
	for _, w := range r.Warnings {
		a.warn(wording.Safe(w))
	}
	signs := map[pull.Change]string{pull.Created: "+", pull.Changed: "~", pull.Gone: "?", pull.Removed: "-", pull.Unchanged: " "}
	files := map[pull.Change]int{}
	var sum pull.Counts
	for _, f := range r.Files {
		files[f.Change]++
		if f.Format == formats[0] { // the others hold the same frames
			sum.Hidden, sum.Filtered, sum.Unplaced = sum.Hidden+f.Hidden, sum.Filtered+f.Filtered, sum.Unplaced+f.Unplaced
		}
		if a.Quiet || f.Change == pull.Unchanged && !a.Verbose {
			continue
		}
		fmt.Fprintf(a.stdout, "%s %s%s\n", signs[f.Change], wording.Safe(f.Path), inFile(f))
	}
	for _, f := range r.Failures {
		a.printError(fmt.Errorf("%s: %w", wording.Safe(f.Subject), f.Err))
	}
	if len(r.Missing) > 0 {
		a.warn(fmt.Sprintf("the server has no frames of %s of the manifests, such as %s", wording.Count(len(r.Missing), "task", "tasks"), wording.Safe(r.Missing[0])))
	}
	if r.Other > 0 {
		a.warn(fmt.Sprintf("%s of the project in no manifest left alone; --all pulls them too", wording.Count(r.Other, "task", "tasks")))
	}
	lost := r.Lost()
	for _, what := range slices.Sorted(maps.Keys(lost)) {
		a.warn(fmt.Sprintf("%s: %d left out", what, lost[what]))
	}
	fmt.Fprintln(a.stdout, summaryOf(c.Check, r, files, sum))
}

func inFile(f pull.File) string {
	switch {
	case f.Change == pull.Gone:
		return " (gone; --prune removes it)"
	case f.Frames == 0:
		return ""
	}
	return fmt.Sprintf(" (%s, %s, %s)", wording.Count(f.Frames, "frame", "frames"), wording.Count(f.Shapes, "shape", "shapes"), wording.Count(f.Tags, "tag", "tags"))
}

func summaryOf(check bool, r pull.Result, files map[pull.Change]int, sum pull.Counts) string {
	var parts []string
	for _, c := range []pull.Change{pull.Created, pull.Changed, pull.Unchanged, pull.Gone, pull.Removed} {
		if n := files[c]; n > 0 || c == pull.Changed {
			parts = append(parts, fmt.Sprintf("%d %s", n, c))
		}
	}
	word := "Pull"
	if check {
		word = "Check"
	}
	text := fmt.Sprintf("%s: %s of project %s; files: %s.", word, wording.Count(r.Tasks, "task", "tasks"), wording.Safe(r.Project), strings.Join(parts, ", "))
	if sum.Hidden > 0 {
		text += fmt.Sprintf(" %s left out.", wording.Count(sum.Hidden, "hidden frame", "hidden frames"))
	}
	if sum.Filtered > 0 {
		text += fmt.Sprintf(" %s of other jobs left out.", wording.Count(sum.Filtered, "frame", "frames"))
	}
	if sum.Unplaced > 0 {
		text += fmt.Sprintf(" %s in no bag.", wording.Count(sum.Unplaced, "frame", "frames"))
	}
	return text
}
