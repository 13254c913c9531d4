package plan

import (
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// Options are what a person and the manifest decide beyond the tasks themselves.
type Options struct {
	Project      manifest.Project // as the manifest asks for it
	Skip         []manifest.Skip  // tasks that are never created
	Target       []string         // only the tasks of these names or globs; empty: all
	Shard        Shard            // only the tasks of its bags
	CreateAnyway []string         // create these although their name or frames exist elsewhere
	ReplaceEmpty bool             // empty tasks that cannot be finished may be deleted
	Update       []string         // keys in place of every [Desired].Update and of Project.Update; nil: as those say
	DeleteLabels []string         // labels of the project that are to be deleted, with all that was drawn with them
	CheckFrames  bool             // frame names were asked for, so they are compared
	IndexOnly    bool             // tasks whose committed index does not fit are blocked, whatever the server has
	Ignore       Ignored          // notices that the manifests acknowledge
	Offline      bool             // no server was asked: what the manifest wants is all there is to say
}

// Ignored are the codes of notices that are counted and not shown (ignore: in a manifest), each with how many
// of the dataset were left out; a plan adds its own notes to them.
type Ignored map[diag.Code]int

// targets reports whether the plan is about a task; one that it is not about is no stranger either.
func (o Options) targets(d Desired) bool {
	return o.Shard.Has(d.Bag) && (len(o.Target) == 0 || matchAny(o.Target, d.Task))
}

// mayReplace reports whether this very task was named for replacement. A glob is not
// enough: what would go may be a colleague's.
func (o Options) mayReplace(name string) bool {
	return o.ReplaceEmpty && slices.ContainsFunc(o.Target, func(target string) bool { return NameOf(target) == NameOf(name) })
}

// A skipper finds what is skipped. There may be thousands of exact names: a bag that has
// not settled is one.
type skipper struct {
	exact map[Name]manifest.Skip
	globs []manifest.Skip
}

func newSkipper(all []manifest.Skip) skipper {
	s := skipper{exact: make(map[Name]manifest.Skip, len(all))}
	for _, skip := range slices.Backward(all) { // the first of equal ones stays
		s.exact[NameOf(skip.Task)] = skip
	}
	for _, skip := range all {
		if wording.IsGlob(skip.Task) {
			s.globs = append(s.globs, skip)
		}
	}
	return s
}

func (s skipper) find(name string) (manifest.Skip, bool) {
	if skip, ok := s.exact[NameOf(name)]; ok {
		return skip, true
	}
	i := slices.IndexFunc(s.globs, func(skip manifest.Skip) bool { return Glob(skip.Task).Matches(name) })
	if i < 0 {
		return manifest.Skip{}, false
	}
	return s.globs[i], true
}
