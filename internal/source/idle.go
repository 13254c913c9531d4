package source

import (
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// idleSkips warns of entries of skip: that fit no task: a slip there lets a task be
// created that is not wanted.
func idleSkips(m *manifest.Manifest, tasks []Task) []diag.Diagnostic {
	names := make([]string, len(tasks))
	known := make(map[plan.Name]bool, len(tasks))
	for i, t := range tasks {
		names[i], known[plan.NameOf(t.Name)] = t.Name, true
	}
	var list []diag.Diagnostic
	for _, s := range m.Skip {
		glob := wording.IsGlob(s.Task)
		if known[plan.NameOf(s.Task)] || slices.ContainsFunc(tasks, func(t Task) bool { return (glob || t.Parts != nil) && t.Fits(s.Task) }) {
			continue
		}
		p := diag.Diagnostic{
			Severity: diag.Warning, Code: diag.CodeIdleSkip, Pos: s.Pos, Hint: diag.Do(diag.HintCorrectOrLeaveOut),
			Text: fmt.Sprintf("skip: %q fits no task of the manifest", s.Task),
		}
		near := ""
		if len(list) < maxHints {
			near = wording.Nearest(s.Task, names)
		}
		if near != "" {
			p.Hint = diag.Do(diag.HintDidYouMean, wording.Safe(near))
		}
		list = append(list, p)
	}
	return list
}

// markUsed notes which globs of exclude: fit a bag.
func markUsed(used []bool, globs []string, rel string) {
	for i := range globs {
		used[i] = used[i] || excludes(globs[i:i+1], rel)
	}
}

// idleExcludes warns of globs that leave nothing out of what their entry matches; of bags
// that are planned by their index it is not asked.
func (f *finder) idleExcludes(e *manifest.Bag, used []bool) {
	for i, glob := range e.Exclude {
		if !used[i] {
			f.report(e, diag.CodeIdleExclude, diag.Do(diag.HintCorrectOrLeaveOut), "exclude: %q leaves out nothing that %q matches", glob, e.Path)
			f.problems[len(f.problems)-1].Severity = diag.Warning
		}
	}
}

func isError(p diag.Diagnostic) bool { return p.Severity == diag.Error }
