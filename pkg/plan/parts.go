package plan

import (
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// inOrder blocks parts of a bag that come after one about which a person must decide: which frames are left
// for them is known once that one is settled. The changes are in the order in which the tasks are wanted.
func inOrder(changes []Change) {
	if !slices.ContainsFunc(changes, func(c Change) bool { return c.Desired.After != "" }) {
		return
	}
	at := make(map[Name]int, len(changes))
	for i, c := range changes {
		at[NameOf(c.Task)] = i
	}
	for i, c := range changes {
		k, planned := at[NameOf(c.Desired.After)]
		if c.Desired.After == "" || !planned || !c.Action.Acts() || changes[k].settles() {
			continue
		}
		changes[i] = c.because(Blocked, diag.CodeEarlierPart,
			fmt.Sprintf("its frames are known once task %s, an earlier part of the bag, is settled", c.Desired.After))
	}
}

// settles reports whether apply makes the task what it is planned to be, or the manifest leaves it out.
func (c Change) settles() bool {
	switch c.Action {
	case Replace:
		return c.Upload
	case Skipped, NoOp:
		return true
	}
	return c.Action.Acts()
}
