package plan

import (
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

const keyAnnotations = "annotations" // of update:

// A Given is how what a finished task holds compares with the annotations that the manifest gives it.
type Given struct {
	Before int  `json:"before"` // of the manifest's, those that are there; equal ones count each
	After  int  `json:"after"`  // once those that are missing were added, and of equal ones one is left
	Worked bool `json:"worked"` // a person has worked in the task: it is left alone, and nothing was counted
}

// UpdatesAnnotations says whether a finished task is to be given the annotations that it lacks.
func (o Options) UpdatesAnnotations(d Desired) bool { return o.mayUpdate(d, keyAnnotations) }

// giving is the change of the annotations of a finished task; false if there is none.
func (c Change) giving(o Options) (FieldChange, bool) {
	g := c.Actual[0].Given
	if g == nil || g.Worked || g.Before == g.After || !o.mayUpdate(c.Desired, keyAnnotations) {
		return FieldChange{}, false
	}
	return FieldChange{keyAnnotations, fmt.Sprint(g.Before), fmt.Sprint(g.After)}, true
}

// Gives says that the change adds annotations to a finished task.
func (c Change) Gives() bool {
	return slices.ContainsFunc(c.Updates, func(u FieldChange) bool { return u.Key == keyAnnotations })
}

// given: finished tasks that lack what the manifest gives them, and those in which people have worked.
func (n noter) given(p Plan) {
	var lack, worked []string
	for _, c := range p.Changes {
		if c.Action != NoOp && c.Action != Update || c.Actual[0].Given == nil {
			continue
		}
		switch g := c.Actual[0].Given; {
		case g.Worked:
			worked = append(worked, c.Task)
		case g.Before != g.After && !c.Gives():
			lack = append(lack, c.Task)
		}
	}
	if len(worked) > 0 {
		n[Note{Code: diag.CodeAnnotations, Text: fmt.Sprintf("annotations: people have worked in %s: %s; left alone",
			wording.Count(len(worked), "task", "tasks"), wording.FirstFew(worked, 5))}] = len(worked)
	}
	if len(lack) > 0 {
		n[Note{Code: diag.CodeAnnotations, Text: fmt.Sprintf("annotations: %s what the predictions say now: %s; kept",
			wording.Count(len(lack), "task does not hold", "tasks do not hold"), wording.FirstFew(lack, 5)), Hint: diag.Do(diag.HintUpdate, keyAnnotations)}] = len(lack)
	}
}
