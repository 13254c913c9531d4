package main

import (
	"context"

	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/thumbnail"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// contactSheets gives the pictures of what is to be uploaded, so that a reviewer sees it before.
func contactSheets(ctx context.Context, sessions []*session, plans []plan.Plan) func(plan.Change) []report.Thumb {
	uploads := 0
	for _, p := range plans {
		for _, c := range p.Changes {
			if c.Upload {
				uploads++
			}
		}
	}
	size := report.SheetSize(uploads)
	return func(c plan.Change) []report.Thumb {
		for _, s := range sessions {
			if t, ok := s.project.Task(c); ok {
				return sheet(ctx, t, size)
			}
		}
		return nil
	}
}

// sheet makes the thumbnails of one task; a frame that cannot be shown has none.
func sheet(ctx context.Context, t source.Task, size int) []report.Thumb {
	var sheet []report.Thumb
	for _, frame := range thumbnail.Pick(len(t.Frames()), size) {
		thumb := report.Thumb{Name: t.Frames()[frame]}
		if r, err := t.Open(ctx, frame); err == nil {
			thumb.Data, _ = thumbnail.JPEG(r) // no preview, if it cannot be decoded
			r.Close()
		}
		sheet = append(sheet, thumb)
	}
	return sheet
}
