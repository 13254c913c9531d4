package source

import (
	"context"
	"encoding/hex"
	"path"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/frame"
)

// traced is how many frames are traced at once, so that memory does not grow with a task.
const traced = 4096

// Trace reads each frame of the task once, as [Measure] does, and gives visit a record of where it
// comes from, in the frames' order and without gaps: bad images that frames: bad: skip leaves out are
// left out. A bag that is not here gives the records of its index. If any problem is an Error, or an
// error is returned (visit's, or ctx's), the records are not the whole task.
func Trace(ctx context.Context, t Task, visit func(index.Record) error) ([]diag.Diagnostic, error) {
	if a := t.frames.indexed; a != nil {
		return nil, a.copy(ctx, t.Name, visit)
	}
	if t.frames.payload.Served() {
		return t.untraceable(), nil
	}
	if t.frames.video != nil {
		return t.traceVideo(ctx, visit)
	}
	if t.Undecided() {
		chosen, _, problems := t.Choose(ctx)
		if ctx.Err() != nil || len(diag.Errors(problems)) > 0 {
			return problems, ctx.Err()
		}
		rest, err := chosen.windows(ctx, traced, visit)
		return append(problems, rest...), err
	}
	if !t.Provisional() {
		return t.windows(ctx, traced, visit)
	}
	t, before := t.Exact(ctx)
	defer t.Close()
	problems, err := t.windows(ctx, traced, visit)
	return append(before, problems...), err
}

// Origins gives visit a record of where each frame of the task comes from, in the frames' order, as [Trace] does, but
// reads no image: those of an undecided task are all that it chooses from, and sizes, sums and what only a message itself says are left out, and images that cannot be used are in
// it. Of a bag that is not here it gives the records of its index. The error is visit's, ctx's, or the index's.
func Origins(ctx context.Context, t Task, visit func(index.Record) error) error {
	if a := t.frames.indexed; a != nil {
		return a.copy(ctx, t.Name, visit)
	}
	t, problems := t.Exact(ctx)
	if wrong := diag.Errors(problems); len(wrong) > 0 {
		return wrong[0]
	}
	for i, name := range t.frames.names {
		r := t.frames.source.Origin(i)
		r.Task, r.Bag, r.Camera, r.Name, r.Frame = t.Name, t.Bag, t.Camera, name, i
		if err := visit(r); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// windows traces so many frames at a time.
func (t Task) windows(ctx context.Context, size int, visit func(index.Record) error) ([]diag.Diagnostic, error) {
	var list problemList
	given := 0
	for from := 0; from < len(t.frames.names); from += size {
		part := t.between(from, min(from+size, len(t.frames.names)))
		records, problems := part.trace(ctx)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, p := range problems {
			list.add(p)
		}
		for _, r := range records {
			r.Frame = given
			given++
			if err := visit(r); err != nil {
				return nil, err
			}
		}
	}
	if given == 0 && len(t.frames.names) > 0 {
		list.add(diag.Diagnostic{Severity: diag.Error, Code: diag.CodeNoUsableImages, Task: t.Name, Pos: t.Origin, Text: t.noneUsable(len(t.frames.names))})
	}
	return list.problems(), nil
}

// between is the task with some of its frames.
func (t Task) between(from, to int) Task {
	some := make([]int, to-from)
	for k := range some {
		some[k] = from + k
	}
	t.frames = t.frames.only(some)
	return t
}

// trace gives the records of the frames that can be used.
func (t Task) trace(ctx context.Context) ([]index.Record, []diag.Diagnostic) {
	records := make([]index.Record, len(t.frames.names))
	report := make([]diag.Diagnostic, len(records))
	t.frames.source.Each(ctx, frame.Traced, func(i int, o frame.Opened, err error) {
		var f Frame
		f, report[i] = t.measure(ctx, i, o, err)
		records[i] = t.record(i, o.From, f)
	})
	related, ofContext := t.measureContext(ctx, frame.Traced)
	for i := range related {
		records[i].Context = contextRecords(related[i])
	}
	kept, problems := t.judge(report)
	if len(kept) == 0 && len(problems) > 0 { // said of the whole task, if it holds for all of it
		problems = problems[:len(problems)-1]
	}
	return frame.Pick(records, kept), append(problems, ofContext...)
}

// contextRecords are a frame's context images as an index keeps them.
func contextRecords(images []Frame) []index.Context {
	var all []index.Context
	for _, f := range images {
		all = append(all, index.Context{
			Name: path.Base(f.Name), Path: f.from.Path, Topic: f.from.Topic, Message: f.from.Message, StampNS: f.from.StampNS,
			Size: f.Size, SHA256: hex.EncodeToString(f.Sum[:]),
		})
	}
	return all
}

func (t Task) record(i int, r index.Record, f Frame) index.Record {
	r.Task, r.Bag, r.Camera, r.Name = t.Name, t.Bag, t.Camera, f.Name
	if f.Size > 0 { // else it could not be read, which its task is blocked for
		r.Width, r.Height, r.Size, r.SHA256 = f.Width, f.Height, f.Size, hex.EncodeToString(f.Sum[:])
	}
	r.Selection = t.frames.selection
	if t.frames.chosenBy != nil {
		r.ChosenBy, r.Judged = t.frames.chosenBy[i], t.frames.judged
	}
	return r
}
