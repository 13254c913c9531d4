package source

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// absent is the [frame.Source] of a bag that is not here: a listing tells its frames' sizes and sums, and nothing
// can be opened.
type absent struct {
	bag    *bagRef
	camera string
	listed
}

// Absent is why a task's frames cannot be read: its bag is not here, and a listing stands in for it.
// A plan needs no more; what apply is to upload is blocked by it.
func (t Task) Absent() (diag.Diagnostic, bool) {
	a := t.frames.absent
	if a == nil {
		return diag.Diagnostic{}, false
	}
	if p := a.bag.unfetched; p != nil {
		return diag.Diagnostic{Severity: diag.Error, Code: p.Code, Text: p.Text, Hint: p.Hint, Task: t.Name, Pos: t.Origin}, true
	}
	return diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeMissingBag, Task: t.Name, Pos: t.Origin,
		Text: fmt.Sprintf("bag %s is not here: %s is missing, and its index %s is no more than a listing", wording.Safe(t.Bag), a.bag.path(), wording.Safe(a.bag.catalog.file)),
		Hint: diag.Do(diag.HintBringBag),
	}, true
}

// Listed are the frames of a task whose bag is not here, as its listing says: no CRC, and nothing to
// open, but all that the archive's hash needs.
func Listed(t Task) ([]Frame, bool) {
	a := t.frames.absent
	if a == nil {
		return nil, false
	}
	frames := make([]Frame, len(a.names))
	for i := range frames {
		frames[i] = Frame{Name: a.names[i], Size: a.sizes[i], Sum: a.sums[i]}
	}
	return frames, true
}

func (a *absent) Where(i int) string {
	if a.paths == nil {
		return a.bag.path() + ": " + a.names[i]
	}
	return a.bag.store.Path(path.Join(a.bag.rel, a.paths[i]))
}

func (a *absent) fault() diag.Diagnostic {
	return diag.Diagnostic{Code: diag.CodeMissingBag, Text: "bag " + wording.Safe(a.bag.rel) + " is not here"}
}

func (a *absent) Open(context.Context, int) (io.ReadCloser, error) { return nil, a.fault() }

func (a *absent) Size(_ context.Context, i int) (int64, error) { return a.sizes[i], nil }

func (a *absent) Each(_ context.Context, _ frame.Part, visit func(int, frame.Opened, error)) {
	for i := range a.names {
		visit(i, frame.Opened{}, a.fault())
	}
}

func (a *absent) Only(kept []int) frame.Source {
	some := *a
	some.listed = *a.in(kept)
	return &some
}

func (a *absent) Close() error { return nil }

// Paths are the images that the listing names, or the recording.
func (a *absent) Paths() []string {
	if a.paths == nil {
		return []string{a.bag.path()}
	}
	paths := make([]string, len(a.names))
	for i := range paths {
		paths[i] = a.Where(i)
	}
	return paths
}

// Origin says nothing: what the index says of a frame, copy gives.
func (a *absent) Origin(int) index.Record { return index.Record{} }

// copy gives the task's records as they stand in the listing, under the task's name, in the task's order.
func (a *absent) copy(ctx context.Context, task string, visit func(index.Record) error) error {
	f, err := os.Open(a.bag.catalog.file)
	if err != nil {
		return err
	}
	defer f.Close()
	number := make(map[string]int, len(a.names))
	for i, name := range a.names {
		number[name] = i
	}
	var records []index.Record
	err = index.Read(f, func(r index.Record) error {
		if r.Bag == a.bag.rel && r.Camera == a.camera {
			r.Task, r.Frame = task, number[r.Name]
			r.TaskID, r.ServerFrame, r.JobID = 0, nil, 0
			records = append(records, r)
		}
		return ctx.Err()
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
