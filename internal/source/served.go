package source

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/pcd"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// maxKey is what CVAT takes as a file's name on its server, in characters.
const maxKey = 1024

// listName is what CVAT's own tools call a list of images.
const listName = "manifest.jsonl"

// served is the tree that the server reads by itself and in which the bag is; nil where cvatplan reads it.
func (b bagRef) served() *store.Served {
	s, _ := b.store.(*store.Served)
	return s
}

// fromServed makes the task of images that the server reads by itself: frames have their names there.
func (v view) fromServed(t *Task, in *store.Served, paths []string, index []int) {
	prefix := in.Key(v.bag.rel)
	if prefix != "" {
		prefix += "/"
	}
	keys := join(prefix, paths)
	v.checkTemplate(t, keys, paths, index)
	at := order(keys, v.sorting())
	keys = frame.Pick(keys, at)
	t.frames.names = keys
	t.frames.source = frame.Files{Store: in, Dir: v.bag.rel, Names: keys, Cut: len(prefix), Stamp: stampOf}
	if slices.ContainsFunc(keys, pcd.IsBin) {
		v.renameBins(t, in, keys)
	} else {
		t.blockAll(checkListedOnce(keys))
	}
	v.leaveChoice(t, placesOf(at))
	t.sameStem = sameStem(t.frames.names)
	t.frames.payload = payloadOf(in)
	t.blockAll(checkKeys(t.Kind, t.frames.names, t.frames.source.Where))
	if t.frames.bad == "skip" {
		t.block(diag.CodeNamesOnly, diag.Hint{}, "bag %s: frames: bad: skip needs the images, and %s", wording.Safe(v.bag.rel), onlyNames)
	}
}

// checkListedOnce reports names that the server lists twice, which it takes in no task. CVAT 2.73 lists names without the spaces
// at their ends, so that two files can have one name there.
func checkListedOnce(keys []string) []diag.Diagnostic {
	if increasing(keys) {
		return nil
	}
	var list problemList
	seen := make(map[string]bool, len(keys))
	for _, key := range keys {
		if seen[key] {
			list.add(diag.Diagnostic{
				Severity: diag.Error, Code: diag.CodeSameFrameName,
				Text: fmt.Sprintf("CVAT lists %s twice: it leaves out spaces at the ends of names", wording.Safe(key)),
				Hint: diag.Do(diag.HintRenameFrame),
			})
		}
		seen[key] = true
	}
	return list.problems()
}

// payloadOf is how the files of a tree that the server reads by itself get to it.
func payloadOf(in *store.Served) plan.Payload {
	if in.At.Share {
		return plan.Payload{Kind: plan.PayloadShare, Root: in.Root, Storage: in.At.Storage}
	}
	return plan.Payload{Kind: plan.PayloadCloud, Root: in.Root, Storage: in.At.Storage}
}

// renameBins gives frames the names that CVAT gives them: it calls a .bin of a cloud storage .pcd. Of its share it imports
// none (measured on 2.73): it looks there for the .pcd that it makes elsewhere.
func (v view) renameBins(t *Task, in *store.Served, keys []string) {
	if in.At.Share {
		t.block(diag.CodeNamesOnly, diag.Hint{}, "bag %s: CVAT imports no .bin of its share, only .pcd", wording.Safe(v.bag.rel))
		return
	}
	if i := slices.IndexFunc(keys, pcd.IsNuScenes); i >= 0 {
		t.block(diag.CodeNamesOnly, diag.Do(diag.HintReadRecordings), "bag %s: %s has points of five numbers, and CVAT takes a .bin for points of four", wording.Safe(v.bag.rel), wording.Safe(keys[i]))
		return
	}
	t.frames.served, t.frames.names = keys, make([]string, len(keys))
	for i, key := range keys {
		t.frames.names[i] = pcd.FileName(key)
	}
	t.blockAll(checkUnique(t.frames.names, t.frames.source.Where))
}

// servedVideos gives the tasks of a bag that is videos which the server reads by itself. How many frames they have the bag's
// index tells, which was written where they are; false where there is none, or one of something else.
func (s scanner) servedVideos(b *bagRef) (o outcome, ok bool) {
	in := b.served()
	if in == nil || b.indexed == nil {
		return o, false
	}
	o = outcome{totals: newTotals(s.m)}
	for _, c := range s.cameras(b) {
		v := newView(s.m, b, c)
		l := b.indexed.Of(b.rel, v.cameraName())
		switch {
		case l == nil:
			o.totals.withoutVideo(s.index(c), b)
			continue
		case !l.Video || len(l.Paths) == 0:
			return outcome{}, false
		}
		t := v.fromIndexed(l, s)
		if problem := v.unfitForVideo(); problem != nil {
			t.blockAll([]diag.Diagnostic{*problem})
		}
		if len(t.Problems) == 0 {
			if v.frames.Stop != nil || v.frames.Limit > 0 {
				*t.frames.video = t.frames.video.Cut()
			}
			t.frames.video.File = in.Key(b.fileAt(l.Paths[0]))
			t.frames.served, t.frames.payload = []string{t.frames.video.File}, payloadOf(in)
			t.blockAll(checkKeys(t.Kind, t.frames.served, t.frames.source.Where))
		}
		o.totals.taken[s.index(c)]++
		o.tasks = append(o.tasks, t)
	}
	return o, len(o.tasks) > 0
}

