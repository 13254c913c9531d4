package source

import (
	"fmt"
	"path"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A division says whose file each is, and whose problem.
type division struct {
	files    [][]string // by the camera's place in the manifest
	findings [][]diag.Diagnostic
}

func (s scanner) divide(b *bagRef, l contents, sum *totals) division {
	n := max(1, len(s.m.Cameras))
	d := division{files: make([][]string, n), findings: make([][]diag.Diagnostic, n)}
	if len(s.m.Cameras) == 0 {
		d.files[0] = l.images
	} else {
		sum.unclaimed.add(b, s.divideFiles(b, l.images, manifest.KindImages, &d, sum))
		sum.clouds.add(b, s.divideFiles(b, l.clouds, manifest.KindPointCloud, &d, sum))
	}
	lists := make([]problemList, n)
	for _, f := range l.problems {
		s.divideFinding(b, f, lists)
	}
	for i := range lists {
		d.findings[i] = append(d.findings[i], lists[i].problems()...)
	}
	return d
}

// divideFiles gives files of a kind to the cameras of that kind; those that none takes are left.
func (s scanner) divideFiles(b *bagRef, files []string, kind manifest.Kind, d *division, sum *totals) (left []string) {
	matcher := s.matchers[kind]
	switch {
	case s.onlyClouds() && kind == manifest.KindImages: // another manifest's, since no project takes both
		return nil
	case matcher == nil:
		return files
	}
	disputes := make(map[[2]int][]string)
	for _, at := range files {
		i, between := matcher.Owner(at)
		switch i {
		case camera.Unmatched:
			if !s.fileOfContext(at) {
				left = append(left, at)
			}
		case camera.Ambiguous:
			disputes[between] = append(disputes[between], at)
		default:
			d.files[i] = append(d.files[i], at)
			sum.kind(i, at, s.m.Cameras[i])
		}
	}
	for between, paths := range disputes {
		s.dispute(b, between, paths, d)
	}
	return left
}

// onlyClouds reports whether all cameras of the manifest are of point clouds.
func (s scanner) onlyClouds() bool {
	return len(s.matchers) == 1 && s.matchers[manifest.KindPointCloud] != nil
}

// ownerOf is the camera that takes a file.
func (s scanner) ownerOf(at string) int {
	matcher := s.matchers[kindOf(at)]
	if matcher == nil {
		return camera.Unmatched
	}
	owner, _ := matcher.Owner(at)
	return owner
}

// dispute blocks both cameras: whose the files are must be said, not guessed.
func (s scanner) dispute(b *bagRef, between [2]int, paths []string, d *division) {
	p := diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeTwoCameras,
		Text: fmt.Sprintf("%s fits files: of both %s and %s", wording.Safe(b.store.Path(path.Join(b.rel, paths[0]))), s.m.Cameras[between[0]].Name, s.m.Cameras[between[1]].Name),
		Hint: diag.Do(diag.HintNarrowGlobs),
	}
	if len(paths) > 1 {
		p.Text += fmt.Sprintf(" (and %d more)", len(paths)-1)
	}
	for _, i := range between {
		d.findings[i] = append(d.findings[i], p)
	}
}

// divideFinding gives a problem of a file to the camera that would take the file, and
// one of a directory to all: who knows what is in it.
func (s scanner) divideFinding(b *bagRef, f finding, lists []problemList) {
	f.Text = wording.Safe(b.store.Path(path.Join(b.rel, f.path))) + ": " + f.Text
	owner := camera.Unmatched
	if len(s.m.Cameras) == 0 {
		owner = 0
	} else if framed(f.path) {
		if owner = s.ownerOf(f.path); owner < 0 {
			return
		}
	}
	for i := range lists {
		if owner == camera.Unmatched || owner == i {
			lists[i].add(f.Diagnostic)
		}
	}
}
