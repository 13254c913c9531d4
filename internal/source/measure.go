package source

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A Frame is one image of a task, measured.
type Frame struct {
	Name          string // CVAT's frame name
	Size          int64  // bytes
	Sum           [32]byte
	CRC           uint32 // CRC-32 (IEEE)
	Width, Height int    // pixels as CVAT shows it, EXIF orientation applied; 0 is not known
	Open          func() (io.ReadCloser, error)

	Context []Frame // its context images, under their paths in the archive

	// Of a context image.
	from   index.Record // where it comes from, if it was traced
	series string       // the name of its source
	grey16 bool         // [imageheader.Header.Grey16]
	apart  uint64       // ns from its frame
}

// Measure reads each frame of the task once and gives them in its order. The task is to be an
// exact one ([Task.Exact]).
//
// A frame that cannot be uploaded is an Error that names the file; frames: bad: skip
// drops those that are no usable images, each with a Note, and messages that a damaged
// recording no longer gives are dropped with a Warning. So there may be fewer
// frames than [Task.Frames]: what is created is what Measure gave. (A plan learns that
// by [CheckHeaders], which drops the same ones.) Formats that only
// CVAT can open pass with a Warning. If any problem is an Error, or ctx has ended, the
// frames must not be used.
func Measure(ctx context.Context, t Task) ([]Frame, []diag.Diagnostic) {
	if p, only := t.OnlyIndexed(); only {
		return nil, []diag.Diagnostic{p}
	}
	frames := make([]Frame, len(t.frames.names))
	report := make([]diag.Diagnostic, len(frames))
	var found []diag.Diagnostic
	if len(frames) > 0 {
		found = t.frames.source.Each(ctx, frame.Whole, func(i int, o frame.Opened, err error) {
			frames[i], report[i] = t.measure(ctx, i, o, err)
		})
	}
	if err := ctx.Err(); err != nil {
		return nil, []diag.Diagnostic{interrupted(t, err)}
	}
	related, ofContext := t.measureContext(ctx, frame.Whole)
	for i := range related {
		frames[i].Context = related[i]
	}
	if err := ctx.Err(); err != nil {
		return nil, []diag.Diagnostic{interrupted(t, err)}
	}
	kept, problems := t.judge(report)
	problems = append(problems, ofContext...)
	frames = frame.Pick(frames, kept)
	if len(report) == 0 {
		problems = append(problems, diag.Diagnostic{Severity: diag.Error, Code: diag.CodeNoUsableImages, Task: t.Name, Pos: t.Origin, Text: fmt.Sprintf("task %s would have no frames", wording.Safe(t.Name))})
	}
	return frames, append(append(problems, t.found(found)...), t.outdated(frames)...)
}

func interrupted(t Task, err error) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Error, Code: diag.CodeInterrupted, Text: fmt.Sprintf("reading %s: %v", wording.Safe(t.Name), err), Task: t.Name}
}

// found gives damage of the bag as problems of the task.
func (t Task) found(damage []diag.Diagnostic) []diag.Diagnostic {
	for i := range damage {
		damage[i].Task, damage[i].Pos = t.Name, t.Origin
	}
	return damage
}

func (t Task) measure(ctx context.Context, i int, o frame.Opened, err error) (Frame, diag.Diagnostic) {
	f := Frame{Name: t.frames.names[i]}
	f.Open = func() (io.ReadCloser, error) { return t.frames.source.Open(context.Background(), i) }
	h, problem := t.header(i, o, err)
	if problem.Severity == diag.Error {
		return f, problem
	}
	f.Width, f.Height, f.grey16 = h.Width, h.Height, h.Grey16
	if err := f.sum(ctx, o); err != nil {
		return f, t.unreadable(i, err)
	}
	return f, problem
}

// header judges what was opened of frame i.
func (t Task) header(i int, o frame.Opened, err error) (imageheader.Header, diag.Diagnostic) {
	if err != nil {
		return imageheader.Header{}, t.unreadable(i, err)
	}
	if o.Known != nil {
		return *o.Known, diag.Diagnostic{}
	}
	if t.Kind == manifest.KindPointCloud {
		h, err := cloudHeader(o)
		if err != nil {
			return h, t.unreadable(i, err)
		}
		return h, diag.Diagnostic{}
	}
	h, err := imageheader.Read(o, o.Size, t.frames.names[i])
	if err != nil {
		return h, t.unreadable(i, err)
	}
	return h, t.unchecked(i, h)
}

var sumBuffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// sum reads the frame from its start to its end.
func (f *Frame) sum(ctx context.Context, r io.Reader) error {
	sum := sha256.New()
	pooled := sumBuffers.Get().(*[256 << 10]byte)
	defer sumBuffers.Put(pooled)
	buf := pooled[:]
	for ctx.Err() == nil {
		n, err := r.Read(buf)
		sum.Write(buf[:n])
		f.CRC = crc32.Update(f.CRC, crc32.IEEETable, buf[:n])
		f.Size += int64(n)
		if err == io.EOF {
			sum.Sum(f.Sum[:0])
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
