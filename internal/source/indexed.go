package source

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// indexedFrames is the [frame.Source] of a bag that is not here: an index tells its frames' sizes and sums, and
// nothing can be opened.
type indexedFrames struct {
	bag    *bagRef
	camera string
	frames *index.Frames
}

// absent are the frames as an index tells of them, of a bag that is not here; nil: it is here, or the server reads it by itself.
func (f frames) absent() *indexedFrames {
	if f.payload.Served() {
		return nil
	}
	return f.indexed
}

// OnlyIndexed is why a task's frames cannot be read: its bag is not here, and an index replaces it.
// A plan needs no more; what apply is to upload is blocked by it.
func (t Task) OnlyIndexed() (diag.Diagnostic, bool) {
	a := t.frames.absent()
	if a == nil {
		return diag.Diagnostic{}, false
	}
	if p := a.bag.unfetched; p != nil {
		return diag.Diagnostic{Severity: diag.Error, Code: p.Code, Text: p.Text, Hint: p.Hint, Task: t.Name, Pos: t.Origin}, true
	}
	return diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeMissingBag, Task: t.Name, Pos: t.Origin,
		Text: fmt.Sprintf("bag %s is not here: %s is missing, and its index %s holds no images", wording.Safe(t.Bag), a.bag.path(), wording.Safe(a.bag.indexed.File)),
		Hint: diag.Do(diag.HintBringBag),
	}, true
}

// Indexed are the frames of a task whose bag is not here, as its index says: no CRC, and nothing to
// open, but all that the archive's hash needs. false: it is here, or its index does not know all that.
func Indexed(t Task) ([]Frame, bool) {
	a := t.frames.absent()
	if a == nil || !a.frames.Measured() || a.frames.Video {
		return nil, false
	}
	frames := make([]Frame, len(a.frames.Names))
	for i := range frames {
		frames[i] = Frame{Name: a.frames.Names[i], Size: a.frames.Sizes[i], Sum: a.frames.Sums[i]}
		if a.frames.Context == nil {
			continue
		}
		for _, c := range a.frames.Context[i] {
			frames[i].Context = append(frames[i].Context, Frame{Name: contextPath(frames[i].Name, c.Name), Size: c.Size, Sum: c.Sum})
		}
	}
	return frames, true
}

func (a *indexedFrames) Where(i int) string {
	if a.frames.Paths == nil {
		return a.bag.path() + ": " + a.frames.Names[i]
	}
	return a.bag.store.Path(a.bag.fileAt(a.frames.Paths[i]))
}

func (a *indexedFrames) fault() diag.Diagnostic {
	return diag.Diagnostic{Code: diag.CodeMissingBag, Text: "bag " + wording.Safe(a.bag.rel) + " is not here"}
}

func (a *indexedFrames) Open(context.Context, int) (io.ReadCloser, error) { return nil, a.fault() }

func (a *indexedFrames) Size(_ context.Context, i int) (int64, error) {
	return cmp.Or(a.frames.Sizes[i], -1), nil
}

func (a *indexedFrames) Each(_ context.Context, _ frame.Part, visit func(int, frame.Opened, error)) []diag.Diagnostic {
	for i := range a.frames.Names {
		visit(i, frame.Opened{}, a.fault())
	}
	return nil
}

func (a *indexedFrames) Video() frame.Video { return nil }

func (a *indexedFrames) Only(kept []int) frame.Source {
	some := *a
	some.frames = a.frames.Pick(kept)
	return &some
}

func (a *indexedFrames) Close() error { return nil }

// Paths are the images that the index names, or the recording.
func (a *indexedFrames) Paths() []string {
	if a.frames.Paths == nil {
		return []string{a.bag.path()}
	}
	if a.frames.Video {
		return []string{a.Where(0)}
	}
	paths := make([]string, len(a.frames.Names))
	for i := range paths {
		paths[i] = a.Where(i)
	}
	return paths
}

// Origin says nothing: what the index says of a frame, copy gives.
func (a *indexedFrames) Origin(int) index.Record { return index.Record{} }

// copy gives the task's records as they are in the index, under the task's name, in the task's order.
func (a *indexedFrames) copy(ctx context.Context, task string, visit func(index.Record) error) error {
	number := make(map[string]int, len(a.frames.Names))
	for i, name := range a.frames.Names {
		number[name] = i
	}
	var records []index.Record
	err := a.bag.indexed.Records(ctx, a.bag.rel, a.camera, func(r index.Record) error {
		r.Task, r.Frame = task, number[r.Name]
		r.TaskID, r.ServerFrame, r.JobID = 0, nil, 0
		records = append(records, r)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(records, func(x, y index.Record) int { return x.Frame - y.Frame })
	for _, r := range records {
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}
