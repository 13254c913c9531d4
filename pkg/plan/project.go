package plan

import (
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// projectChange: create it, finish a creation of ours that was cut off, or add labels.
func projectChange(have Actual, o Options) ProjectChange {
	want := o.Project
	p := ProjectChange{Name: orElse(have.Scope.Project, want.Name)}
	if o.Offline {
		return p
	}
	if !have.Exists {
		p.Action = ProjectCreate
		p.Labels, _ = lacking(want.Labels, nil)
		p.Ask = want.Create == nil || !*want.Create
		return p
	}
	p.Labels, p.Renames = lacking(want.Labels, have.Labels)
	p.Unclaimed, p.Leftovers = have.Unclaimed, have.EmptyProjects
	switch {
	case p.Unclaimed || len(p.Leftovers) > 0:
		p.Action = ProjectFinish
	case len(p.Labels)+len(p.Renames) > 0:
		p.Action = ProjectLabel
	}
	return p
}

// needed leaves a project uncreated that would stay empty: nothing could be created in it now.
func (p ProjectChange) needed(changes []Change) ProjectChange {
	creates := slices.ContainsFunc(changes, func(c Change) bool { return c.Action == Create })
	if p.Action == ProjectCreate && !creates {
		return ProjectChange{Name: p.Name}
	}
	return p
}

// lacking are the labels that the project does not have by name: to be added, or to be
// renamed where it has them under a name that no label of the manifest has.
func lacking(want []manifest.Label, have []string) (add []manifest.Label, renames []LabelRename) {
	taken := nameSet(have)
	wanted := make(map[Name]bool, len(want))
	for _, l := range want {
		wanted[NameOf(l.Name)] = true
	}
	for _, l := range want {
		was := NameOf(l.Was)
		switch {
		case taken[NameOf(l.Name)]:
		case l.Was != "" && taken[was] && !wanted[was]:
			renames = append(renames, LabelRename{Before: l.Was, After: l.Name})
			delete(taken, was) // one label of another old name is not the same
		default:
			l.Was = ""
			add = append(add, l)
		}
	}
	return add, renames
}

func nameSet(names []string) map[Name]bool {
	set := make(map[Name]bool, len(names))
	for _, name := range names {
		set[NameOf(name)] = true
	}
	return set
}

// keptLabels: what the project has and the manifest does not name stays, with its shapes.
func (n noter) keptLabels(p Plan, have Actual) {
	wanted := make(map[Name]bool)
	for _, l := range p.Options.Project.Labels {
		wanted[NameOf(l.Name)] = true
	}
	for _, r := range p.Project.Renames {
		wanted[NameOf(r.Before)] = true
	}
	var kept []string
	for _, name := range have.Labels {
		if !wanted[NameOf(name)] {
			kept = append(kept, name)
		}
	}
	if len(kept) > 0 {
		n[Note{Code: diag.CodeKeptLabels, Text: fmt.Sprintf("the project also has %s that the manifest does not name: %s; kept",
			wording.Count(len(kept), "label", "labels"), wording.FirstFew(kept, 5))}] = 0
	}
}
