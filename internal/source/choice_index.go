package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// recall makes a choice as the index keeps it, as far as that was asked for the same, by whatever version of the
// algorithms. What it says is in what the index does not fit: then pixels are to tell the rest, or all.
func (t *Task) recall(l *index.Frames) string {
	c := t.frames.choice
	switch {
	case len(l.Names) == 0:
		return fmt.Sprintf("it has none of its %s", wording.Count(len(c.at), "frame", "frames"))
	case choiceIn(l.Selection) != choiceIn(t.frames.selection) || len(l.ChosenBy) != len(l.Names):
		return fmt.Sprintf("its frames were taken with %s, and the manifest says %s", orDefaults(l.Selection), orDefaults(t.frames.selection))
	}
	indexed, mine := t.keys(l)
	gone := c.remember(l, indexed, mine)
	if len(c.kept) == 0 {
		c.judged = 0
		return fmt.Sprintf("none of its frames are there, such as %s", wording.Safe(gone[0]))
	}
	fresh := 0
	if !c.enough(len(c.kept)) {
		fresh = max(c.end()-c.begin(), 0)
	}
	if fresh == 0 {
		t.frames = t.frames.chosen(c, c.kept)
		if t.frames.payload.Served() { // nothing of its images can be compared
			t.frames.index = nil
		}
	}
	switch {
	case len(gone) > 0:
		return fmt.Sprintf("it has %s no longer there, such as %s", wording.Count(len(gone), "frame that is", "frames that are"), wording.Safe(gone[0]))
	case fresh > 0:
		return fmt.Sprintf("%s came that it did not choose from", wording.Count(fresh, "frame", "frames"))
	case t.frames.payload.Served():
		return ""
	}
	return differs(t.frames.names, l.Names)
}

// choiceIn is what of a selection says which frames there are to choose from, and how. It comes first in it.
func choiceIn(selection string) string {
	of := strings.Fields(selection)
	for i, setting := range of {
		key, _, _ := strings.Cut(setting, "=")
		if !slices.Contains([]string{"start", "stop", "every", "every_seconds", "sharpest_of", "distinct", "limit", "spread"}, key) {
			of = of[:i]
			break
		}
	}
	return strings.Join(of, " ")
}

// keys are what the index's frames and the task's are known by: paths in the bag, or names of what a recording's
// messages become.
func (t *Task) keys(l *index.Frames) (indexed, mine []string) {
	if len(l.Paths) != len(l.Names) {
		return l.Names, t.frames.names
	}
	mine = make([]string, len(t.frames.names))
	for i := range mine {
		mine[i] = t.frames.source.Origin(i).Path
	}
	return l.Paths, mine
}

// remember takes the index's frames for chosen, and gives those that are no candidates any more.
func (c *choice) remember(l *index.Frames, indexed, mine []string) (gone []string) {
	at := make(map[string]int, len(indexed))
	for k, key := range indexed {
		at[key] = k
	}
	found := make([]bool, len(indexed))
	for i, key := range frame.Pick(mine, c.at) {
		k, chosen := at[key]
		if !chosen || found[k] {
			continue
		}
		found[k] = true
		c.kept, c.keptBy = append(c.kept, i), append(c.keptBy, l.ChosenBy[k])
		c.judged = i + 1
	}
	c.judged, c.index = max(c.judged, min(l.Judged, len(c.at))), l
	for k, there := range found {
		if !there {
			gone = append(gone, indexed[k])
		}
	}
	return gone
}

// checkChoices gives undecided tasks the memory for their choice, and blocks those whose images cannot be read.
func (s scanner) checkChoices(o outcome) {
	for i := range o.tasks {
		t := &o.tasks[i]
		if c := t.frames.choice; c != nil {
			c.memory = s.cache.Options.Memory
			if t.frames.payload.Served() && len(t.Problems) == 0 {
				t.block(diag.CodeNamesOnly, diag.Do(diag.HintChooseElsewhere, t.Origin.File), "bag %s: %s needs the images, and %s", wording.Safe(t.Bag), keysOf(c.Settings), onlyNames)
			}
		}
	}
}
