package plan

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// keepDimension blocks what would be sent to a project whose tasks are of another dimension. CVAT says so only
// when all is sent and its import fails, and leaves the task behind (measured on 2.73). Of a project that holds
// nothing yet it takes either, so that where both are wanted a person must choose.
func keepDimension(changes []Change, have Actual) {
	wanted := make(map[string]manifest.Kind) // of what is sent, by dimension
	for _, c := range changes {
		if c.Upload {
			wanted[c.Desired.Kind.Dimension()] = c.Desired.Kind
		}
	}
	for i, c := range changes {
		if !c.Upload {
			continue
		}
		kind, why := c.Desired.Kind, ""
		switch {
		case have.Dimension != "" && have.Dimension != kind.Dimension():
			why = fmt.Sprintf("the project holds %s tasks, and CVAT takes no %s in it", upper(have.Dimension), kind)
		case have.Dimension == "" && len(wanted) > 1:
			why = fmt.Sprintf("the manifests ask for %s and for %s in one project, and CVAT takes one of the two", wanted["2d"], wanted["3d"])
		default:
			continue
		}
		changes[i].Reason.Hint = diag.Do(diag.HintSplitProject)
		changes[i] = changes[i].because(Blocked, diag.CodeDimension, why)
	}
}

// otherDimension says that a task holds images where point clouds are wanted, or the reverse; "" if it does not.
func otherDimension(d Desired, t Task) string {
	if t.Dimension == "" || t.Dimension == d.Kind.Dimension() {
		return ""
	}
	return fmt.Sprintf("%s is a %s task, and the manifest asks for %s", describe(t), upper(t.Dimension), d.Kind)
}

// upper is a dimension as people write it.
func upper(dimension string) string {
	if dimension == "3d" {
		return "3D"
	}
	return "2D"
}
