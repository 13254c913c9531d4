package planner

import (
	"context"
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// chooseFrames chooses the frames of the tasks that the plan is about, where the manifests choose by what images show
// and no index keeps what was chosen. It is done once, before bags are divided, and what it cost is said.
func (p *pass) chooseFrames(ctx context.Context) error {
	var cost source.Looked
	tasks, frames, unindexed := 0, 0, 0
	for i, t := range p.whole {
		if !t.Undecided() || len(t.Problems) > 0 || !p.asksFor(t) {
			continue
		}
		chosen, looked, problems := t.Choose(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		p.addWarnings(problems)
		p.whole[i], p.Tasks[i], p.Desired[i] = chosen, chosen, chosen.Desired()
		cost.Images += looked.Images
		cost.Bytes += looked.Bytes
		if !chosen.Undecided() {
			tasks++
			frames += len(chosen.Frames())
			if t.Index == "" {
				unindexed++
			}
		}
	}
	if tasks > 0 && cost.Images > 0 {
		hint := diag.Do(diag.HintRenewIndex, p.Manifests[0].File)
		if unindexed > 0 {
			hint = diag.Do(diag.HintCommitIndex, p.Manifests[0].File)
		}
		p.noteChoice(tasks, frames, cost, hint)
	}
	return nil
}

// asksFor reports whether the plan is about a task, as far as names tell.
func (p *pass) asksFor(t source.Task) bool {
	if t.Deferred != "" {
		return false
	}
	for _, m := range p.Manifests {
		if t.Parts == nil && slices.ContainsFunc(m.Skip, func(s manifest.Skip) bool { return t.Fits(s.Task) }) {
			return false
		}
	}
	return Selected(t, p.by.Target, p.by.Shard)
}

// Selected reports whether a command is about a task: one of its names fits a target, where there are some, and its
// bag is in the shard.
func Selected(t source.Task, target []string, shard plan.Shard) bool {
	return shard.Has(t.Bag) && (len(target) == 0 || slices.ContainsFunc(target, t.Fits))
}

// noteChoice says what choosing cost, unless the manifests acknowledge it.
func (p *Project) noteChoice(tasks, frames int, cost source.Looked, hint diag.Hint) {
	for _, m := range p.Manifests {
		if slices.Contains(m.Ignore, diag.CodeChosenFrames) {
			p.ignored[diag.CodeChosenFrames]++
			return
		}
	}
	p.addWarnings([]diag.Diagnostic{{
		Severity: diag.Note, Code: diag.CodeChosenFrames, Hint: hint,
		Text: fmt.Sprintf("to choose %s of %s by what they show, %s read (%s); a committed index keeps the choice",
			wording.Count(frames, "frame", "frames"), wording.Count(tasks, "task", "tasks"), wording.Count(cost.Images, "image was", "images were"), wording.Bytes(cost.Bytes)),
	}})
}
