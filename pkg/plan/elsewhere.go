package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// renamed finds, for tasks to be created, the unmanaged tasks that were proven to hold
// their frames (see [Task].Holds): each is one whose name somebody changed. It returns the others.
func renamed(changes []Change, unmanaged []Task, o Options) []Task {
	holds := make(map[Name]Task)
	for _, t := range unmanaged {
		name := NameOf(t.Holds)
		if held, ok := holds[name]; t.Holds != "" && (!ok || t.ID < held.ID) {
			holds[name] = t
		}
	}
	found := make(map[int]bool)
	for i, c := range changes {
		if t, ok := holds[NameOf(c.Task)]; ok && c.Action == Create && !o.CreatesAnyway(c.Task) {
			changes[i] = c.renamed(t)
			found[t.ID] = true
		}
	}
	return slices.DeleteFunc(unmanaged, func(t Task) bool { return found[t.ID] })
}

// CreatesAnyway reports whether the task is to be created although its frames are in a task
// of another name.
func (o Options) CreatesAnyway(task string) bool { return matchAny(o.CreateAnyway, task) }

func (c Change) renamed(t Task) Change {
	c.ID, c.URL, c.Owner = t.ID, t.URL, t.Owner
	c.Before, c.After = State{Frames: t.Size, Name: t.Name}, State{Frames: c.Frames, Name: c.Task}
	c.Reason.Hint = diag.Do(diag.HintNameAs, c.Task)
	return c.because(Renamed, diag.CodeRenamed, fmt.Sprintf("%s, %q, holds exactly these frames", describe(t), t.Name))
}

// elsewhere: two projects over the same bags are nothing unusual, but a mistyped project is
// seen by it. One line for each project.
func (n noter) elsewhere(changes []Change, have Actual) {
	creates := make(map[Name]bool)
	for _, c := range changes {
		if c.Action == Create {
			creates[NameOf(c.Task)] = true
		}
	}
	found := make(map[string]map[Name]bool)
	for _, t := range have.Elsewhere {
		if name := NameOf(t.Name); creates[name] {
			where := whereabouts(t)
			if found[where] == nil {
				found[where] = make(map[Name]bool)
			}
			found[where][name] = true
		}
	}
	for where, names := range found {
		text := fmt.Sprintf("%d tasks of these names also exist %s", len(names), where)
		if len(names) == 1 {
			text = "a task of the same name also exists " + where
		}
		n[Note{Code: diag.CodeElsewhere, Text: text}] = len(names)
	}
}

func whereabouts(t Task) string {
	if t.ProjectID == 0 {
		return "in no project"
	}
	return strings.TrimSpace(fmt.Sprintf("in project %d %s", t.ProjectID, t.ProjectName)) // no name before 2.59
}

// uncompared: there are more tasks that could have been renamed than are compared.
func (n noter) uncompared(have Actual) {
	if have.Uncompared > 0 {
		n[Note{Code: diag.CodeFrameCounts, Text: fmt.Sprintf("%d more unmanaged tasks have the frame count of a task to be created, and were not compared with it", have.Uncompared)}] = have.Uncompared
	}
}
