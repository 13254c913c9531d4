package source

import (
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// fromIndex gives the tasks of a bag that is not here, as its index says.
func (s scanner) fromIndex(b *bagRef) outcome {
	o := outcome{totals: newTotals(s.m)}
	o.totals.indexed.add(b, []string{b.rel})
	for _, camera := range s.cameras(b) {
		v := newView(s.m, b, camera)
		l := b.indexed.Of(b.rel, v.cameraName())
		if l == nil {
			o.totals.missing[s.index(camera)].add(b, []string{b.rel})
			continue
		}
		o.totals.taken[s.index(camera)] += len(l.Names)
		o.tasks = append(o.tasks, v.fromIndexed(l, s))
	}
	if len(o.tasks) > 0 {
		return o
	}
	p := diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeStaleIndex, Pos: b.pos(), Hint: diag.Do(diag.HintRenewIndexThere, b.pos().File)}
	p.Text = fmt.Sprintf("index %s has no frames of bag %s for the manifest's cameras", wording.Safe(b.indexed.File), wording.Safe(b.rel))
	return s.emptyBag(b, p, o)
}

// fromIndexed makes a task of what an index says of it; it is blocked where the index was plainly
// written for another manifest.
func (v view) fromIndexed(l *index.Frames, s scanner) Task {
	t := v.task()
	if l.Video {
		v.videoOf(&t, l)
	} else {
		l = l.Pick(order(l.Names, v.sorting()))
	}
	a := &indexedFrames{bag: v.bag, camera: v.cameraName(), frames: l}
	if fault := v.outdated(l, t, s); fault != "" {
		t.block(diag.CodeStaleIndex, diag.Do(diag.HintRenewIndexThere, t.Origin.File), "index %s was written for another manifest: %s", wording.Safe(v.bag.indexed.File), fault)
		return t
	}
	t.frames.names, t.frames.source, t.frames.indexed = a.frames.Names, a, a
	t.frames.context = v.indexedContext(l)
	if !l.Video { // whose names are CVAT's own
		t.blockAll(checkNames(t.Kind, a.frames.Names, a.Where))
		t.sameStem = sameStem(a.frames.Names)
	}
	t.blockAll(checkUnique(a.frames.Names, a.Where))
	return t
}

// outdated says in what the manifest differs from the one that the index was written for.
func (v view) outdated(l *index.Frames, t Task, s scanner) string {
	if l.Selection != t.frames.selection {
		return fmt.Sprintf("its frames of %s were taken with %s, and the manifest says %s", wording.Safe(t.Name), orDefaults(l.Selection), orDefaults(t.frames.selection))
	}
	if v.camera == nil {
		return ""
	}
	mine, matcher := s.index(v.camera), s.matchers[v.camera.Kind]
	for _, p := range slices.Compact(slices.Clone(l.Paths)) {
		owner, _ := matcher.Owner(p)
		if l.Video {
			owner, _ = s.videoOwner(v.bag, p)
		}
		if owner != mine {
			return fmt.Sprintf("%s is no longer of camera %s", wording.Safe(p), wording.Safe(v.camera.Name))
		}
	}
	for _, topic := range l.Topics {
		if owner, _ := matcher.TopicOwner(topic); owner != mine {
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

// differs says how frames differ from an index's; empty if they do not.
func differs(names, indexed []string) string {
	if slices.Equal(names, indexed) {
		return ""
	}
	missing, gone := plan.Without(names, indexed), plan.Without(indexed, names)
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
