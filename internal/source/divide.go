package source

import (
	"fmt"
	"path"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A division says whose image each is, and whose problem.
type division struct {
	images   [][]string // by the camera's place in the manifest
	findings [][]diag.Diagnostic
}

func (s scanner) divide(b *bagRef, l contents, sum *totals) division {
	n := max(1, len(s.m.Cameras))
	d := division{images: make([][]string, n), findings: make([][]diag.Diagnostic, n)}
	if len(s.m.Cameras) == 0 {
		d.images[0] = l.images
	} else {
		s.divideImages(b, l.images, &d, sum)
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

func (s scanner) divideImages(b *bagRef, images []string, d *division, sum *totals) {
	var left []string
	disputes := make(map[[2]int][]string)
	for _, at := range images {
		i, between := s.matcher.Owner(at)
		switch i {
		case camera.Unmatched:
			if !s.fileOfContext(at) {
				left = append(left, at)
			}
		case camera.Ambiguous:
			disputes[between] = append(disputes[between], at)
		default:
			d.images[i] = append(d.images[i], at)
			sum.kind(i, at, s.m.Cameras[i])
		}
	}
	sum.unclaimed.add(b, left)
	for between, paths := range disputes {
		s.dispute(b, between, paths, d)
	}
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
	} else if imageheader.Accepted(f.path) {
		if owner, _ = s.matcher.Owner(f.path); owner < 0 {
			return
		}
	}
	for i := range lists {
		if owner == camera.Unmatched || owner == i {
			lists[i].add(f.Diagnostic)
		}
	}
}
