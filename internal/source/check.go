package source

import (
	"context"
	"io"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
)

// CheckHeaders reads the headers of the task's images, a few KiB per frame (of a GIF, WebP or compressed TIFF all of it), and gives
// the task with what [Measure] would find there: blocked by bad images, or, under
// frames: bad: skip, without them. Where [Task.MayLose], the frames must be compared
// with a server's only so, else the dropped ones look like drift. A video file is read
// whole, for the heads of its packets. When ctx ends, the task is given back as it was.
func CheckHeaders(ctx context.Context, t Task) (Task, []diag.Diagnostic) {
	if _, only := t.OnlyIndexed(); only || t.frames.payload.Served() {
		return t, nil
	}
	if t.frames.video != nil {
		return checkVideo(ctx, t)
	}
	was := t
	t, before := t.Exact(ctx)
	report, pixels := make([]diag.Diagnostic, len(t.frames.names)), make([]Pixels, len(t.frames.names))
	var found []diag.Diagnostic
	if len(report) > 0 {
		found = t.frames.source.Each(ctx, frame.Header, func(i int, o frame.Opened, err error) {
			h, problem := t.header(i, o, err)
			report[i], pixels[i] = problem, Pixels{h.Width, h.Height}
		})
	}
	if ctx.Err() != nil {
		return was, nil
	}
	kept, problems := t.judge(report)
	t.frames.pixels = pixels
	if len(kept) < len(report) && len(kept) > 0 {
		t.frames = t.frames.only(kept)
	}
	problems = append(problems, t.checkContext(ctx)...)
	if ctx.Err() != nil {
		return was, nil
	}
	t.Problems = slices.Clone(t.Problems)
	problems = append(problems, t.found(found)...)
	t.blockAll(problems)
	return t, append(before, problems...)
}

// Bytes is the sum of the sizes of the frames and their context images; -1 if they are known only once they are
// encoded. It reads no image: an empty file is none, and of what is too small for one it looks whether it is
// a pointer that Git LFS left there. The error is a [diag.Diagnostic], the first of those found.
func Bytes(ctx context.Context, t Task) (int64, error) {
	if t.frames.payload.Served() {
		return 0, nil
	}
	if t.frames.video != nil && t.frames.indexed == nil {
		return t.videoBytes(ctx)
	}
	if a := t.frames.indexed; a != nil {
		return a.frames.Bytes(), nil
	}
	sizes, report := t.sizes(ctx)
	var total int64
	for _, size := range sizes {
		total += max(size, 0)
	}
	_, problems := t.judge(report)
	if bad := diag.Errors(problems); len(bad) > 0 {
		return total, bad[0]
	}
	related, err := t.contextBytes(ctx)
	switch {
	case err != nil:
		return total, err
	case related < 0 || slices.Contains(sizes, -1):
		return -1, nil
	}
	return total + related, nil
}

// sizes are those of the frames, -1 where one is known only once it is encoded, and what is wrong with them.
func (t Task) sizes(ctx context.Context) ([]int64, []diag.Diagnostic) {
	sizes, report := make([]int64, len(t.frames.names)), make([]diag.Diagnostic, len(t.frames.names))
	frame.Parallel(ctx, len(report), frame.Readers, func(i int) {
		size, err := t.frames.source.Size(ctx, i)
		sizes[i] = size
		switch {
		case err != nil:
			report[i] = t.unreadable(i, err)
		case size == 0:
			report[i] = t.unreadable(i, imageheader.Empty())
		case 0 < size && size < content.MaxPointer:
			report[i] = t.checkPointer(ctx, i)
		}
	})
	return sizes, report
}

// checkPointer leaves to Measure what else may be wrong with a small file.
func (t Task) checkPointer(ctx context.Context, i int) diag.Diagnostic {
	r, err := t.frames.source.Open(ctx, i)
	if err != nil {
		return t.unreadable(i, err)
	}
	defer r.Close()
	head := make([]byte, content.MaxPointer)
	n, _ := io.ReadFull(r, head)
	if code, name := content.Pointer(head[:n]); code != "" {
		return t.unreadable(i, diag.Diagnostic{Code: code, Text: name + ", not the " + t.thing()})
	}
	return diag.Diagnostic{}
}
