package source

import (
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// fromCatalog gives the tasks of a bag that is not here, as its listing says.
func (s scanner) fromCatalog(b *bagRef) outcome {
	o := outcome{totals: newTotals(s.m)}
	o.totals.away.add(b, []string{b.rel})
	known := b.catalog.bags[b.rel]
	for _, camera := range s.cameras(b) {
		v := newView(s.m, s.root, b, camera)
		l := known[v.cameraName()]
		if l == nil {
			o.totals.missing[s.index(camera)].add(b, []string{b.rel})
			continue
		}
		o.totals.taken[s.index(camera)] += len(l.names)
		o.tasks = append(o.tasks, v.fromListed(l, s))
	}
	if len(o.tasks) > 0 {
		return o
	}
	p := diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeStaleIndex, Pos: b.pos(), Hint: diag.Do(diag.HintRenewIndexThere, b.pos().File)}
	p.Text = fmt.Sprintf("index %s has no frames of bag %s for the manifest's cameras", wording.Safe(b.catalog.file), wording.Safe(b.rel))
	return s.emptyBag(b, p, o)
}

// fromListed makes a task of what a listing says of it; it is blocked where the listing was plainly
// written for another manifest.
func (v view) fromListed(l *listed, s scanner) Task {
	t := v.task()
	l = l.in(order(l.names, v.sorting()))
	a := &absent{bag: v.bag, camera: v.cameraName(), listed: *l}
	if fault := v.outdated(l, t, s); fault != "" {
		t.block(diag.CodeStaleIndex, diag.Do(diag.HintRenewIndexThere, t.Origin.File), "index %s was written for another manifest: %s", wording.Safe(v.bag.catalog.file), fault)
		return t
	}
	t.frames.names, t.frames.source, t.frames.absent = a.names, a, a
	t.blockAll(checkNames(a.names, a.Where))
	t.blockAll(checkUnique(a.names, a.Where))
	return t
}

// outdated says in what the manifest differs from the one that the listing was written for.
func (v view) outdated(l *listed, t Task, s scanner) string {
	if l.selection != t.frames.selection {
		return fmt.Sprintf("its frames of %s were taken with %s, and the manifest says %s", wording.Safe(t.Name), orDefaults(l.selection), orDefaults(t.frames.selection))
	}
	if v.camera == nil {
		return ""
	}
	mine := s.index(v.camera)
	for _, p := range l.paths {
		if owner, _ := s.matcher.Owner(p); owner != mine {
			return fmt.Sprintf("%s is no longer of camera %s", wording.Safe(p), wording.Safe(v.camera.Name))
		}
	}
	for _, topic := range l.topics {
		if owner, _ := s.matcher.TopicOwner(topic); owner != mine {
			return fmt.Sprintf("topic %s is no longer of camera %s", wording.Safe(topic), wording.Safe(v.camera.Name))
		}
	}
	return ""
}

func orDefaults(selection string) string {
	if selection == "" {
		return "the defaults"
	}
	return selection
}

// differs says how frames differ from a listing's; empty if they do not.
func differs(names, listed []string) string {
	if slices.Equal(names, listed) {
		return ""
	}
	missing, gone := plan.Without(names, listed), plan.Without(listed, names)
	switch {
	case len(missing) > 0 && len(gone) > 0:
		return fmt.Sprintf("it lacks %s, such as %s, and has %d that are no longer there, such as %s", wording.Count(len(missing), "frame", "frames"), wording.Safe(missing[0]), len(gone), wording.Safe(gone[0]))
	case len(missing) > 0:
		return fmt.Sprintf("it lacks %s, such as %s", wording.Count(len(missing), "frame", "frames"), wording.Safe(missing[0]))
	case len(gone) > 0:
		return fmt.Sprintf("it has %s no longer there, such as %s", wording.Count(len(gone), "frame that is", "frames that are"), wording.Safe(gone[0]))
	}
	return "it has the frames in another order"
}
