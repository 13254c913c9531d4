package source

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// locked blocks the tasks of a bag whose committed index does not vouch for it: there is none, it cannot
// be read, or it is stale. Of a bag that is not here the index is all there is, so it fits.
func (s scanner) locked(b *bagRef, o outcome) outcome {
	switch {
	case b.onlyIndexed || b.unfetched != nil && b.indexed.Has(b.rel):
		return o
	case b.indexed == nil:
		o.blockTasks(unindexed(b))
		return o
	}
	for _, camera := range s.cameras(b) {
		v := newView(s.m, b, camera)
		if l := b.indexed.Of(b.rel, v.cameraName()); l != nil && !o.has(v.cameraName()) {
			t := v.task()
			t.frames.locked = true
			t.blockAll([]diag.Diagnostic{t.stale(differs(nil, l.Names))})
			o.tasks = append(o.tasks, t)
		}
	}
	return o
}

func unindexed(b *bagRef) diag.Diagnostic {
	p := diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeUnindexed, Hint: diag.Do(diag.HintRenewIndex, b.pos().File),
		Text: fmt.Sprintf("bag %s has no index that could be read: %s", wording.Safe(b.rel), wording.Safe(b.index)),
	}
	if b.index == "" {
		p.Text = fmt.Sprintf("bag %s has no index", wording.Safe(b.rel))
		p.Hint = diag.Do(diag.HintCommitIndex, b.pos().File)
	}
	return p
}

// has reports whether the bag gave a task of the camera.
func (o outcome) has(camera string) bool {
	for _, t := range o.tasks {
		if t.Camera == camera {
			return true
		}
	}
	return false
}

func (o outcome) blockTasks(p diag.Diagnostic) {
	for i := range o.tasks {
		o.tasks[i].blockAll([]diag.Diagnostic{p})
	}
}
