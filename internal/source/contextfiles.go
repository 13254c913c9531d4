package source

import (
	"path"
	"slices"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// fileContext gives the frames of a camera in a directory the images of others in it, by the times that the files'
// names carry, or, where none carries one, by the numbers in them.
func (s scanner) fileContext(t *Task, b *bagRef, of *manifest.Camera, d division, l contents) []diag.Diagnostic {
	if of == nil || len(of.Context) == 0 || len(t.frames.names) == 0 {
		return nil
	}
	if b.served() != nil {
		t.block(diag.CodeNamesOnly, diag.Hint{}, "bag %s: context: needs the images to be uploaded with the context images, and CVAT reads these images by itself", wording.Safe(b.rel))
		return nil
	}
	var problems []diag.Diagnostic
	for _, c := range of.Context {
		if c.Camera == "" && len(c.Files) == 0 { // it is of recordings
			t.frames.context = append(t.frames.context, series{name: c.Name})
			continue
		}
		if other := s.camera(c.Camera); other != nil {
			wrong := diag.Errors(d.findings[s.index(other)])
			problems = append(problems, t.blockAll(inContext(c.Name, slices.Clone(wrong)))...)
		}
		paths := s.contextFiles(c, d, l)
		of := candidates{
			open: func(used []int) frame.Source {
				return frame.Files{Store: b.store, Dir: b.rel, Names: frame.Pick(paths, used), Stamp: stampOf}
			},
			file: func(i int) string { return c.Name + path.Ext(paths[i]) },
		}
		if !t.timed() && !slices.ContainsFunc(paths, func(p string) bool { _, ok := stampOf(p); return ok }) {
			problems = append(problems, t.addByNumber(c, paths, of)...)
			continue
		}
		stamps := make([]int64, len(paths))
		for i, p := range paths {
			stamp, ok := stampOf(p)
			if !ok {
				t.block(diag.CodeNoStamps, diag.Do(diag.HintStampContext), "context %s: no time stamps in the names of its images, such as %s", wording.Safe(c.Name), wording.Safe(b.store.Path(path.Join(b.rel, p))))
				return problems
			}
			stamps[i] = stamp
		}
		problems = append(problems, t.addContext(c.Name, c.Within, stamps, of)...)
	}
	return problems
}

// contextFiles are the images of a bag that one entry of context: may take.
func (s scanner) contextFiles(c manifest.Context, d division, l contents) []string {
	if c.Camera != "" {
		return d.files[s.places[c.Camera]]
	}
	return slices.DeleteFunc(slices.Clone(l.images), func(at string) bool { return !takesFile(c, at) })
}

func takesFile(c manifest.Context, at string) bool {
	at = norm.NFC.String(at)
	return slices.ContainsFunc(c.Files, func(glob string) bool { return doublestar.MatchUnvalidated(glob, at) })
}

// fileOfContext reports whether some entry of context: takes a file by its globs.
func (s scanner) fileOfContext(at string) bool {
	for _, c := range s.m.Cameras {
		if slices.ContainsFunc(c.Context, func(c manifest.Context) bool { return takesFile(c, at) }) {
			return true
		}
	}
	return false
}
