package plan

import "slices"

// projectChange: create it, finish a creation of ours that was cut off, or change its labels.
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
		p.guideChange(have, o)
		return p
	}
	p.labelChanges(have, o)
	p.guideChange(have, o)
	p.Unclaimed, p.Leftovers = have.Unclaimed, have.EmptyProjects
	switch {
	case len(p.Problems) > 0:
		p.Action = ProjectBlocked
	case p.Unclaimed || len(p.Leftovers) > 0:
		p.Action = ProjectFinish
	case len(p.Labels) > 0:
		p.Action = ProjectLabel
	case len(p.Renames)+len(p.Updates)+len(p.Deletes) > 0 || p.Guide != nil:
		p.Action = ProjectUpdate
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
