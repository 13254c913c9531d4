// Package adopt writes the manifest of a project that exists, made by whatever: one for which a plan says that
// nothing is to do.
//
// It asks the server for the project's labels, its tasks, and each task's frame names, and guesses from the names
// what the bags, the cameras and the templates are. What it guessed it plans, against what the server has: a task
// for which that plan would do anything is written in a plainer way, in the end as an entry of its own whose
// frames are in an index. So a guess may be poor, and never wrong. Tasks that no manifest can describe are named
// in a comment.
package adopt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Options say what is adopted, and where it is written.
type Options struct {
	Server       string           // as the manifest is to name it
	Organization string           // slug; empty is the personal workspace
	Project      manifest.Project // by name or id
	File         string           // the manifest: relative paths in it begin at its directory
	Root         string           // where the images may be: a directory, or an address; empty: not known
	Index        string           // the directory for the index of tasks whose images are not found
}

// An Adopted project is a manifest, and the index that it needs.
type Adopted struct {
	Manifest []byte
	Index    []byte // JSON Lines; empty: no task needs one
	IndexAt  string // its file
	Tasks    int    // in the manifest
	Found    int    // of them, whose images are there
	LeftOut  []string
}

// asked is how many tasks are asked for their frames at once.
const asked = 4

// Project adopts a project. Only GETs are sent, and nothing is written but a temporary file.
func Project(ctx context.Context, server planner.Reader, o Options) (Adopted, error) {
	a := &adoption{o: o, server: server}
	if err := a.look(ctx); err != nil {
		return Adopted{}, err
	}
	if len(a.tasks) == 0 {
		return Adopted{}, fmt.Errorf("project %d %s has no task that a manifest could describe", a.project.ID, wording.Safe(a.project.Name))
	}
	if err := a.findImages(ctx); err != nil {
		return Adopted{}, err
	}
	err := a.write(ctx)
	if a.dropped > 0 && err == nil {
		err = a.write(ctx) // without what spoiled the plainer styles' betters
	}
	if err != nil {
		return Adopted{}, err
	}
	return a.result(), nil
}

// write finds the first style that fits.
func (a *adoption) write(ctx context.Context) (err error) {
	for _, style := range []style{grouped, single, listed} {
		again := true
		for err = nil; err == nil && again; {
			again, err = a.try(ctx, style)
		}
		if err == nil && a.fits || ctx.Err() != nil {
			return err
		}
	}
	return cmp.Or(err, errors.New("no manifest could be found for which a plan of the project does nothing"))
}

// A style is how a manifest is written, each plainer than the one before.
type style int

const (
	grouped style = iota // with cameras and globs, where that is what the names look like
	single               // a bag is one task
	listed               // and each has an entry of its own
)

// An adoption is one run.
type adoption struct {
	o       Options
	server  planner.Reader
	project observe.Found
	labels  []cvat.Label
	faults  map[string]string      // by a label's name, why it is written by its name alone
	listed  []cvat.Task            // all tasks of the project
	have    []plan.Task            // the same, with their frames; both by id
	videos  map[int]*cvat.DataMeta // of tasks that are of a video, by id
	tasks   []*task                // those that a manifest may describe, by name
	leftOut []string
	dropped int           // tasks that were found to be none that a manifest can give
	kind    manifest.Kind // of the frames of all tasks: a project holds point clouds, or images and videos
	images  images

	layout layout // of the last try
	fits   bool
}

// A task is one that is adopted.
type task struct {
	plan.Task
	images  []dir // where its images may be
	plain   bool  // its images are not where they were thought to be: it is planned by the index
	first   *task // of a part of a bag: the first part; nil: it is none
	alone   bool  // it has no part, whatever the names are
	dropped bool  // no manifest describes it

	video *clip // what it takes of a video; nil: its frames are no video's

	bag, camera string
	paths       []string // of the frames, in the bag
	indexed     bool
}

// An absentError says that there is no such project, where no manifest names it yet.
type absentError string

func (e absentError) Error() string { return string(e) }

// Code names the refusal.
func (e absentError) Code() diag.Code { return diag.CodeProject }

// Hint says how a project is named on the command line.
func (e absentError) Hint() diag.Hint { return diag.Do(diag.HintNameImported) }

