package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/status"
)

type statusCmd struct {
	Manifests  []string `arg:"" optional:"" name:"MANIFEST" help:"Manifests; default cvatplan.yaml."`
	By         string   `enum:"task,camera,bag,subset,assignee" default:"task" help:"Group the tasks by this: task, camera, bag, subset or assignee."`
	State      string   `enum:",new,in progress,completed,rejected" default:"" placeholder:"STATE" help:"Count only jobs in this state: new, in progress, completed or rejected."`
	Stage      string   `enum:",annotation,validation,acceptance" default:"" placeholder:"STAGE" help:"Count only jobs in this stage: annotation, validation or acceptance."`
	Incomplete bool     `help:"Only tasks that are missing or have a job that is not completed."`
	Unassigned bool     `help:"Count only jobs that nobody has."`
	Since      string   `placeholder:"FILE" help:"Show what has changed since an earlier status --output json."`
	Output     string   `enum:"table,json,csv,html,ids" default:"table" help:"table, json, csv, html, or ids: task ids, one a line, for cvat-cli."`
	targetFlag
}

// Help is what the command's help ends its description with.
func (statusCmd) Help() string {
	return `Examples:

    cvatplan status
    cvatplan status --by assignee
    cvatplan status --target 'jai_cam_*' --output csv`
}

// Run shows how far the annotation of the manifest's tasks is.
func (c statusCmd) Run(a *app) error {
	earlier, err := c.earlier()
	if err := errors.Join(c.checkTarget(), err); err != nil {
		return err
	}
	ctx, cancel := a.context()
	defer cancel()
	sessions, err := a.open(ctx, c.Manifests, c.targetFlag)
	if err != nil {
		return err
	}
	defer closeAll(sessions)
	var all []observe.Progress
	var projects []string
	for _, s := range sessions {
		progress, err := c.look(ctx, a, s)
		if err != nil {
			return err
		}
		all = append(all, progress...)
		projects = append(projects, cmp.Or(s.project.Wanted.Name, fmt.Sprintf("project %d", s.project.Wanted.ID)))
	}
	found := status.Of(all, status.Options{By: c.By, State: c.State, Stage: c.Stage, Incomplete: c.Incomplete, Unassigned: c.Unassigned})
	if earlier != nil {
		if err := found.CompareWith(*earlier); err != nil {
			return usageError{fmt.Errorf("--since %s: %w", c.Since, err)}
		}
	}
	return a.partly(c.print(a, found, strings.Join(projects, ", ")))
}

// earlier is the status of --since; nil where there is none.
func (c statusCmd) earlier() (*status.Status, error) {
	if c.Since == "" {
		return nil, nil
	}
	f, err := regular.OpenGiven(c.Since)
	if err != nil {
		return nil, fmt.Errorf("--since: %w", err)
	}
	defer f.Close()
	s, err := status.Read(f)
	if err != nil {
		return nil, fmt.Errorf("--since %s: %w", c.Since, err)
	}
	return &s, nil
}

func (c statusCmd) look(ctx context.Context, a *app, s *session) ([]observe.Progress, error) {
	return a.annotation(ctx, s, c.targets, c.needsJobs())
}

// needsJobs reports whether the task listing does not do: one more request per 400 jobs.
func (c statusCmd) needsJobs() bool {
	return c.Output != "ids" || c.By == "assignee" || c.State != "" || c.Stage != "" || c.Incomplete || c.Unassigned
}

// annotation asks how far the tasks are that targets is true of, by name and bag. Without their project all
// are missing, so that is said.
func (a *app) annotation(ctx context.Context, s *session, targets func(task, bag string) bool, jobs bool) ([]observe.Progress, error) {
	all, exists, err := s.project.Progress(ctx, s.conn, targets, jobs)
	if err == nil && !exists {
		a.warn(fmt.Sprintf("the server has no project %q", s.project.Wanted.Name))
		a.hint(diag.Hint{}, diag.CodeProject)
	}
	return all, err
}

func (c statusCmd) print(a *app, s status.Status, projects string) error {
	switch c.Output {
	case "json":
		return report.StatusJSON(a.stdout, s)
	case "csv":
		return report.StatusCSV(a.stdout, s)
	case "html":
		return report.StatusHTML(a.stdout, s, projects)
	case "ids":
		return report.StatusIDs(a.stdout, s)
	}
	return report.StatusTable(a.stdout, s, a.widthOf(a.stdout))
}
