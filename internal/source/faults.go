package source

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// judge sorts out what was found of each frame: which are kept, and what is said. A task needs one at the least.
func (t Task) judge(report []diag.Diagnostic) (kept []int, problems []diag.Diagnostic) {
	kept, problems = t.keep(report)
	if len(kept) == 0 && len(report) > 0 {
		problems = append(problems, diag.Diagnostic{Severity: diag.Error, Code: diag.CodeNoUsableImages, Task: t.Name, Pos: t.Origin, Text: t.noneUsable(len(report))})
	}
	return kept, problems
}

// keep is judge for what a task may lack.
func (t Task) keep(report []diag.Diagnostic) (kept []int, problems []diag.Diagnostic) {
	var list problemList
	for i, p := range report {
		switch {
		case p.Code == diag.CodeUnreadableMessage: // damage of the recording, not of an image; strict reading ends before
			p.Severity, p.Text = diag.Warning, p.Text+"; left out"
		case p.Severity == diag.Error && t.SkipsBad() && slices.Contains(skippable, p.Code):
			p.Severity, p.Text, p.Hint = diag.Note, p.Text+"; left out", diag.Hint{}
		default:
			kept = append(kept, i)
		}
		if p.Code != "" {
			p.Task, p.Pos = t.Name, t.Origin
			list.add(p)
		}
	}
	return kept, list.problems()
}

// noneUsable says that no frame of so many is one that can be sent.
func (t Task) noneUsable(n int) string {
	return fmt.Sprintf("%s: none of its %d %ss can be used", wording.Safe(t.Name), n, t.thing())
}

// thing is what a frame is.
func (t Task) thing() string {
	if t.Kind == manifest.KindPointCloud {
		return "point cloud"
	}
	return "image"
}

// skippable are the faults of an image itself. A file that is elsewhere, or that may
// not be read, is no bad frame: it is asked for.
var skippable = []diag.Code{diag.CodeCorruptImage, diag.CodeEmptyImage, diag.CodeNotAnImage, diag.CodeTooLargeImage}

// SkipsBad reports whether frames: bad: skip holds for the task, so that only reading
// its images tells which frames it will have.
func (t Task) SkipsBad() bool { return t.frames.bad == "skip" }

// MayLose reports whether reading may find fewer frames than the bag's index or directory
// tells of: a server's task that has fewer is compared only after [CheckHeaders].
func (t Task) MayLose() bool {
	return t.frames.mayLose || t.SkipsBad()
}

// unreadable says what is wrong with a frame.
func (t Task) unreadable(i int, err error) diag.Diagnostic {
	where := t.frames.source.Where(i)
	p := diag.Diagnostic{Severity: diag.Error, Text: wording.Safe(where) + ": "}
	var f diag.Diagnostic
	switch {
	case errors.As(err, &f):
		p.Code, p.Text, p.Hint = f.Code, p.Text+f.Text, f.Hint
		if command := FetchCommand(f.Code, where, t.bagDir(where)); command != (diag.Hint{}) {
			p.Hint = command
		}
	case errors.Is(err, fs.ErrNotExist):
		p.Code, p.Text = diag.CodeVanished, p.Text+"it is gone since the bag was listed"
	case errors.Is(err, fs.ErrPermission):
		p.Code, p.Text, p.Hint = diag.CodeUnreadableImage, p.Text+reason(err), diag.Do(diag.HintMakeReadable, where)
	default:
		p.Code, p.Text, p.Hint = diag.CodeOr(diag.CodeUnreadableImage, err), p.Text+reason(err), diag.HintOf(err)
	}
	return p
}

func (t Task) bagDir(where string) string {
	if t.frames.dir != "" {
		return t.frames.dir
	}
	return filepath.Dir(where)
}

// unchecked warns of an image that only CVAT can open; where the order file needs its
// size, that is an error.
func (t Task) unchecked(i int, h imageheader.Header) diag.Diagnostic {
	where := wording.Safe(t.frames.source.Where(i))
	switch {
	case h.Width*h.Height == 0 && t.frames.sized:
		return diag.Diagnostic{
			Severity: diag.Error, Code: diag.CodeUnknownSize, Hint: diag.Do(diag.HintSortOrConvert),
			Text: fmt.Sprintf("%s: the size of a %s image, which sorting_method predefined needs, is not known here", where, h.Unchecked),
		}
	case h.Unchecked != "":
		return diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeUncheckedImage, Text: fmt.Sprintf("%s: %s is not checked here, and may fail in CVAT", where, h.Unchecked)}
	}
	return diag.Diagnostic{}
}
