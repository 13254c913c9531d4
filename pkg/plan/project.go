package plan

import (
	"slices"

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
		p.Action, p.Labels = ProjectCreate, want.Labels
		p.Ask = want.Create == nil || !*want.Create
		return p
	}
	p.Labels = lacking(want.Labels, have.Labels)
	p.Unclaimed, p.Leftovers = have.Unclaimed, have.EmptyProjects
	switch {
	case p.Unclaimed || len(p.Leftovers) > 0:
		p.Action = ProjectFinish
	case len(p.Labels) > 0:
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

// lacking are the labels that the project does not have by name.
func lacking(want []manifest.Label, have []string) []manifest.Label {
	names := make(map[Name]bool, len(have))
	for _, name := range have {
		names[NameOf(name)] = true
	}
	var add []manifest.Label
	for _, l := range want {
		if !names[NameOf(l.Name)] {
			add = append(add, l)
		}
	}
	return add
}
