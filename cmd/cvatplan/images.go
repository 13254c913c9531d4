package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// images measures the frames of one task, right before it is created: one reading pass.
func (s *session) images(ctx context.Context, c plan.Change) (apply.Images, error) {
	i, ok := s.number[c.Task]
	if !ok {
		return apply.Images{}, fmt.Errorf("task %s: no manifest asks for it", c.Task)
	}
	images, err := measured(ctx, s.tasks[i])
	if err == nil && s.pinned && images.Archive.Hash() != s.want[i].Hash {
		images.Problems = append(images.Problems, plan.Problem{
			Code: diag.CodeOutOfDate, Text: "its images changed since the plan was saved", Hint: savedAnew,
		})
	}
	return images, err
}

func measured(ctx context.Context, t source.Task) (apply.Images, error) {
	frames, problems := source.Measure(ctx, t)
	if err := ctx.Err(); err != nil {
		return apply.Images{}, err
	}
	images := apply.Images{Archive: held{pack(frames), t}, Frames: names(frames)}
	for _, p := range problems {
		if p.Severity == source.Error {
			images.Problems = append(images.Problems, plan.Problem{Code: p.Code, Text: p.Text, Hint: p.Hint})
		} else {
			images.Warnings = append(images.Warnings, p.Text)
		}
	}
	return images, nil
}

// held is an archive whose end is also that of what its frames were spooled in.
type held struct {
	*archive.Zip
	task source.Task
}

func (h held) Close() error { return errors.Join(h.Zip.Close(), h.task.Close()) }

func names(frames []source.Frame) []string {
	all := make([]string, len(frames))
	for i, f := range frames {
		all[i] = f.Name
	}
	return all
}