const onlyNames = "CVAT tells no more than their names"

// checkTemplate blocks a task whose frames are to have other names than their files.
func (v view) checkTemplate(t *Task, names, paths []string, index []int) {
	if v.settings.FrameName == nil {
		return
	}
	for i, p := range paths {
		number := i
		if index != nil {
			number = index[i]
		}
		name, err := v.settings.FrameName.Execute(fileVars(v.vars, p, number))
		if err != nil || norm.NFC.String(name) != norm.NFC.String(names[i]) {
			t.block(diag.CodeNamesOnly, diag.Do(diag.HintLeaveFrameNameOut), "frame_name gives %s the name %s, but CVAT calls an image that it reads by itself %s",
				wording.Safe(v.bag.store.Path(path.Join(v.bag.rel, p))), wording.Safe(name), wording.Safe(names[i]))
			return
		}
	}
}

// checkKeys reports names that CVAT does not take.
func checkKeys(kind manifest.Kind, names []string, where func(int) string) []diag.Diagnostic {
	var list problemList
	for i, name := range names {
		if plainName(name) && accepted(kind, name) {
			continue
		}
		err := unfit("name", name)
		switch {
		case err != nil:
		case utf8.RuneCountInString(name) > maxKey:
			err = fmt.Errorf("a name of %d characters; CVAT takes %d", utf8.RuneCountInString(name), maxKey)
		case path.Clean(name) != name || name[0] == '/' || strings.HasPrefix(name, "../"):
			err = fmt.Errorf("name %s is not a plain path, which CVAT refuses", wording.Safe(name))
		}
		if err != nil {
			list.add(diag.Diagnostic{Severity: diag.Error, Code: diag.CodeBadFrameName, Text: fmt.Sprintf("%s: %v", wording.Safe(where(i)), err), Hint: diag.Do(diag.HintRenameFrame)})
		}
	}
	return list.problems()
}

// notServed says why a bag that the server reads by itself gives no tasks; false where it does.
func (s scanner) notServed(b *bagRef, l contents) (diag.Diagnostic, bool) {
	p := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeNamesOnly}
	switch {
	case b.served() == nil:
		return p, false
	case s.m.SettleOf(b.entries) > 0:
		p.Text = fmt.Sprintf("bag %s: settle: needs the files' dates, and %s", wording.Safe(b.rel), onlyNames)
		return p, true
	case b.file && video.Named(b.rel) || len(l.images)+len(l.clouds) == 0 && len(l.videos) > 0:
		p.Text = fmt.Sprintf("bag %s is a video, and no index tells how many frames it has: %s", wording.Safe(b.rel), onlyNames)
		p.Hint = diag.Do(diag.HintIndexVideo, b.pos().File)
		return p, true
	case b.file || (l.metadata || len(l.recordings) > 0) && len(l.images)+len(l.clouds) == 0:
		p.Text = fmt.Sprintf("bag %s is a recording, and cvatplan cannot read it there: %s", wording.Safe(b.rel), store.ErrServed)
		p.Hint = diag.Do(diag.HintReadRecordings)
		return p, true
	}
	return p, false
}

// serverLists are the lists of images that a task's import may take.
type serverLists struct {
	in   *store.Served
	keys []string
}

// listsIn are those of the bag, and those that are registered with the storage.
func listsIn(b *bagRef, l contents) serverLists {
	in := b.served()
	if in == nil || in.At.Share {
		return serverLists{}
	}
	keys := slices.Clone(in.At.Manifests)
	for _, at := range l.lists {
		keys = append(keys, in.Key(path.Join(b.rel, at)))
	}
	slices.Sort(keys)
	return serverLists{in, slices.Compact(keys)}
}

// mostListed is how many names a list may have to be of use. CVAT 2.73 looks for each of them among the names of the task, one
// after the other: at 50,000 that takes 20 minutes, where opening the images takes 7, and of a long list it costs more than
// opening the images, whatever part of it a task takes.
const mostListed = 10_000

