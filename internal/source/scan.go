package source

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Scan gives the tasks that the manifest asks for, ordered by bag and then as it lists
// the cameras. What blocks a task is in its Problems, and stops no other; the problems
// that Scan gives in addition to them, errors first, concern no task or several: an error there
// is an entry of the manifest that gave none, or the reason why none does (see held). When ctx ends, all is incomplete.
func Scan(ctx context.Context, m *manifest.Manifest, o Options) ([]Task, []diag.Diagnostic) {
	s := newScanner(m, o)
	defer s.cache.Close()
	bags, problems := s.findBags(ctx)
	for _, b := range bags {
		if b.file {
			s.bagFiles[b.rel] = true
		}
	}
	blocking := held(m, problems)
	problems = append(problems, blocking...)
	found := make([]outcome, len(bags))
	frame.Parallel(ctx, len(bags), 2*runtime.GOMAXPROCS(0), func(i int) { found[i] = s.bag(ctx, bags[i]) })

	count := 0
	for _, f := range found {
		count += len(f.tasks)
	}
	tasks := make([]Task, 0, count)
	sum := newTotals(m)
	for _, f := range found {
		tasks = append(tasks, f.tasks...)
		problems = append(problems, f.problems...)
		sum.add(f.totals)
	}
	problems = append(problems, sum.problems(m)...)
	problems = append(problems, unsettledBags(m, bags, found)...)
	if ctx.Err() == nil && !slices.ContainsFunc(problems, isError) {
		problems = append(problems, idleSkips(m, tasks)...)
	}
	if len(blocking) > 0 {
		tasks = nil
	}
	blockSameNames(tasks)
	blockEmpty(tasks)
	slices.SortStableFunc(problems, compareProblems)
	return tasks, problems
}

// A scanner lists the bags of one manifest.
type scanner struct {
	m         *manifest.Manifest
	root      string // of bags without a root of their own
	at        func(ctx context.Context, root string) (store.Store, error)
	now       time.Time
	matchers  map[manifest.Kind]*camera.Matcher // of the kinds of which there are cameras
	places    map[string]int                    // of cameras in the manifest, by name
	cache     *recording.Cache
	bagFiles  map[string]bool // bags that are files, by path from their root
	readWhole bool            // in stores on other machines, too
	heavy     chan struct{}   // holds one element per recording that is being read

	indexOnly bool // see Options
}

func newScanner(m *manifest.Manifest, o Options) scanner {
	s := scanner{
		m: m, root: cmp.Or(o.Root, m.Root), at: o.At, now: o.Now, readWhole: o.ReadWhole, indexOnly: o.IndexOnly,
		places: make(map[string]int, len(m.Cameras)), matchers: make(map[manifest.Kind]*camera.Matcher),
		bagFiles: make(map[string]bool), heavy: make(chan struct{}, recordings),
	}
	for i, c := range m.Cameras {
		s.places[c.Name] = i
		if s.matchers[c.Kind] == nil {
			s.matchers[c.Kind] = camera.NewMatcher(m.Cameras, c.Kind)
		}
	}
	if s.now.IsZero() {
		s.now = time.Now()
	}
	if s.at == nil {
		s.at = func(_ context.Context, root string) (store.Store, error) { return store.At(root), nil }
	}
	s.cache = &recording.Cache{Options: bag.Options{
		Strict: o.Strict, ReadWhole: o.ReadWhole, TempDir: o.TempDir, Memory: cmp.Or(o.Memory, memory.New(memory.Default)), Foreign: s.foreignMetadata,
	}}
	return s
}

// recordings is how many recordings are read at once; each uses all cores by itself.
const recordings = 2

// An outcome is what one bag gave.
type outcome struct {
	tasks    []Task
	problems []diag.Diagnostic // of no task of its own
	totals   totals
}

// bag gives one bag's tasks, and where an index is committed next to it, whether that is stale.
func (s scanner) bag(ctx context.Context, b *bagRef) outcome {
	o := s.indexedOrPresent(ctx, b)
	o.problems = append(o.problems, sameStems(o.tasks)...)
	s.checkChoices(o)
	if s.indexOnly {
		return s.locked(b, o)
	}
	return o
}

// sameStems notes the tasks of which frames differ in their extension only, wherever they are listed.
func sameStems(tasks []Task) (notes []diag.Diagnostic) {
	for _, t := range tasks {
		if t.sameStem != "" {
			notes = append(notes, diag.Diagnostic{
				Severity: diag.Note, Code: diag.CodeSameStem, Task: t.Name, Pos: t.Origin,
				Text: fmt.Sprintf("task %s: %s; CVAT's exports take them for one", wording.Safe(t.Name), t.sameStem),
			})
		}
	}
	return notes
}

