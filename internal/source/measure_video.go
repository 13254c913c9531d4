package source

import (
	"context"
	"fmt"
	"io"

	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// MeasureVideo reads the file of a task that is a video once, whole, and looks into its packets. The task is to be one of which [Task.Video] tells. If a
// problem is an Error, or ctx has ended, the sums must not be used.
func MeasureVideo(ctx context.Context, t Task) (archive.Sums, []diag.Diagnostic) {
	if p, only := t.OnlyIndexed(); only {
		return archive.Sums{}, []diag.Diagnostic{p}
	}
	source := t.videoSource()
	if source == nil {
		return archive.Sums{}, t.Problems
	}
	fail := func(err error) (archive.Sums, []diag.Diagnostic) {
		if ctx.Err() != nil {
			return archive.Sums{}, []diag.Diagnostic{{Severity: diag.Error, Code: diag.CodeInterrupted, Text: fmt.Sprintf("reading %s: %v", wording.Safe(t.Name), ctx.Err()), Task: t.Name}}
		}
		p := t.unreadable(0, err)
		p.Task, p.Pos = t.Name, t.Origin
		return archive.Sums{}, []diag.Diagnostic{p}
	}
	packets, err := checkPackets(ctx, source)
	if err != nil {
		return fail(err)
	}
	file, err := source.File(ctx)
	if err != nil {
		return fail(err)
	}
	r := store.Reader(file)
	defer r.Close()
	sums, err := archive.Sum(ctx, io.TeeReader(r, packets))
	if err != nil {
		return fail(err)
	}
	return sums, append(packets.problems(t), t.outdatedVideo(sums)...)
}

// OpenVideo opens the file of a task that is a video.
func (t Task) OpenVideo() (archive.Content, error) {
	return t.videoSource().File(context.Background())
}

// videoBytes is the size of the file.
func (t Task) videoBytes(ctx context.Context) (int64, error) {
	source := t.videoSource()
	if source == nil {
		return -1, nil
	}
	size, err := source.FileSize(ctx)
	switch {
	case err != nil:
		return 0, t.unreadable(0, err)
	case size == 0:
		return 0, t.unreadable(0, imageheader.Empty())
	}
	return size, nil
}