func (a *adoption) look(ctx context.Context) (err error) {
	a.project, err = observe.FindProject(ctx, a.server, a.o.Project)
	var missing *observe.ProjectError
	switch {
	case errors.As(err, &missing) && missing.Hint() == diag.Do(diag.HintCheckProject):
		return absentError(missing.Error())
	case err != nil:
		return err
	case a.project.ID == 0:
		return absentError(fmt.Sprintf("the server has no project %q", a.o.Project.Name))
	}
	if a.labels, err = a.server.Labels(ctx, a.project.ID); err != nil {
		return err
	}
	a.checkLabels()
	if a.listed, err = a.server.ListTasks(ctx, cvat.TaskFilter{ProjectID: a.project.ID}); err != nil {
		return err
	}
	slices.SortFunc(a.listed, func(s, t cvat.Task) int { return cmp.Compare(s.ID, t.ID) })
	names := map[plan.Name]int{}
	for _, t := range a.listed {
		names[plan.NameOf(t.Name)]++
	}
	var adopted []int
	for i, t := range a.listed {
		a.have = append(a.have, observe.Task(a.server, t))
		switch {
		case !t.Imported():
			a.leaveOut(a.have[i], "it has no frames")
		case strings.HasPrefix(t.BugTracker, manifest.Mark):
			a.leaveOut(a.have[i], "cvatplan has not finished it")
		case strings.ContainsFunc(t.Name, unicode.IsControl):
			a.leaveOut(a.have[i], "its name has a control character")
		case names[plan.NameOf(t.Name)] > 1:
			a.leaveOut(a.have[i], "another task has the same name")
		default:
			adopted = append(adopted, i)
			if t.Dimension == "3d" {
				a.kind = manifest.KindPointCloud
			}
		}
	}
	if err := a.askFrames(ctx, adopted); err != nil {
		return err
	}
	slices.SortStableFunc(a.tasks, func(s, t *task) int { return wording.Compare(s.Name, t.Name) })
	return nil
}

// checkLabels finds labels that a manifest would refuse: CVAT keeps attributes that its own editor stumbles over.
func (a *adoption) checkLabels() {
	a.faults = map[string]string{}
	for _, l := range a.labels {
		text := "version: 1\nproject:\n  id: 1\n  labels:\n" + strings.Join(labelLines(l, "    "), "\n") + "\nbags: [a]\n"
		_, err := manifest.Parse(a.o.File, []byte(text))
		var mistakes *manifest.Error
		if errors.As(err, &mistakes) {
			a.faults[l.Name] = mistakes.Problems[0].Text
		}
	}
}

func (a *adoption) leaveOut(t plan.Task, why string) {
	a.leftOut = append(a.leftOut, fmt.Sprintf("task %d %s: %s", t.ID, wording.Safe(t.Name), why))
}

// askFrames asks each task for the names of its frames.
func (a *adoption) askFrames(ctx context.Context, adopted []int) error {
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(asked)
	a.videos = map[int]*cvat.DataMeta{}
	metas := make([]*cvat.DataMeta, len(a.have)) // of videos
	for _, i := range adopted {
		group.Go(func() error {
			return crash.Guard(func() error {
				meta, err := a.server.DataMeta(asking, a.have[i].ID)
				if err != nil {
					return err
				}
				a.have[i].Frames = meta.Names()
				if a.listed[i].Mode == "interpolation" && len(meta.Frames) == 1 {
					metas[i] = meta
				}
				return nil
			})
		})
	}
	if err := crash.Rethrow(group.Wait()); err != nil {
		return err
	}
	for _, i := range adopted {
		if t := a.have[i]; len(t.Frames) != t.Size {
			a.leaveOut(t, "its frames have no names of their own")
			continue
		}
		adopted := &task{Task: a.have[i]}
		if meta := metas[i]; meta != nil {
			a.videos[a.have[i].ID] = meta
			if adopted.video = clipOf(meta); adopted.video == nil {
				a.leaveOut(a.have[i], "it is of a video that no manifest takes, "+wording.Safe(meta.Frames[0].Name))
				continue
			}
		}
		a.tasks = append(a.tasks, adopted)
	}
	return nil
}

// try writes a manifest and plans it. It reports whether tasks were found to be guessed wrongly that can be
// written in a plainer way in the same style.
func (a *adoption) try(ctx context.Context, s style) (again bool, err error) {
	a.fits = false
	a.arrange(s)
	m, err := a.parse()
	if err != nil {
		return false, err
	}
	if err := a.lendIndex(m); err != nil {
		return false, err
	}
	defer a.returnIndex(m)
	scanned, err := planner.Scan(ctx, []*manifest.Manifest{m}, planner.ScanOptions{})
	if err != nil {
		return false, err
	}
	if len(scanned.Projects) != 1 {
		a.fits = len(a.tasks) == 0 || !slices.ContainsFunc(a.tasks, (*task).written)
		return false, nil
	}
	p := scanned.Projects[0]
	defer p.Close()
	if err := p.Decide(ctx, known{a.server, a}, planner.Options{CheckFrames: true}); err != nil {
		return false, err
	}
	return a.judge(p.Plan), nil
}

// A known server answers from memory what was asked before.
type known struct {
	elsewhere
	of *adoption
}

// elsewhere is what of a [planner.Reader] is still asked of the server.
type elsewhere interface {
	observe.OtherReader
	observe.AnnotationReader
	Frame(ctx context.Context, taskID, number int) (io.ReadCloser, error)
}

// ListTasks gives the project's tasks, and none of other projects.
func (k known) ListTasks(_ context.Context, f cvat.TaskFilter) ([]cvat.Task, error) {
	if f.ProjectID != k.of.project.ID {
		return nil, nil
	}
	return slices.Clone(k.of.listed), nil
}

