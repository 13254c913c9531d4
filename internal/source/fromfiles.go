package source

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// fromFiles makes the task of the files that the camera takes of a directory; all are
// the whole bag's, for the time at which it begins.
func (v view) fromFiles(paths, all []string) Task {
	t := v.task()
	template := v.settings.FrameName
	if template == nil {
		template = manifest.DefaultFrameName
	}
	kept, index, err := v.selectFiles(paths, all, template)
	if err != nil || len(kept) == 0 {
		t.blockSelection(err, len(paths), paths[0])
		return t
	}
	if in := v.bag.served(); in != nil {
		v.fromServed(&t, in, kept, index)
		return t
	}
	prefix, plain := prefixOf(template, v.vars)
	if plain && normal(kept) && !v.renames(kept) {
		v.leaveChoice(&t, placesOf(v.prefixed(&t, prefix, kept)))
	} else {
		v.leaveChoice(&t, placesOf(v.templated(&t, template, kept, index)))
	}
	where := t.frames.source.Where
	t.blockAll(checkNames(t.Kind, t.frames.names, where))
	t.sameStem = sameStem(t.frames.names)
	return t
}

// selectFiles gives the paths that are taken, and which frame of the camera each is.
// Where nothing asks for the order of time, they stay as they came.
func (v view) selectFiles(paths, all []string, template *manifest.Template) (kept []string, index []int, err error) {
	if !selects(v.frames) && !template.Uses("index") && v.sorting() != "predefined" {
		return paths, nil, nil
	}
	paths, stamps := inTime(paths)
	s := selector{Frames: v.frames, stamps: stamps}
	if countsSeconds(v.frames) {
		s.first, _ = firstStamp(all)
	}
	index, err = s.pick(len(paths))
	return frame.Pick(paths, index), index, err
}

// normal reports whether all paths are in Unicode's form NFC, as nearly all are.
func normal(paths []string) bool {
	for _, p := range paths {
		if !norm.NFC.IsNormalString(p) {
			return false
		}
	}
	return true
}

// prefixed names frames by their paths, and gives their order. A directory before them changes none.
func (v view) prefixed(t *Task, prefix string, paths []string) (at []int) {
	if prefix == "" || strings.HasSuffix(prefix, "/") {
		at = order(paths, v.sorting())
		t.frames.names = join(prefix, frame.Pick(paths, at))
	} else {
		names := join(prefix, paths)
		at = order(names, v.sorting())
		t.frames.names = frame.Pick(names, at)
	}
	t.frames.dir, t.frames.source = v.bag.path(), v.fileSource(t.frames.names, len(prefix))
	return at
}

// templated executes the template for each frame, and gives their order.
func (v view) templated(t *Task, template *manifest.Template, paths []string, index []int) (at []int) {
	names := make([]string, len(paths))
	for i, p := range paths {
		number := i
		if index != nil {
			number = index[i]
		}
		name, err := template.Execute(fileVars(v.vars, p, number))
		if err != nil {
			t.block(diag.CodeBadFrameName, diag.Do(diag.HintChangeFrameName), "%s: %v", wording.Safe(p), err)
			name = p
			if len(t.Problems) > mostAlike {
				break
			}
		}
		names[i] = norm.NFC.String(name)
		if v.kind() == manifest.KindPointCloud {
			names[i] = v.cloudName(names[i])
		}
	}
	at = order(names, v.sorting())
	t.frames.names = frame.Pick(names, at)
	t.frames.dir, t.frames.source = v.bag.path(), v.fileSource(frame.Pick(paths, at), 0)
	t.blockAll(checkUnique(t.frames.names, t.frames.source.Where))
	return at
}

func (v view) fileSource(names []string, cut int) frame.Source {
	f := frame.Files{Store: v.bag.store, Dir: v.bag.rel, Names: names, Cut: cut, Stamp: stampOf}
	if v.kind() == manifest.KindPointCloud {
		f.Head = v.cloudHead
	}
	return f
}
