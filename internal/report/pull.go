package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/pull"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// PullFiles writes a line for each file: what changed, and unchanged ones too where verbose is set. Long paths lose their middle
// where the lines are to fit a width, in cells; 0 is without bounds.
func PullFiles(w io.Writer, r pull.Result, verbose bool, width int) error {
	signs := map[pull.Change]string{pull.Created: "+", pull.Changed: "~", pull.Gone: "?", pull.Removed: "-", pull.Unchanged: " "}
	for _, f := range r.Files {
		if f.Change == pull.Unchanged && !verbose {
			continue
		}
		name, holds := wording.Safe(f.Path), inFile(f)
		if width > 0 {
			name = Shortened(name, max(width-2-len(holds), narrowestName))
		}
		if _, err := fmt.Fprintf(w, "%s %s%s\n", signs[f.Change], name, holds); err != nil {
			return err
		}
	}
	return nil
}

func inFile(f pull.File) string {
	switch {
	case f.Change == pull.Gone:
		return " (gone; --prune removes it)"
	case f.Frames == 0:
		return ""
	}
	return fmt.Sprintf(" (%s, %s, %s)", wording.Count(f.Frames, "frame", "frames"), wording.Count(f.Shapes, "shape", "shapes"), wording.Count(f.Tags, "tag", "tags"))
}

// PullWarnings are what a pull leaves out, a sentence each.
func PullWarnings(r pull.Result) []string {
	var all []string
	for _, w := range r.Warnings {
		all = append(all, wording.Safe(w))
	}
	if len(r.Missing) > 0 {
		all = append(all, fmt.Sprintf("the server has no frames of %s of the manifests, such as %s", wording.Count(len(r.Missing), "task", "tasks"), wording.Safe(r.Missing[0])))
	}
	if r.Other > 0 {
		all = append(all, fmt.Sprintf("%s of the project in no manifest left alone; --all pulls them too", wording.Count(r.Other, "task", "tasks")))
	}
	lost := r.Lost()
	for _, what := range slices.Sorted(maps.Keys(lost)) {
		all = append(all, fmt.Sprintf("%s: %d left out", what, lost[what]))
	}
	return all
}

// PullSummary is the last line of a pull, or of a check of one.
func PullSummary(r pull.Result, check bool) string {
	files := map[pull.Change]int{}
	for _, f := range r.Files {
		if f.Change != pull.Unchanged || !f.Empty {
			files[f.Change]++
		}
	}
	var parts []string
	for _, c := range []pull.Change{pull.Created, pull.Changed, pull.Unchanged, pull.Gone, pull.Removed} {
		if n := files[c]; n > 0 || c == pull.Changed {
			parts = append(parts, fmt.Sprintf("%d %s", n, c))
		}
	}
	word := "Pull"
	if check {
		word = "Check"
	}
	text := fmt.Sprintf("%s: %s of project %s; files: %s.", word, wording.Count(r.Tasks, "task", "tasks"), wording.Safe(r.Project), strings.Join(parts, ", "))
	left := r.LeftOut()
	if left.Hidden > 0 {
		text += fmt.Sprintf(" %s left out.", wording.Count(left.Hidden, "hidden frame", "hidden frames"))
	}
	if left.Filtered > 0 {
		text += fmt.Sprintf(" %s of other jobs left out.", wording.Count(left.Filtered, "frame", "frames"))
	}
	if left.Unplaced > 0 {
		text += fmt.Sprintf(" %s in no bag.", wording.Count(left.Unplaced, "frame", "frames"))
	}
	return text
}
