package pull

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/dataset"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// An output is one file that is to be in the directory.
type output struct {
	path    string // with slashes
	format  string
	members []*member // whose frames it holds, in their order; none: labels.json
	from    string    // a hash of all that it is made of
	write   func(ctx context.Context, w io.Writer, counts *Counts) error
	tree    *dataset.YOLO // in place of write: a directory with a file per frame
	export  bool          // in place of write: by the server
}

// writeAll makes the files that may have changed, several at once, and looks for those of what is gone.
func (r *Pull) writeAll(ctx context.Context) error {
	if err := r.findOrigins(ctx); err != nil {
		return err
	}
	outputs, err := r.outputs(ctx)
	if err != nil {
		return err
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	held := semaphore.NewWeighted(maxHeld)
	var mu sync.Mutex
	for _, o := range outputs {
		if slices.ContainsFunc(o.members, func(m *member) bool { return m.failed }) {
			continue // the file stays as it was
		}
		group.Go(func() error {
			return crash.Guard(func() error {
				size := r.holds(o)
				if err := held.Acquire(inner, size); err != nil {
					return err
				}
				defer held.Release(size)
				file, err := r.bring(inner, o)
				mu.Lock()
				defer mu.Unlock()
				if err != nil && inner.Err() == nil && !stopsAll(err) {
					r.result.Failures = append(r.result.Failures, Failure{o.path, err})
					return nil
				}
				r.result.Files = append(r.result.Files, file)
				return err
			})
		})
	}
	if err := crash.Rethrow(group.Wait()); err != nil {
		return err
	}
	slices.SortFunc(r.result.Failures, func(a, b Failure) int { return cmp.Compare(a.Subject, b.Subject) })
	slices.Sort(r.result.Warnings)
	if err := r.findGone(outputs); err != nil || r.o.Check {
		return err
	}
	return r.record.save(r.o.Guard)
}

// maxHeld is how many bytes of answers, as they are in the cache, are read at once, but for a single task's that are more: in
// memory they are some 30 times as large.
const maxHeld = 8 << 20

// holds is how many bytes of the cache are read at once for an output: those of its largest task.
func (r *Pull) holds(o output) int64 {
	var most int64
	for _, m := range o.members {
		if info, err := os.Stat(r.cache.find(m)); err == nil {
			most = max(most, info.Size())
		}
	}
	return min(most, maxHeld)
}

// write writes an output, and gives the hash of its bytes.
func (r *Pull) write(ctx context.Context, o output, w io.Writer, counts *Counts) (sum string, err error) {
	h := sha256.New()
	*counts = Counts{}
	write := func(w io.Writer) error { return o.write(ctx, w, counts) }
	if r.o.Guard != nil && slices.Contains([]string{".json", ".jsonl", ".yaml"}, filepath.Ext(o.path)) {
		write = r.o.Guard(write)
	}
	err = write(io.MultiWriter(w, h))
	return hex.EncodeToString(h.Sum(nil)), err
}

// bring makes a file what it is to be.
func (r *Pull) bring(ctx context.Context, o output) (File, error) {
	if o.tree != nil {
		return r.bringTree(ctx, o)
	}
	if o.export {
		return r.bringExport(ctx, o)
	}
	path := filepath.Join(r.o.Dir, filepath.FromSlash(o.path))
	before := sumOf(path)
	file := File{Path: o.path, Format: o.format, Change: Unchanged}
	if last, known := r.record.get(o.path); known && before != "" && last.From == o.from && last.Sum == before {
		file.Counts = last.Counts
		return file, nil
	}
	sum := before
	produce := func(w io.Writer) (err error) {
		if sum, err = r.write(ctx, o, w, &file.Counts); err == nil && sum == before {
			return errSame
		}
		return err
	}
	var err error
	if r.o.Check {
		err = produce(io.Discard)
	} else {
		// After a power failure the file may be empty: then its sum is not the record's, and the next pull writes it.
		err = atomicfile.Write(path, atomicfile.Options{NoSync: true}, produce)
	}
	switch {
	case err == nil && before == "":
		file.Change = Created
	case err == nil:
		file.Change = Changed
	case !errors.Is(err, errSame):
		return file, err
	}
	r.record.set(o.path, written{From: o.from, Sum: sum, Format: o.format, Task: o.task(), Counts: file.Counts})
	return file, nil
}

// errSame ends the writing of a file whose bytes are those that are there.
var errSame = errors.New("the same bytes")

// task is the name of the one task that the file is about; empty: several, or none.
func (o output) task() string {
	if len(o.members) == 1 {
		return o.members[0].task.Name
	}
	return ""
}

// findGone looks for files that were written before, and are about nothing any more. Only what this pull is about is
// looked at: its formats, its targets.
func (r *Pull) findGone(outputs []output) error {
	current := map[string]bool{}
	for _, o := range outputs {
		current[o.path] = true
	}
	for _, path := range slices.Sorted(maps.Keys(r.record.Files)) {
		w := r.record.Files[path]
		full := filepath.Join(r.o.Dir, filepath.FromSlash(path))
		if current[path] || !slices.Contains(r.o.Formats, w.Format) || r.o.Target != nil && (w.Task == "" || !r.targets(w.Task)) {
			continue
		}
		if !exists(full) {
			r.record.forget(path)
			continue
		}
		file := File{Path: path, Format: w.Format, Change: Gone, Counts: w.Counts}
		if r.o.Prune && !r.o.Check {
			if err := removeAny(full); err != nil {
				return err
			}
			file.Change = Removed
			r.record.forget(path)
		}
		r.result.Files = append(r.result.Files, file)
	}
	return nil
}

// removeAny removes a file, or the label files of a directory.
func removeAny(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return removeTree(path)
	}
	return os.Remove(path)
}

