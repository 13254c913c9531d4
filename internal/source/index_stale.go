package source

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// stale compares the listing of a bag that is here with the bag: the names now, contents when they are
// read, so that a listing beside the bag costs no look at a file.
func (s scanner) stale(b *bagRef, o outcome) []diag.Diagnostic {
	var list []diag.Diagnostic
	for i := range o.tasks {
		t := &o.tasks[i]
		if len(t.Problems) > 0 {
			continue
		}
		l := b.catalog.bags[b.rel][t.Camera]
		if l == nil {
			l = &listed{}
		}
		l = l.in(order(l.names, newView(s.m, s.root, b, s.camera(t.Camera)).sorting()))
		if t.SkipsBad() && len(l.names) > 0 && len(plan.Without(l.names, t.frames.names)) == 0 {
			continue // the listing knows which frames are bad; here nobody does before they are read
		}
		if how := differs(t.frames.names, l.names); how != "" {
			list = append(list, t.stale(how))
			continue
		}
		t.frames.listed = l
	}
	return list
}

func (t Task) stale(what string) diag.Diagnostic {
	return diag.Diagnostic{
		Severity: diag.Warning, Code: diag.CodeStaleIndex, Task: t.Name, Pos: t.Origin, Hint: diag.Do(diag.HintRenewIndex, t.Origin.File),
		Text: fmt.Sprintf("index %s is stale: of task %s %s", wording.Safe(t.Index), wording.Safe(t.Name), what),
	}
}

// Stale compares the size that [Bytes] gave with that of the task's committed listing; nil if there is
// none, or they agree.
func (t Task) Stale(bytes int64) *diag.Diagnostic {
	if t.frames.listed == nil || bytes < 0 || sum(t.frames.listed.sizes) == bytes {
		return nil
	}
	p := t.stale(fmt.Sprintf("it has %d bytes, and there are %d", sum(t.frames.listed.sizes), bytes))
	return &p
}

// outdatedSums compares what was measured with the listing.
func (t Task) outdatedSums(frames []Frame) []diag.Diagnostic {
	l := t.frames.listed
	if l == nil || len(frames) != len(l.names) {
		return nil
	}
	n, first := 0, ""
	for i, f := range frames {
		if f.Sum != l.sums[i] || f.Size != l.sizes[i] {
			if n++; n == 1 {
				first = f.Name
			}
		}
	}
	if n == 0 {
		return nil
	}
	return []diag.Diagnostic{t.stale(fmt.Sprintf("%s other contents, such as %s", wording.Count(n, "frame has", "frames have"), wording.Safe(first)))}
}
