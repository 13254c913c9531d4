package planner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A StaleError says in what a saved plan is no longer true. Nothing was written.
type StaleError struct {
	Kind  Staleness
	Since []string // what changed, a line each; none for BagsChanged
}

// A Staleness is the kind of what makes a saved plan stale.
type Staleness int

// What a saved plan may be out of date in.
const (
	Changed      Staleness = iota // manifests, images or the server's tasks
	BagsChanged                   // the bags are not as the manifests say, or lie elsewhere
	ImagesAbsent                  // all that differs is that images are not here
)

// Error is one line; Since has the details.
func (e *StaleError) Error() string {
	switch e.Kind {
	case BagsChanged:
		return "the saved plan is out of date: the bags are no longer as its manifests say"
	case ImagesAbsent:
		return fmt.Sprintf("images of the saved plan are not here: %d tasks", len(e.Since))
	}
	return fmt.Sprintf("the saved plan is out of date in %d places", len(e.Since))
}

// Code is [diag.CodeOutOfDate], or [diag.CodeMissingBag] where only images are missing.
func (e *StaleError) Code() diag.Code {
	if e.Kind == ImagesAbsent {
		return diag.CodeMissingBag
	}
	return diag.CodeOutOfDate
}

// Hint says how to have a plan that can be carried out.
func (e *StaleError) Hint() diag.Hint {
	if e.Kind == ImagesAbsent {
		return diag.Do(diag.HintBringBagThenApply)
	}
	return diag.Do(diag.HintSaveAfterLook)
}

// Saved is all that the project's plan was made of. The plan must have been made with [Contents].
func (p *Project) Saved() planfile.Project {
	return planfile.Project{Want: p.Desired, Images: p.sums, Have: p.Actual, Options: p.Plan.Options}
}

// Save is the file of the projects' plans. Version is the program's; server is what [ScanOptions.Server] was.
func Save(projects []*Project, version, server string) planfile.File {
	f := planfile.File{Version: version, Server: server}
	for _, p := range projects {
		for _, m := range p.Manifests {
			f.Manifests = append(f.Manifests, planfile.Manifest{Path: filepath.ToSlash(m.File), Hash: m.Hash()})
		}
		f.Projects = append(f.Projects, p.Saved())
	}
	return f
}

// Reopen lists the bags of a saved plan's manifests, which load reads, and which must say what they said then; no server is
// asked. The projects are in the order of the file's. What is no longer so is a [*StaleError]; the
// problems are reported in any case.
func Reopen(ctx context.Context, saved planfile.File, load func(file string) (*manifest.Manifest, error), o ScanOptions) (Scanned, error) {
	manifests, err := unchangedManifests(saved, load)
	if err != nil {
		return Scanned{}, err
	}
	o.IndexOnly = slices.ContainsFunc(saved.Projects, func(p planfile.Project) bool { return p.Options.IndexOnly })
	scanned, err := Scan(ctx, manifests, o)
	fewer := len(scanned.Projects) < len(saved.Projects)
	switch {
	case err != nil:
		return scanned, err
	case fewer && len(scanned.Mistakes()) > 0:
		return scanned, &StaleError{Kind: BagsChanged}
	case len(scanned.Projects) != len(saved.Projects):
		return scanned, fmt.Errorf("it is about %d projects, and its manifests about %d", len(saved.Projects), len(scanned.Projects))
	}
	return scanned, nil
}

// unchangedManifests loads the manifests that a plan was made of, if they still say the same.
func unchangedManifests(saved planfile.File, load func(file string) (*manifest.Manifest, error)) ([]*manifest.Manifest, error) {
	var all []*manifest.Manifest
	var since []string
	for _, was := range saved.Manifests {
		m, err := load(filepath.FromSlash(was.Path))
		var mistakes *manifest.Error
		switch {
		case errors.Is(err, fs.ErrNotExist):
			since = append(since, fmt.Sprintf("manifest %s is not there", was.Path))
		case errors.As(err, &mistakes):
			since = append(since, fmt.Sprintf("manifest %s changed, and is wrong: %s", was.Path, mistakes.Problems[0].Text))
		case err != nil:
			return nil, err
		case m.Hash() != was.Hash:
			since = append(since, fmt.Sprintf("manifest %s changed", was.Path))
		default:
			all = append(all, m)
		}
	}
	if len(since) > 0 {
		return nil, &StaleError{Since: since}
	}
	return all, nil
}

// DecideAgain plans as the saved plan was made, so that [Due] can compare the two, and makes
// [Project.Images] give nothing but what the saved plan says. A finished task counts as the saved
// plan's work only if it holds its frames, so those that came to be since are asked for their names.
func (p *Project) DecideAgain(ctx context.Context, server Reader, saved planfile.Project) error {
	again := p.newPass(server, Options{Read: Contents, Upload: true})
	again.by = saved.Options
	again.by.Project = p.Wanted
	p.pinned = true
	if err := again.decide(ctx); err != nil {
		return err
	}
	if err := observe.AddFrames(ctx, server, p.Actual.Tasks, saved.Unsure(p.Plan), p.Desired); err != nil {
		return err
	}
	again.by.Skip = saved.Options.Skip // what was settled when the plan was approved is not put off now
	return again.compare(ctx)
}

// Due is what is left of the saved plans of projects that were decided again, in their order. The error
// is a [*StaleError] where anything else than carrying them out has changed what they are about.
func Due(projects []*Project, saved planfile.File) ([]plan.Plan, error) {
	var since []string
	absent := 0
	plans := make([]plan.Plan, len(projects))
	for i, p := range projects {
		since = append(since, saved.Projects[i].Since(p.Saved())...)
		plans[i] = saved.Projects[i].Due(p.Plan)
		absent += countAbsent(plans[i])
	}
	switch {
	case len(since) == 0:
		return plans, nil
	case absent == len(since):
		return nil, &StaleError{Kind: ImagesAbsent, Since: since}
	}
	return nil, &StaleError{Since: since}
}

// countAbsent counts the tasks whose images are not here.
func countAbsent(p plan.Plan) int {
	n := 0
	for _, c := range p.Changes {
		if c.Reason.Code == diag.CodeMissingBag {
			n++
		}
	}
	return n
}
