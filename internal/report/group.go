package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A group is the changes of one bag, by camera; Markdown and HTML show a plan so.
type group struct {
	bag     string
	changes []plan.Change
}

// grouped are the changes that get a line, by bag: first the bags with something
// that a person must look at, then the others in their natural order.
func grouped(changes []plan.Change) []group {
	byBag := make(map[string]*group)
	var groups []*group
	for _, c := range changes {
		if quiet(c.Action) {
			continue
		}
		g := byBag[c.Bag]
		if g == nil {
			g = &group{bag: c.Bag}
			byBag[c.Bag] = g
			groups = append(groups, g)
		}
		g.changes = append(g.changes, c)
	}
	sorted := make([]group, len(groups))
	for i, g := range groups {
		slices.SortStableFunc(g.changes, func(a, b plan.Change) int { return strings.Compare(a.Camera, b.Camera) })
		sorted[i] = *g
	}
	slices.SortStableFunc(sorted, compareGroups)
	return sorted
}

func compareGroups(a, b group) int {
	if a.urgent() != b.urgent() {
		return map[bool]int{true: -1, false: 1}[a.urgent()]
	}
	return wording.Compare(a.bag, b.bag)
}

// urgent groups hold something that apply cannot do.
func (g group) urgent() bool {
	return slices.ContainsFunc(g.changes, func(c plan.Change) bool {
		return undecided(c.Action) || c.Action == plan.Drift
	})
}

// An actionCount is how many changes of one action there are.
type actionCount struct {
	action        plan.Action
	tasks, frames int
	bytes         int64
	unknown       bool // some sizes are not known
}

// countActions counts changes by action, in the order in which a plan lists them.
func countActions(changes []plan.Change) []actionCount {
	byAction := make(map[plan.Action]*actionCount)
	for _, c := range changes {
		if byAction[c.Action] == nil {
			byAction[c.Action] = &actionCount{action: c.Action}
		}
		byAction[c.Action].add(c)
	}
	var counts []actionCount
	for _, a := range plan.Actions {
		if t := byAction[a]; t != nil {
			counts = append(counts, *t)
		}
	}
	return counts
}

func (t *actionCount) add(c plan.Change) {
	t.tasks++
	t.frames += c.Frames
	if c.Upload && c.Bytes < 0 {
		t.unknown = true
		return
	}
	if c.Upload {
		t.bytes += c.Bytes
	}
}

// size is what the changes it counts upload.
func (t actionCount) size() string {
	switch {
	case t.unknown && t.bytes > 0:
		return "at least " + wording.Bytes(t.bytes)
	case t.unknown:
		return "size unknown"
	case t.bytes == 0:
		return ""
	}
	return wording.Bytes(t.bytes)
}

// words is "2 create, 1 drift".
func words(counts []actionCount) string {
	parts := make([]string, len(counts))
	for i, t := range counts {
		parts[i] = strconv.Itoa(t.tasks) + " " + signOf(t.action).word
	}
	return strings.Join(parts, ", ")
}

func allChanges(plans []plan.Plan) []plan.Change {
	var all []plan.Change
	for _, p := range plans {
		all = append(all, p.Changes...)
	}
	return all
}

func allNotes(plans []plan.Plan) []plan.Note {
	var all []plan.Note
	for _, p := range plans {
		all = append(all, p.Notes...)
	}
	return all
}