// Lists finds for each of the tasks that are wanted the key of a list of images, in the storage that CVAT reads the task's images of, which has them
// all: its import takes their sizes from it, and need not open each. It is empty where there is none. To ask for what a list has
// costs the server more than to list a directory, since it reads all of the list for each 500 names: so those tasks are meant
// to be the ones that are to be imported. The others tell how long a list is.
func Lists(ctx context.Context, tasks []Task, wanted func(i int) bool) (keys []string, problems []diag.Diagnostic) {
	const atOnce = 4
	keys = make([]string, len(tasks))
	found := make([][]diag.Diagnostic, len(tasks))
	length := sync.OnceValue(func() map[string]int { return lengths(tasks) })
	frame.Parallel(ctx, len(tasks), atOnce, func(i int) {
		if wanted(i) {
			keys[i], found[i] = tasks[i].list(ctx, length)
		}
	})
	return keys, slices.Concat(found...)
}

// lengths are how many images each list has at least, if it has those of all tasks that lie below it.
func lengths(tasks []Task) map[string]int {
	length := map[string]int{}
	for _, t := range tasks {
		for _, list := range t.frames.lists.keys {
			for _, name := range t.frames.names {
				if below(name, list) {
					length[list]++
				}
			}
		}
	}
	return length
}

// below reports whether a list can name an image.
func below(name, list string) bool {
	dir := path.Dir(list)
	return dir == "." || strings.HasPrefix(name, dir+"/")
}

func (t Task) list(ctx context.Context, length func() map[string]int) (key string, problems []diag.Diagnostic) {
	if len(t.frames.lists.keys) == 0 || t.Kind != manifest.KindImages || len(t.frames.names) == 0 || len(t.Problems) > 0 {
		return "", nil
	}
	for _, list := range t.frames.lists.keys {
		if slices.ContainsFunc(t.frames.names, func(name string) bool { return !below(name, list) }) {
			continue
		}
		missing, err := "", store.ErrLong
		if length()[list] <= mostListed {
			missing, err = lacks(ctx, t.frames.lists.in, list, t.frames.names)
		}
		if err == nil && missing == "" {
			return list, nil
		}
		p := diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeListUnused, Task: t.Name, Pos: t.Origin, Hint: diag.Do(diag.HintWriteListAgain, list)}
		switch {
		case errors.Is(err, store.ErrLong):
			p.Text = fmt.Sprintf("task %s: the list %s has more than %d images, among which CVAT searches longer than it would open them, so it is not used", wording.Safe(t.Name), wording.Safe(list), mostListed)
			p.Hint = diag.Do(diag.HintShortLists)
		case err != nil:
			p.Text = fmt.Sprintf("task %s: the list %s cannot be read: %s", wording.Safe(t.Name), wording.Safe(list), reason(err))
		default:
			p.Text = fmt.Sprintf("task %s: the list %s lacks %s, so it is not used, and CVAT opens every image", wording.Safe(t.Name), wording.Safe(list), wording.Safe(missing))
		}
		problems = append(problems, p)
	}
	return "", problems
}

// lacks is the first of the names that a list has not; empty if it has all.
func lacks(ctx context.Context, in *store.Served, list string, names []string) (string, error) {
	var dirs []string
	within := map[string][]string{} // by directory
	for _, name := range names {
		dir := path.Dir(name)
		if within[dir] == nil {
			dirs = append(dirs, dir)
		}
		within[dir] = append(within[dir], name)
	}
	for _, dir := range dirs {
		if missing, err := lacksAny(ctx, in, list, strings.TrimPrefix(dir, "."), within[dir]); missing != "" || err != nil {
			return missing, err
		}
	}
	return "", nil
}

// lacksAny compares each name of a directory.
func lacksAny(ctx context.Context, in *store.Served, list, dir string, names []string) (string, error) {
	found, err := in.Names.Listed(ctx, list, dir, mostListed)
	if err != nil {
		return "", err
	}
	listed := make(map[string]bool, len(found))
	for _, f := range found {
		listed[f.Name] = !f.IsDir
	}
	for _, name := range names {
		if !listed[path.Base(name)] {
			return name, nil
		}
	}
	return "", nil
}

// untraceable is why no record of where the frames come from can be written.
func (t Task) untraceable() []diag.Diagnostic {
	return []diag.Diagnostic{{
		Severity: diag.Error, Code: diag.CodeNamesOnly, Task: t.Name, Pos: t.Origin,
		Text: fmt.Sprintf("task %s: sizes and sums of its images cannot be read: %s", wording.Safe(t.Name), onlyNames),
	}}
}

// roots are where bags are looked for, in the manifest's order, with the entries of each.
func rootsOf(m *manifest.Manifest, main string) (roots []string, entries map[string][]*manifest.Bag) {
	entries = map[string][]*manifest.Bag{}
	for i := range m.Bags {
		root := main
		if own := m.Bags[i].Root; own != "" {
			root = own
		}
		if entries[root] == nil {
			roots = append(roots, root)
		}
		entries[root] = append(entries[root], &m.Bags[i])
	}
	if len(roots) == 0 {
		roots = []string{main}
	}
	return roots, entries
}