// labelsFile holds the project's labels, as a manifest takes them.
const labelsFile = "labels.json"

// outputs are all files that are to be there.
func (r *Pull) outputs(ctx context.Context) ([]output, error) {
	all := []output{r.labelsOutput()}
	for _, name := range r.o.Formats {
		if _, exported := r.exported[name]; !exported && !fileFormats[name].clouds {
			r.leaveOut("has no place for point clouds", name, (*member).clouds)
		}
		if fileFormats[name].recording {
			r.leaveOut("needs frames with times", name, func(m *member) bool { return !m.times && !m.clouds() })
		}
		if yoloFormats[name] != nil {
			outputs := r.yoloOutputs(name)
			if len(outputs) == 0 && len(r.members) > 0 {
				r.result.Warnings = append(r.result.Warnings, name+" takes none of the project's labels, so it has no files")
			}
			all = append(all, outputs...)
			continue
		}
		if _, exported := r.exported[name]; exported {
			all = append(all, r.exportOutputs(name)...)
			continue
		}
		format := fileFormats[name]
		for _, g := range r.groups(format) {
			o := output{path: g.file + format.extension, format: name, members: g.members, from: r.from(name, g.members)}
			o.write = func(ctx context.Context, w io.Writer, counts *Counts) error {
				lost, err := format.write(w, dataset.Set{Labels: r.labels, Frames: r.chain(ctx, g.members, counts)})
				counts.Lost = lost
				return err
			}
			all = append(all, o)
		}
	}
	return all, nil
}

// leaveOut says which tasks a format does not take, and why.
func (r *Pull) leaveOut(why, format string, lacks func(*member) bool) {
	var left []string
	for _, m := range r.members {
		if lacks(m) {
			left = append(left, m.task.Name)
		}
	}
	if len(left) > 0 {
		r.result.Warnings = append(r.result.Warnings, fmt.Sprintf("%s %s: left out: %s; jsonl has them", format, why, wording.FirstFew(left, 3)))
	}
}

// clouds reports whether the member's frames are point clouds.
func (m *member) clouds() bool { return m.task.Dimension == "3d" }

// A fileFormat puts many frames into one file.
type fileFormat struct {
	extension string
	write     dataset.Writer
	recording bool // a file per bag, of frames that have times
	clouds    bool // it has a place for point clouds
}

var fileFormats = map[string]fileFormat{
	"jsonl": {".jsonl", dataset.JSONL, false, true},
	"coco":  {".coco.json", dataset.COCO, false, false},
	"mcap":  {".annotations.mcap", dataset.MCAP, true, false},
}

// Formats are those that cvatplan writes itself.
func Formats() []string {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(fileFormats)), slices.Collect(maps.Keys(yoloFormats)))))
}

// formatVersion moves whenever a format gives other bytes for the same frames.
const formatVersion = 3

// from is a hash of all that a file of these members is made of.
func (r *Pull) from(format string, members []*member) string {
	parts := []any{formatVersion, format, r.o.Jobs, r.o.Stage, r.o.State, r.labels.All}
	for _, m := range members {
		parts = append(parts, m.key, m.join, m.task.Name, m.task.Subset, m.task.Dimension)
		if r.o.Stage != "" || r.o.State != "" {
			for _, j := range m.jobs {
				parts = append(parts, j.Stage, j.State)
			}
		}
	}
	return hashOf(parts...)
}

func (r *Pull) labelsOutput() output {
	return output{path: labelsFile, format: "labels", from: hashOf(formatVersion, r.labels.All), write: func(_ context.Context, w io.Writer, _ *Counts) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(rawLabels(r.labels.All))
	}}
}
