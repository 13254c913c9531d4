package source

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
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
	names := join(prefix, paths)
	v.checkTemplate(t, names, paths, index)
	at := order(names, v.sorting())
	names = frame.Pick(names, at)
	t.frames.names = names
	v.leaveChoice(t, placesOf(at))
	t.frames.source = frame.Files{Store: in, Dir: v.bag.rel, Names: names, Cut: len(prefix), Stamp: stampOf}
	t.frames.payload = plan.Payload{Kind: plan.PayloadCloud, Root: in.Root, Storage: in.At.Storage}
	if in.At.Share {
		t.frames.payload.Kind = plan.PayloadShare
	}
	t.blockAll(checkKeys(names, t.frames.source.Where))
	if t.frames.bad == "skip" {
		t.block(diag.CodeNamesOnly, diag.Hint{}, "bag %s: frames: bad: skip needs the images, and %s", wording.Safe(v.bag.rel), onlyNames)
	}
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
func checkKeys(names []string, where func(int) string) []diag.Diagnostic {
	var list problemList
	for i, name := range names {
		if plainName(name) && imageheader.Accepted(name) {
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
	case b.file && video.Named(b.rel) || len(l.images) == 0 && len(l.videos) > 0:
		p.Text = fmt.Sprintf("bag %s is a video, and cvatplan cannot count its frames there: %s", wording.Safe(b.rel), store.ErrServed)
		p.Hint = diag.Do(diag.HintReadRecordings)
		return p, true
	case b.file || (l.metadata || len(l.recordings) > 0) && len(l.images) == 0:
		p.Text = fmt.Sprintf("bag %s is a recording, and cvatplan cannot read it there: %s", wording.Safe(b.rel), store.ErrServed)
		p.Hint = diag.Do(diag.HintReadRecordings)
		return p, true
	case s.m.SettleOf(b.entries) > 0:
		p.Text = fmt.Sprintf("bag %s: settle: needs the files' dates, and %s", wording.Safe(b.rel), onlyNames)
		return p, true
	}
	return p, false
}

// takeList lets the task's import take the images' sizes from a list in the storage, where there is
// one that has them all: CVAT need not open each image then. Lists are sought in the bag, and among
// those that are registered with the storage.
func (s scanner) takeList(ctx context.Context, t *Task, b *bagRef, l contents) []diag.Diagnostic {
	in := b.served()
	if in == nil || in.At.Share || len(t.frames.names) == 0 || len(t.Problems) > 0 {
		return nil
	}
	var problems []diag.Diagnostic
	candidates := slices.Clone(in.At.Manifests)
	for _, at := range l.lists {
		candidates = append(candidates, in.Key(path.Join(b.rel, at)))
	}
	slices.Sort(candidates)
	for _, list := range slices.Compact(candidates) {
		dir := path.Dir(list)
		if dir != "." && slices.ContainsFunc(t.frames.names, func(name string) bool { return !strings.HasPrefix(name, dir+"/") }) {
			continue
		}
		missing, err := lacks(ctx, in, list, t.frames.names)
		if err == nil && missing == "" {
			t.frames.payload.Manifest = list
			return nil
		}
		p := diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeListUnused, Task: t.Name, Pos: t.Origin, Hint: diag.Do(diag.HintWriteListAgain, list)}
		p.Text = fmt.Sprintf("task %s: the list %s lacks %s, so it is not used, and CVAT opens every image", wording.Safe(t.Name), wording.Safe(list), wording.Safe(missing))
		if err != nil {
			p.Text = fmt.Sprintf("task %s: the list %s cannot be read: %s", wording.Safe(t.Name), wording.Safe(list), reason(err))
		}
		problems = append(problems, p)
	}
	return problems
}

// lacks is the first of the names that a list has not; empty if it has all.
func lacks(ctx context.Context, in *store.Served, list string, names []string) (string, error) {
	listed := map[string]map[string]bool{} // by directory
	for _, name := range names {
		dir, base := path.Split(name)
		if listed[dir] == nil {
			found, err := in.Names.Listed(ctx, list, strings.TrimSuffix(dir, "/"))
			if err != nil {
				return "", err
			}
			listed[dir] = make(map[string]bool, len(found))
			for _, f := range found {
				listed[dir][f.Name] = !f.IsDir
			}
		}
		if !listed[dir][base] {
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
