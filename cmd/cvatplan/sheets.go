package main

import (
	"context"

	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/thumbnail"
	"github.com/cvatplan/cvatplan/pkg/manifest"
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
	places := placesOf(sessions)
	return func(c plan.Change) []report.Thumb {
		at, ok := places[asked{c.Task, c.Origin}]
		if !ok {
			return nil
		}
		return at.s.sheet(ctx, at.i, size)
	}
}

// asked is a task as a manifest asks for it; other projects may have one of that name.
type asked struct {
	task   string
	origin manifest.Position
}

type place struct {
	s *session
	i int // in its tasks
}

func placesOf(sessions []*session) map[asked]place {
	places := map[asked]place{}
	for _, s := range sessions {
		for i, d := range s.want {
			places[asked{d.Task, d.Origin}] = place{s, i}
		}
	}
	return places
}

// sheet makes the thumbnails of one task; a frame that cannot be shown has none.
func (s *session) sheet(ctx context.Context, i, size int) []report.Thumb {
	t := s.tasks[i]
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
