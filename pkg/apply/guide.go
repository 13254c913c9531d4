package apply

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const guideTries = 5

// setGuide makes the project's guide what the manifest says. It looks right before each try, and after: a project has
// one guide, another run may make it at the same time, and each text deletes the assets that it does not mention. A
// guide that is another one than when the plan was made was written by somebody meanwhile: it is kept.
func (r *run) setGuide(ctx context.Context, project int, change *plan.GuideChange) error {
	want := r.plan.Options.Project.Guide
	if change == nil || want == nil {
		return nil
	}
	wrote := false
	for try := 1; ; try++ {
		have, intact, err := r.lookAtGuide(ctx, project, want)
		if err == nil && wrote && !intact { // two runs that write by turns would undo each other's work
			err = r.pause(ctx, rand.N(time.Duration(try)*time.Second))
			if err == nil {
				have, intact, err = r.lookAtGuide(ctx, project, want)
			}
		}
		switch {
		case err != nil:
			return err
		case intact:
			if wrote {
				r.changed([]string{"guide set"})
			}
			return nil
		case have.foreign(change) && !wrote:
			r.warn(fmt.Sprintf("the guide of project %q is another one than when it was planned: left alone", r.plan.Project.Name))
			return nil
		case try > guideTries:
			return errUnsettled
		}
		err = r.writeGuide(ctx, project, have, want)
		wrote = true
		if err == nil {
			continue
		}
		// Another run may have made the guide, or removed the project, meanwhile: the next look tells.
		passing := errors.As(err, new(*cvat.APIError)) && !errors.Is(err, cvat.ErrNotAuthorised) && try < guideTries/2
		if !passing && !errors.Is(err, cvat.ErrUnknownOutcome) {
			return err
		}
		if err := r.pause(ctx, time.Duration(try)*time.Second); err != nil {
			return err
		}
	}
}

func (r *run) warn(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Project.Warnings = append(r.result.Project.Warnings, text)
}

// A guideSeen is the guide that a project has; its id is 0 if it has none.
type guideSeen struct {
	id     int
	text   string
	assets map[string]string // UUIDs, by the sums of the files that they were made of
}

// foreign reports whether the guide is neither what the plan was made with nor one that a run of ours has begun,
// which is empty.
func (g guideSeen) foreign(change *plan.GuideChange) bool {
	switch {
	case g.id == 0 || g.text == change.After:
		return false
	case change.Before == nil:
		return g.text != ""
	}
	return g.text != *change.Before
}

// lookAtGuide also reports whether the guide is the wanted one, with all its images.
func (r *run) lookAtGuide(ctx context.Context, project int, want *manifest.Guide) (seen guideSeen, intact bool, err error) {
	p, err := r.server.Project(ctx, project)
	if err != nil || p.GuideID == nil {
		return seen, false, err
	}
	g, err := r.server.Guide(ctx, *p.GuideID)
	if errors.Is(err, cvat.ErrNotFound) {
		return seen, false, nil
	}
	if err != nil {
		return seen, false, err
	}
	seen.id = g.ID
	seen.text, seen.assets = manifest.GuideText(g.Markdown)
	if seen.text != want.Text {
		return seen, false, nil
	}
	for _, image := range want.Images {
		err := r.server.CheckAsset(ctx, seen.assets[image.Sum])
		if errors.Is(err, cvat.ErrNotFound) {
			return seen, false, nil
		}
		if err != nil {
			return seen, false, err
		}
	}
	return seen, true, nil
}

// writeGuide makes the guide if there is none, uploads the images that it does not have, and sends the text.
func (r *run) writeGuide(ctx context.Context, project int, have guideSeen, want *manifest.Guide) error {
	if have.id == 0 {
		made, err := r.server.CreateGuide(ctx, project, "")
		if err != nil {
			return err
		}
		have.id = made.ID
	}
	assets := make(map[string]string, len(want.Images))
	for _, image := range want.Images {
		if uuid := have.assets[image.Sum]; uuid != "" && r.server.CheckAsset(ctx, uuid) == nil {
			assets[image.Sum] = uuid
			continue
		}
		data, err := want.Open(image)
		if err != nil {
			return fmt.Errorf("guide: %w", err)
		}
		if assets[image.Sum], err = r.server.AddAsset(ctx, have.id, image.Name(), image.Type, data); err != nil {
			return fmt.Errorf("guide: %s: %w", image.Path, err)
		}
	}
	return r.server.SetGuide(ctx, have.id, want.Markdown(assets))
}
