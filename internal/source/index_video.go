package source

import (
	"context"
	"encoding/hex"
	"fmt"
	"path"

	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// videoOf makes a task the one of a video of which an index tells.
func (v view) videoOf(t *Task, l *index.Frames) {
	taken := plan.Video{Start: l.First, Step: l.Step, Count: len(l.Names)}
	taken.Total = taken.Stop() + 1
	if len(l.Paths) > 0 {
		taken.File = path.Base(l.Paths[0])
	}
	if len(l.Topics) > 0 {
		taken.File = videoName(v, l.Topics[0])
	}
	t.Kind, t.frames.video = manifest.KindVideo, &taken
}

// IndexedVideo is the size and the SHA-256 of a video that is not here, as its index says; false: it is here, or its index does
// not know them.
func IndexedVideo(t Task) (size int64, sum [32]byte, ok bool) {
	a := t.frames.absent()
	if a == nil || !a.frames.Video || !a.frames.Measured() {
		return 0, sum, false
	}
	return a.frames.Sizes[0], a.frames.Sums[0], true
}

// outdatedVideo compares what was measured of a video with the committed index.
func (t Task) outdatedVideo(sums archive.Sums) []diag.Diagnostic {
	l := t.frames.index
	if l == nil || len(l.Sizes) == 0 || l.Sizes[0] == 0 || l.Sizes[0] == sums.Size && l.Sums[0] == sums.SHA256 {
		return nil
	}
	return []diag.Diagnostic{t.stale(fmt.Sprintf("its video has other contents (%d bytes, and had %d)", sums.Size, l.Sizes[0]))}
}

// traceVideo gives the records of a video's frames: each has the size and the sum of the file.
func (t Task) traceVideo(ctx context.Context, visit func(index.Record) error) ([]diag.Diagnostic, error) {
	sums, problems := MeasureVideo(ctx, t)
	if err := ctx.Err(); err != nil || len(diag.Errors(problems)) > 0 {
		return problems, err
	}
	for i, name := range t.frames.names {
		r := t.frames.source.Origin(i)
		r.Task, r.Bag, r.Camera, r.Name, r.Frame = t.Name, t.Bag, t.Camera, name, i
		r.Size, r.SHA256, r.Selection = sums.Size, hex.EncodeToString(sums.SHA256[:]), t.frames.selection
		if err := visit(r); err != nil {
			return problems, err
		}
	}
	return problems, ctx.Err()
}
