package pull

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/dataset"
	"github.com/cvatplan/cvatplan/internal/regular"
)

// yoloFormats are the formats that write a directory per task of Ultralytics, each with the tasks that it writes.
var yoloFormats = map[string][]string{
	"yolo": dataset.YOLOTasks, "yolo-detect": {"detect"}, "yolo-segment": {"segment"}, "yolo-pose": {"pose"},
}

// yoloOutputs are, for each task of Ultralytics that the project has labels for: the labels of each member, which are
// a tree of files, a list of images per split, and data.yaml.
func (r *Pull) yoloOutputs(format string) []output {
	var all []output
	for _, task := range yoloFormats[format] {
		y := dataset.NewYOLO(task, r.labels)
		if y.Empty() {
			continue
		}
		dir := yoloDir(task)
		splits := map[string][]*member{}
		var splitNames namer
		nameOf := map[string]string{} // of splits, as files: those that differ in case alone stay apart
		for _, m := range r.members {
			if m.clouds() {
				continue
			}
			subset := y.Split(m.task.Subset)
			if nameOf[subset] == "" {
				nameOf[subset] = imageDir(splitNames.name(subset, subset))
			}
			split := nameOf[subset]
			splits[split] = append(splits[split], m)
			all = append(all, output{
				path: path.Join(dir, "labels", split, imageDir(m.file)), format: format, members: []*member{m}, from: r.from(dir, []*member{m}), tree: &y,
			})
		}
		var names []string
		for split, members := range splits {
			names = append(names, split)
			all = append(all, output{path: path.Join(dir, split+".txt"), format: format, members: members, from: r.from(dir+split, members), write: r.imageList(split, members)})
		}
		slices.Sort(names)
		all = append(all, output{
			path: path.Join(dir, "data.yaml"), format: format, from: r.from(dir, nil) + fmt.Sprint(names),
			write: func(_ context.Context, w io.Writer, _ *Counts) error { return y.Data(w, names) },
		})
	}
	return all
}

// yoloDir is where the files of a task of Ultralytics are.
func yoloDir(task string) string { return "yolo/" + task }

// imageList lists the images of a split, relative to itself. Ultralytics looks for an image's labels where its path
// has labels in place of images.
func (r *Pull) imageList(split string, members []*member) func(context.Context, io.Writer, *Counts) error {
	return func(ctx context.Context, w io.Writer, counts *Counts) error {
		for _, m := range members {
			a, err := r.cache.get(m)
			if err != nil {
				return err
			}
			choice, hidden := m.choice(a, r.o), map[int]bool{}
			for _, frame := range a.Hidden {
				hidden[frame] = true
			}
			for frame, meta := range a.Frames {
				if choice(frame) != taken || hidden[frame] {
					continue
				}
				if _, err := fmt.Fprintf(w, "./images/%s/%s/%s\n", split, imageDir(m.file), imagePath(meta.Name)); err != nil {
					return err
				}
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	}
}

// bringTree makes the label files of one task what they are to be, one by one, and takes away those of frames that
// are gone. Frames without labels have no file: to Ultralytics they are background.
func (r *Pull) bringTree(ctx context.Context, o output) (File, error) {
	root := filepath.Join(r.o.Dir, filepath.FromSlash(o.path))
	file := File{Path: o.path, Format: o.format, Change: Unchanged}
	before, seen := labelFiles(root)
	if last, known := r.record.get(o.path); known && last.From == o.from && last.Seen == seen {
		file.Counts, file.Empty = last.Counts, len(before) == 0
		return file, nil
	}
	sum := sha256.New()
	lost := dataset.Lost{}
	labels := map[string]bool{}
	for f, err := range r.frames(ctx, o.members[0], &file.Counts) {
		if err != nil {
			return file, err
		}
		text := o.tree.Labels(f, lost)
		if len(text) == 0 {
			continue
		}
		name := labelFile(f.Name)
		if labels[name] {
			return file, fmt.Errorf("frames of task %q differ in their extension alone: %s; YOLO's labels know none", o.members[0].task.Name, f.Name)
		}
		labels[name] = true
		fmt.Fprintf(sum, "%s\x00%s\x00", name, text)
		changed, err := r.bringLabel(filepath.Join(root, filepath.FromSlash(name)), text)
		if err != nil {
			return file, err
		}
		if changed {
			file.Change = Changed
		}
	}
	gone := slices.DeleteFunc(slices.Clone(before), func(name string) bool { return labels[name] })
	if err := r.removeLabels(root, gone); err != nil {
		return file, err
	}
	switch {
	case len(gone) > 0:
		file.Change = Changed
	case file.Change == Changed && len(before) == 0:
		file.Change = Created
	}
	file.Lost, file.Empty = lost, len(labels) == 0
	_, seen = labelFiles(root)
	r.record.set(o.path, written{From: o.from, Sum: hex.EncodeToString(sum.Sum(nil)), Seen: seen, Format: o.format, Task: o.task(), Counts: file.Counts})
	return file, nil
}

// labelFile is where YOLO looks for the labels of a frame.
func labelFile(frame string) string {
	name := imagePath(frame)
	return strings.TrimSuffix(name, path.Ext(name)) + ".txt"
}

// removeLabels takes the label files of frames away that are gone.
func (r *Pull) removeLabels(root string, names []string) error {
	if r.o.Check {
		return nil
	}
	for _, name := range names {
		if err := os.Remove(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return nil
}

// bringLabel writes one label file, unless it is what it is to be.
func (r *Pull) bringLabel(path string, text []byte) (changed bool, err error) {
	have, err := regular.ReadFile(path)
	if err == nil && bytes.Equal(have, text) {
		return false, nil
	}
	if r.o.Check {
		return true, nil
	}
	return true, atomicfile.Write(path, atomicfile.Options{NoSync: true}, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// labelFiles are the label files in a task's directory, which is its alone, and a hash of their names, sizes and times: where it is
// the same they need not be read. One that a power failure left empty does not count, so that it is written again.
func labelFiles(root string) (names []string, seen string) {
	h := sha256.New()
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error { // none, where it cannot be read
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(p, ".txt") {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Size() > 0 {
			name, _ := filepath.Rel(root, p)
			names = append(names, filepath.ToSlash(name))
			fmt.Fprintf(h, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return names, hex.EncodeToString(h.Sum(nil)[:12])
}

// removeTree takes a task's label files away, and the directories that they leave empty.
func removeTree(root string) error {
	var err error
	names, _ := labelFiles(root)
	for _, name := range names {
		err = errors.Join(err, os.Remove(filepath.Join(root, filepath.FromSlash(name))))
	}
	var dirs []string
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, walk error) error {
		if walk == nil && d.IsDir() {
			dirs = append(dirs, p)
		}
		return nil
	})
	slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, d := range dirs {
		_ = os.Remove(d) // what is not ours stays
	}
	return err
}