func (s scanner) indexedOrPresent(ctx context.Context, b *bagRef) outcome {
	if b.onlyIndexed {
		return s.fromIndex(b)
	}
	o := s.present(ctx, b)
	if b.indexed == nil {
		return o
	}
	if b.served() == nil {
		b.unfetched = unfetched(ctx, o)
	}
	if b.unfetched != nil && b.indexed.Has(b.rel) {
		return s.fromIndex(b)
	}
	o.problems = append(o.problems, s.stale(b, o)...)
	return o
}

func (s scanner) present(ctx context.Context, b *bagRef) outcome {
	if b.missing != nil {
		return s.blocked(b, *b.missing)
	}
	if p, bad := s.notServed(b, contents{}); bad {
		return s.notNamed(b, p)
	}
	switch {
	case b.file && video.Named(b.rel):
		return s.videos(ctx, b, contents{videos: videosIn(b, contents{})})
	case b.file:
		return s.recording(ctx, b)
	}
	l, err := list(ctx, b.store, b.rel)
	if err != nil {
		return outcome{}
	}
	if s.matchers[manifest.KindPointCloud] == nil { // a .bin may be anything
		l.others, l.clouds = l.others+len(l.clouds), nil
	}
	if p, bad := s.notServed(b, l); bad {
		return s.notNamed(b, p)
	}
	o := s.listed(ctx, b, l)
	o.totals.leftOut.add(b, l.leftOut)
	s.countLeftVideos(b, l, &o)
	return o
}

// countLeftVideos counts the videos that lie in a bag of images or a recording, and are neither bags by themselves nor
// excluded.
func (s scanner) countLeftVideos(b *bagRef, l contents, o *outcome) {
	left := slices.DeleteFunc(slices.Clone(l.videos), func(at string) bool { return b.excludes(at) || s.bagFiles[path.Join(b.rel, at)] })
	switch {
	case len(o.tasks) == 0 || len(left) == 0:
	case o.totals.recordings > 0:
		o.totals.videosByRecordings.add(b, left)
	case len(l.images)+len(l.clouds) > 0:
		o.totals.videosByImages.add(b, left)
		o.totals.imagesByVideos += len(l.images) + len(l.clouds)
	}
}

// listed is what a directory holds, of whatever kind it is.
func (s scanner) listed(ctx context.Context, b *bagRef, l contents) outcome {
	whole := b.served() == nil && (l.metadata || len(l.recordings) > 0) && isRecording(ctx, b.store, b.rel)
	switch {
	case len(l.images)+len(l.clouds) > 0 && len(l.recordings) > 0 && b.served() == nil:
		return s.mixed(ctx, b, l, whole)
	case whole:
		return s.recording(ctx, b)
	case len(l.images)+len(l.clouds) == 0 && len(l.videos) > 0 && b.served() == nil:
		return s.videos(ctx, b, l)
	}
	return s.directory(ctx, b, l)
}

// notNamed is a bag of which names tell too little: an index may tell the rest of a video.
func (s scanner) notNamed(b *bagRef, p diag.Diagnostic) outcome {
	if o, ok := s.servedVideos(b); ok && s.m.SettleOf(b.entries) == 0 {
		return o
	}
	return s.blocked(b, p)
}

// cameras are those whose tasks the bag makes; without cameras, the one that is nil.
func (s scanner) cameras(b *bagRef) []*manifest.Camera {
	if len(s.m.Cameras) == 0 {
		return []*manifest.Camera{nil}
	}
	return s.m.CamerasOf(b.entries)
}

func (s scanner) directory(ctx context.Context, b *bagRef, l contents) outcome {
	o := outcome{totals: newTotals(s.m)}
	o.totals.pictures.add(b, l.pictures)
	d := s.divide(b, l, &o.totals)
	folders, misplaced := relatedOf(l)
	o.totals.misplaced.add(b, misplaced)
	hold := s.unsettled(ctx, b, slices.Concat(l.images, l.clouds))
	for _, camera := range s.cameras(b) {
		i := s.index(camera)
		if len(d.files[i]) == 0 && !slices.ContainsFunc(d.findings[i], isError) {
			for _, p := range d.findings[i] {
				p.Pos = b.pos()
				o.problems = append(o.problems, p)
			}
			o.totals.missing[i].add(b, []string{b.rel})
			continue
		}
		o.totals.taken[i]++
		v := newView(s.m, b, camera)
		t := v.files(d.files[i], l.filesFor(v.kind()))
		t.Deferred = cmp.Or(hold, t.Deferred)
		o.problems = append(o.problems, t.blockAll(d.findings[i])...)
		o.problems = append(o.problems, s.fileContext(&t, b, camera, d, l)...)
		t.addRelated(b, folders)
		t.frames.lists = listsIn(b, l)
		o.tasks = append(o.tasks, t)
	}
	if len(o.tasks) == 0 {
		return s.empty(b, l, o)
	}
	return o
}

