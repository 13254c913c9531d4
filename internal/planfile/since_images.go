package planfile

import (
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

const contextChanged = "its context images changed"

// imagesSince tells which images of a task are others than when the plan was saved: by
// their names, and where both were measured, by their content.
func imagesSince(was, now plan.Change, before, after []Image) string {
	old, names := was.Desired.Frames, now.Desired.Frames
	if !slices.Equal(old, names) {
		return namesSince(old, names)
	}
	if !slices.Equal(was.Desired.ServerFiles, now.Desired.ServerFiles) {
		return namesSince(was.Desired.ServerFiles, now.Desired.ServerFiles)
	}
	measured := (was.Desired.Hash == "") == (now.Desired.Hash == "") // both or neither: reading may leave images out
	if measured && !slices.Equal(was.Desired.Related, now.Desired.Related) || !slices.Equal(was.Desired.ContextFiles, now.Desired.ContextFiles) {
		return contextChanged
	}
	if was.Desired.Hash == "" || now.Desired.Hash == "" || was.Desired.Hash == now.Desired.Hash {
		return ""
	}
	var changed []string
	for i := range min(len(before), len(after)) {
		if before[i] != after[i] {
			changed = append(changed, names[i])
		}
	}
	switch {
	case len(changed) == 0 && now.Desired.Related != nil && len(after) == len(names):
		return contextChanged
	case len(changed) == 0:
		return "its images changed"
	}
	return "changed: " + few(changed)
}

func namesSince(old, names []string) string {
	gone, more := plan.Without(old, names), plan.Without(names, old)
	switch {
	case len(names) == 0:
		return "its images are gone"
	case len(gone)+len(more) == 0:
		return "its images are in another order"
	case len(gone) == 0:
		return "new: " + few(more)
	case len(more) == 0:
		return "gone: " + few(gone)
	}
	return fmt.Sprintf("gone: %s; new: %s", few(gone), few(more))
}