// DataMeta gives a task's frames by their names.
func (k known) DataMeta(_ context.Context, task int) (*cvat.DataMeta, error) {
	i, ok := slices.BinarySearchFunc(k.of.have, task, func(t plan.Task, id int) int { return cmp.Compare(t.ID, id) })
	if !ok {
		return nil, cvat.ErrNotFound
	}
	if meta := k.of.videos[task]; meta != nil {
		return meta, nil
	}
	meta := &cvat.DataMeta{Size: len(k.of.have[i].Frames)}
	for _, name := range k.of.have[i].Frames {
		meta.Frames = append(meta.Frames, cvat.FrameMeta{Name: name})
	}
	return meta, nil
}

// judge looks for tasks about which the plan would do something.
func (a *adoption) judge(p plan.Plan) (again bool) {
	right := map[plan.Name]bool{}
	strangers := false
	byName := map[plan.Name]*task{}
	for _, t := range a.tasks {
		byName[plan.NameOf(t.Name)] = t
	}
	for _, c := range p.Changes {
		name := plan.NameOf(c.Task)
		right[name] = c.Action == plan.NoOp
		strangers = strangers || byName[name] == nil && c.Action != plan.Unmanaged
	}
	wrong := false
	for _, t := range a.tasks {
		switch {
		case !t.written() || right[plan.NameOf(t.Name)]:
			continue
		case a.layout.cameras != nil: // cameras are all bags' or none's
		case t.first != nil && !t.first.alone:
			t.first.alone, again = true, true
		case a.layout.parted[t] && !t.alone:
			t.alone, again = true, true
		case !t.plain && len(t.images) > 0:
			t.plain, again = true, true
		case a.layout.style == listed:
			t.dropped, again = true, true
			a.dropped++
			a.leaveOut(t.Task, "its frames or its name are none that a manifest can give")
		}
		wrong = true
	}
	a.fits = !wrong && !strangers
	return again
}

func (t *task) written() bool { return !t.dropped }

// parse reads what is written, as plan will.
func (a *adoption) parse() (*manifest.Manifest, error) {
	m, err := manifest.Parse(a.o.File, a.text())
	var mistakes *manifest.Error
	if errors.As(err, &mistakes) { // in lines that are not shown
		return nil, fmt.Errorf("the project cannot be written as a manifest: %s", mistakes.Problems[0].Text)
	}
	return m, err
}

// indexFile is where the index will be, and how the manifest names it.
func (a *adoption) indexFile() (file, shown string) {
	file = filepath.Join(a.o.Index, fileName(a.project.Name, a.project.ID)+".jsonl")
	return file, relativeTo(filepath.Dir(a.o.File), file)
}

// relativeTo is a path as a manifest in that directory writes it.
func relativeTo(dir, file string) string {
	from, errFrom := filepath.Abs(dir)
	to, errTo := filepath.Abs(file)
	rel, err := filepath.Rel(from, to)
	if errors.Join(errFrom, errTo, err) != nil {
		rel = file
	}
	return filepath.ToSlash(rel)
}

// lendIndex lets the manifest be planned before its index is written where it says.
func (a *adoption) lendIndex(m *manifest.Manifest) error {
	content := a.index()
	if len(content) == 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "cvatplan-import-")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "index.jsonl")
	for i := range m.Bags {
		if m.Bags[i].Index != "" {
			m.Bags[i].Index = file
		}
	}
	return atomicfile.Write(file, atomicfile.Options{}, func(w io.Writer) error { _, err := w.Write(content); return err })
}

func (a *adoption) returnIndex(m *manifest.Manifest) {
	for _, b := range m.Bags {
		if b.Index != "" {
			os.RemoveAll(filepath.Dir(b.Index))
			return
		}
	}
}

// index lists the frames of the tasks whose images are not found. Their sizes and sums the server does not tell.
func (a *adoption) index() []byte {
	var b bytes.Buffer
	out := index.NewJSONL(&b)
	frames := map[[2]string]int{} // of a bag's camera: those of all its parts
	for _, t := range a.layout.tasks {
		if !t.indexed {
			continue
		}
		for i, name := range t.Frames {
			of := [2]string{t.bag, t.camera}
			frames[of]++
			r := index.Record{
				Task: t.Name, Name: name, Frame: frames[of] - 1, Bag: t.bag, Camera: t.camera, Path: t.paths[i], Selection: a.layout.selection(t),
			}
			if t.video != nil {
				number := t.video.Start + i*t.video.Step
				r.Index = &number
			}
			_ = out.Write(r) // to memory
		}
	}
	_ = out.Flush()
	return b.Bytes()
}

func (a *adoption) result() Adopted {
	file, _ := a.indexFile()
	r := Adopted{Manifest: a.text(), Index: a.index(), IndexAt: file, LeftOut: a.leftOut}
	for _, t := range a.layout.tasks {
		r.Tasks++
		if !t.indexed {
			r.Found++
		}
	}
	return r
}

// fileName is a name that is a file's everywhere.
func fileName(name string, id int) string {
	clean := []rune{}
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			clean = append(clean, r)
		case len(clean) > 0 && clean[len(clean)-1] != '_':
			clean = append(clean, '_')
		}
	}
	if len(clean) == 0 || len(clean) > 100 {
		return fmt.Sprintf("project-%d", id)
	}
	return string(clean)
}