// blocked gives the bag's tasks without frames, and all with these problems. That says more
// than that a camera has no images elsewhere.
func (s scanner) blocked(b *bagRef, problems ...diag.Diagnostic) outcome {
	o := outcome{totals: newTotals(s.m)}
	for _, camera := range s.cameras(b) {
		t := newView(s.m, b, camera).task()
		t.blockAll(problems)
		o.totals.taken[s.index(camera)]++
		o.tasks = append(o.tasks, t)
	}
	return o
}

// camera is the one of this name; nil where the manifest names none.
func (s scanner) camera(name string) *manifest.Camera {
	i, known := s.places[name]
	if !known {
		return nil
	}
	return &s.m.Cameras[i]
}

// index is a camera's place in the manifest; without cameras all is 0's.
func (s scanner) index(camera *manifest.Camera) int {
	if camera == nil {
		return 0
	}
	return s.places[camera.Name]
}

// files is fromFiles for a camera that may have none, only problems.
func (v view) files(paths, all []string) Task {
	if len(paths) == 0 {
		return v.task()
	}
	return v.fromFiles(paths, all)
}

// empty is a bag that has nothing for the manifest: an entry that names this very bag
// wants tasks of it, which are blocked; one that a glob found may be anything.
func (s scanner) empty(b *bagRef, l contents, o outcome) outcome {
	p := diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeNoImages, Pos: b.pos()}
	switch {
	case len(l.images) > 0:
		p.Text = fmt.Sprintf("bag %s has %s, but none of a camera: %s", wording.Safe(b.rel), wording.Count(len(l.images), "image", "images"), wording.Safe(slices.Min(l.images)))
		p.Hint = diag.Do(diag.HintCheckCameraFiles)
	case len(l.clouds) > 0:
		p.Text = fmt.Sprintf("bag %s has %s, but none of a camera: %s", wording.Safe(b.rel), wording.Count(len(l.clouds), "point cloud", "point clouds"), wording.Safe(slices.Min(l.clouds)))
		p.Hint = diag.Do(diag.HintCheckCameraFiles)
	case len(l.pictures) > 0:
		p.Text = fmt.Sprintf("bag %s has no image that CVAT takes: %s", wording.Safe(b.rel), wording.Safe(slices.Min(l.pictures)))
		p.Hint = diag.Do(diag.HintConvertTheImages)
	case len(l.recordings) > 0:
		first := l.recordings[0]
		p.Text = fmt.Sprintf("bag %s has no images, but %s, such as %s", wording.Safe(b.rel), wording.Count(len(l.recordings), "recording", "recordings"), wording.Safe(first))
		p.Hint = diag.Do(diag.HintMatchRecordings, path.Join(b.rel, path.Dir(first))+"/*")
	case l.others > 0:
		p.Text = fmt.Sprintf("bag %s has no images, only %s", wording.Safe(b.rel), wording.Count(l.others, "other file", "other files"))
	default:
		p.Text = fmt.Sprintf("bag %s is empty", wording.Safe(b.rel))
	}
	return s.emptyBag(b, p, o)
}

func (s scanner) emptyBag(b *bagRef, p diag.Diagnostic, o outcome) outcome {
	if !b.named() {
		o.problems = append(o.problems, p)
		return o
	}
	p.Severity = diag.Error
	blocked := s.blocked(b, p)
	blocked.totals = o.totals
	blocked.problems = o.problems
	return blocked
}

// blockSameNames blocks tasks of one name; the plan calls them a conflict.
func blockSameNames(tasks []Task) {
	first := make(map[plan.Name]int, len(tasks))
	for i := range tasks {
		name := plan.NameOf(tasks[i].Name)
		k, twice := first[name]
		if !twice {
			first[name] = i
			continue
		}
		text, hint := tasks[k].place().SameName(tasks[i].place())
		for _, t := range []*Task{&tasks[k], &tasks[i]} {
			t.block(diag.CodeSameTaskName, hint, "%s", text)
		}
	}
}

// blockEmpty blocks tasks without a frame that nothing else blocks: CVAT makes no such task, whatever the cause.
func blockEmpty(tasks []Task) {
	for i := range tasks {
		if t := &tasks[i]; len(t.frames.names) == 0 && len(t.Problems) == 0 {
			t.block(diag.CodeNoUsableImages, diag.Hint{}, "task %s would have no frames", wording.Safe(t.Name))
		}
	}
}

// place is where a task comes from, as it is shown.
func (t Task) place() plan.Desired {
	return plan.Desired{Task: wording.Safe(t.Name), Bag: t.Bag, Camera: wording.Safe(t.Camera), Origin: t.Origin}
}

func absolute(p string) string {
	if abs, err := filepath.Abs(p); err == nil {
		return abs
	}
	return p
}

// isRecording tells a recording's file or directory from another.
func isRecording(ctx context.Context, in store.Store, name string) bool {
	return bag.Detect(ctx, in, name) != ""
}
