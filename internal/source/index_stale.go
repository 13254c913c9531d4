package source

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// stale compares the index of a bag that is here with the bag: the names now, contents when they are
// read, so that an index next to the bag costs no look at a file.
func (s scanner) stale(b *bagRef, o outcome) []diag.Diagnostic {
	var list []diag.Diagnostic
	for i := range o.tasks {
		t := &o.tasks[i]
		if len(t.Problems) > 0 {
			continue
		}
		t.frames.locked = s.indexOnly
		l := b.indexed.Of(b.rel, t.Camera)
		if l == nil {
			l = &index.Frames{}
		}
		if !l.Video { // those of a video have their own order
			l = l.Pick(order(l.Names, newView(s.m, b, s.camera(t.Camera)).sorting()))
		}
		if t.Undecided() {
			if how := t.recall(l); how != "" {
				list = append(list, t.blockAll([]diag.Diagnostic{t.stale(how)})...)
			}
			continue
		}
		if t.SkipsBad() && len(l.Names) > 0 && len(plan.Without(l.Names, t.frames.names)) == 0 {
			t.frames.index = l
			continue // the index knows which frames are bad; here that is not known before they are read
		}
		if how := differs(t.frames.names, l.Names); how != "" {
			list = append(list, t.blockAll([]diag.Diagnostic{t.stale(how)})...)
			continue
		}
		if !t.frames.payload.Served() { // nothing else of it can be compared
			t.frames.index = l
		}
	}
	return list
}

// stale is an error where only what fits its index is to be planned.
func (t Task) stale(what string) diag.Diagnostic {
	severity := diag.Warning
	if t.frames.locked {
		severity = diag.Error
	}
	return diag.Diagnostic{
		Severity: severity, Code: diag.CodeStaleIndex, Task: t.Name, Pos: t.Origin, Hint: diag.Do(diag.HintRenewIndex, t.Origin.File),
		Text: fmt.Sprintf("index %s is stale: of task %s %s", wording.Safe(t.Index), wording.Safe(t.Name), what),
	}
}

// Stale compares the size that [Bytes] gave with that of the task's committed index; nil if there is
// none, or they agree.
func (t Task) Stale(bytes int64) *diag.Diagnostic {
	l := t.frames.index
	if l == nil || bytes < 0 || len(l.Names) != len(t.frames.names) || !l.Measured() || l.Bytes() == bytes {
		return nil
	}
	p := t.stale(fmt.Sprintf("it has %d bytes, and there are %d", l.Bytes(), bytes))
	return &p
}

// outdated compares what was measured with the index.
func (t Task) outdated(frames []Frame) []diag.Diagnostic {
	l := t.frames.index
	if l == nil {
		return nil
	}
	names := make([]string, len(frames))
	for i, f := range frames {
		names[i] = f.Name
	}
	if how := differs(names, l.Names); how != "" {
		return []diag.Diagnostic{t.stale(how)}
	}
	n, first := 0, ""
	for i, f := range frames {
		if l.Sizes[i] != 0 && (f.Sum != l.Sums[i] || f.Size != l.Sizes[i] || !sameContext(f, l, i)) {
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
