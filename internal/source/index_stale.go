package source

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// stale compares the index of a bag that is here with the bag: the names now, contents when they are
// read, so that an index beside the bag costs no look at a file.
func (s scanner) stale(b *bagRef, o outcome) []diag.Diagnostic {
	var list []diag.Diagnostic
	for i := range o.tasks {
		t := &o.tasks[i]
		if len(t.Problems) > 0 {
			continue
		}
		l := b.indexed.Of(b.rel, t.Camera)
		if l == nil {
			l = &index.Frames{}
		}
		l = l.Pick(order(l.Names, newView(s.m, s.root, b, s.camera(t.Camera)).sorting()))
		if t.SkipsBad() && len(l.Names) > 0 && len(plan.Without(l.Names, t.frames.names)) == 0 {
			continue // the index knows which frames are bad; here that is not known before they are read
		}
		if how := differs(t.frames.names, l.Names); how != "" {
			list = append(list, t.stale(how))
			continue
		}
		t.frames.index = l
	}
	return list
}

func (t Task) stale(what string) diag.Diagnostic {
	return diag.Diagnostic{
		Severity: diag.Warning, Code: diag.CodeStaleIndex, Task: t.Name, Pos: t.Origin, Hint: diag.Do(diag.HintRenewIndex, t.Origin.File),
		Text: fmt.Sprintf("index %s is stale: of task %s %s", wording.Safe(t.Index), wording.Safe(t.Name), what),
	}
}

// Stale compares the size that [Bytes] gave with that of the task's committed index; nil if there is
// none, or they agree.
func (t Task) Stale(bytes int64) *diag.Diagnostic {
	if t.frames.index == nil || bytes < 0 || t.frames.index.Bytes() == bytes {
		return nil
	}
	p := t.stale(fmt.Sprintf("it has %d bytes, and there are %d", t.frames.index.Bytes(), bytes))
	return &p
}

// outdatedSums compares what was measured with the index.
func (t Task) outdatedSums(frames []Frame) []diag.Diagnostic {
	l := t.frames.index
	if l == nil || len(frames) != len(l.Names) {
		return nil
	}
	n, first := 0, ""
	for i, f := range frames {
		if f.Sum != l.Sums[i] || f.Size != l.Sizes[i] {
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
