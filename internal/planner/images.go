package planner

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Images measures the frames of one task, right before it is created: one reading pass. It is meant for
// [apply.Options]. Where the plan is a saved one, images that are not what it says are a problem of
// code [diag.CodeOutOfDate].
func (p *Project) Images(ctx context.Context, c plan.Change) (apply.Images, error) {
	i, ok := p.first[plan.NameOf(c.Task)]
	if !ok {
		return apply.Images{}, fmt.Errorf("task %s: no manifest asks for it", c.Task)
	}
	images, err := p.measured(ctx, i, c)
	if err == nil && p.pinned && images.Archive != nil && images.Archive.Hash() != p.Desired[i].Hash {
		images.Problems = append(images.Problems, diag.Diagnostic{
			Severity: diag.Error, Code: diag.CodeOutOfDate, Text: "its images changed since the plan was saved",
			Hint: diag.Do(diag.HintSaveAfterLook),
		})
	}
	return images, err
}

func (p *Project) measured(ctx context.Context, i int, c plan.Change) (apply.Images, error) {
	t, before := p.Tasks[i].Exact(ctx)
	if len(diag.Errors(before)) > 0 {
		return apply.Images{Problems: before}, ctx.Err()
	}
	if t.Kind == manifest.KindVideo {
		return p.measuredVideo(ctx, t, before)
	}
	frames, problems := source.Measure(ctx, t)
	problems = append(before, problems...)
	if err := cmp.Or(ctx.Err(), passing(problems)); err != nil {
		return apply.Images{}, errors.Join(err, t.Close())
	}
	problems = append(problems, p.checkPlaces(ctx, c, frames)...)
	zip := pack(frames)
	zip.CloseToo(t) // what its frames were spooled in
	return apply.Images{Archive: zip, Frames: names(frames), Related: related(frames), Problems: problems}, nil
}

// measuredVideo reads the file of a task that is a video.
func (p *Project) measuredVideo(ctx context.Context, t source.Task, problems []diag.Diagnostic) (apply.Images, error) {
	sums, found := source.MeasureVideo(ctx, t)
	problems = append(problems, found...)
	if err := cmp.Or(ctx.Err(), passing(problems)); err != nil {
		return apply.Images{}, err
	}
	if len(diag.Errors(problems)) > 0 {
		return apply.Images{Problems: problems}, nil
	}
	v, _ := t.Video()
	file := archive.NewFile(v.File, v.Identity(sums.Size, sums.SHA256), sums, t.OpenVideo)
	file.CloseToo(t) // what was read from a recording's messages
	return apply.Images{Archive: file, Problems: problems}, nil
}

// A passingError is a problem that is not of the images, and that is gone when they are read again.
type passingError struct{ problem diag.Diagnostic }

func (e passingError) Error() string   { return e.problem.Text }
func (e passingError) Code() diag.Code { return e.problem.Code }

func passing(problems []diag.Diagnostic) error {
	for _, p := range problems {
		if p.Code == diag.CodeTooManyFiles {
			return passingError{p}
		}
	}
	return nil
}
