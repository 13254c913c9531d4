package source

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Parts say how the frames of one bag's camera are given to several tasks: which frames are in which,
// only a server knows (see internal/planner).
type Parts struct {
	Max   int         // frames in one part at most; 0: any number
	Grow  bool        // frames that no part holds are given to a new one; else they are drift
	Names []PartNames // that the parts have, and after them those that they had before

	indexed map[string]int // places of names in the committed index, where it has fewer than the bag
}

// PartNames are the names of the parts of one bag: Before, a number and After, or First.
type PartNames struct {
	Before, After string
	First         string // of part 1, where that has no number; else empty
	width         int    // of the number, padded with zeros
}

// Of is the name of a part, counted from 1.
func (n PartNames) Of(part int) string {
	if part == 1 && n.First != "" {
		return n.First
	}
	return fmt.Sprintf("%s%0*d%s", n.Before, n.width, part, n.After)
}

func (v view) inParts() bool { return v.settings.MaxFrames > 0 || v.settings.Grow == "part" }

func (v view) parts() (*Parts, error) {
	p := &Parts{Max: v.settings.MaxFrames, Grow: v.settings.Grow == "part"}
	for _, t := range append([]*manifest.Template{v.nameTemplate()}, v.settings.Was...) {
		names, err := v.partNames(t)
		if err != nil {
			return nil, err
		}
		p.Names = append(p.Names, names)
	}
	return p, nil
}

// partNames refuses what would hide a part's number among other digits.
func (v view) partNames(t *manifest.Template) (PartNames, error) {
	name, err := taskName(t, v.vars)
	if err != nil || !t.Uses("part") {
		return PartNames{First: name, Before: name + "_part"}, err
	}
	n := PartNames{width: t.Width("part")}
	n.Before, n.After, err = t.Around("part", v.vars)
	n.Before, n.After = norm.NFC.String(strings.TrimLeft(n.Before, " ")), norm.NFC.String(strings.TrimRight(n.After, " "))
	if err == nil && (endsInDigit(n.Before) || n.After != "" && isDigit(n.After[0])) {
		err = fmt.Errorf("task name %s: the number of the part follows or precedes another digit", wording.Safe(name))
	}
	return n, err
}

func endsInDigit(s string) bool { return s != "" && isDigit(s[len(s)-1]) }

// Number takes a part's number out of a name; 0 where it is none of these.
func (n PartNames) Number(name string) int {
	if n.First != "" && plan.NameOf(n.First) == plan.NameOf(name) {
		return 1
	}
	digits, before := strings.CutPrefix(name, n.Before)
	digits, after := strings.CutSuffix(digits, n.After)
	number, err := strconv.Atoi(digits)
	if !before || !after || err != nil || n.Of(number) != name {
		return 0
	}
	return number
}

// checkGrowth refuses selections that take other frames of a bag that grew.
func (v view) checkGrowth(t *Task) {
	if v.settings.Grow != "part" {
		return
	}
	switch {
	case v.frames.Limit > 0 && v.frames.Spread != nil && *v.frames.Spread:
		t.block(diag.CodeBadSelection, diag.Do(diag.HintCheckSelection), "grow: part does not go with frames: spread: what it takes changes as the bag grows")
	case v.sorting() == "random":
		t.block(diag.CodeBadSelection, diag.Do(diag.HintCheckSelection), "grow: part does not go with sorting_method random: the order of the frames changes as the bag grows")
	}
}

// Part is the task of some of the frames, by their places among all, in ascending order; of a task that
// cannot be divided it has none.
func (t Task) Part(number int, frames []int) Task {
	all, parts := t.frames, t.Parts
	t.Name, t.Parts = parts.Names[0].Of(number), nil
	t.Was = nil
	for _, names := range parts.Names[1:] {
		t.Was = append(t.Was, names.Of(number))
	}
	if all.source == nil || len(frames) == len(all.names) {
		return t
	}
	t.frames = all.only(frames)
	t.frames.whole = all.names
	t.frames.index = parts.indexOf(all, frames)
	return t
}

// indexOf is what the committed index says of some of the frames.
func (p *Parts) indexOf(all frames, frames []int) *index.Frames {
	switch {
	case all.index == nil:
		return nil
	case len(all.index.Names) == len(all.names):
		return all.index.Pick(frames)
	}
	if p.indexed == nil {
		p.indexed = make(map[string]int, len(all.index.Names))
		for i, name := range all.index.Names {
			p.indexed[name] = i
		}
	}
	var known []int
	for _, i := range frames {
		if at, ok := p.indexed[all.names[i]]; ok {
			known = append(known, at)
		}
	}
	return all.index.Pick(known)
}

// Elsewhere are the frames of the other parts of the task's bag.
func (t Task) Elsewhere() []string { return plan.Without(t.frames.whole, t.frames.names) }

// fewParts is how many parts of a bag a glob may name before it is known which there are.
const fewParts = 20

// Fits reports whether a glob fits the task's name, or that of a part that it may have.
func (t Task) Fits(glob string) bool {
	switch {
	case t.Parts == nil:
		return plan.Glob(glob).Matches(t.Name)
	case !wording.IsGlob(glob):
		name := plan.NameOf(glob)
		return name == plan.NameOf(t.Name) || t.Parts.Names[0].Number(name.String()) > 0
	}
	for n := 1; n <= fewParts; n++ {
		if plan.Glob(glob).Matches(t.Parts.Names[0].Of(n)) {
			return true
		}
	}
	return false
}
