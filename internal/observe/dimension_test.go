package observe

import (
	"testing"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

func TestAProjectsDimensionIsThatOfItsFrames(t *testing.T) {
	empty, images, clouds := plan.Task{}, plan.Task{Size: 1, Dimension: "2d"}, plan.Task{Size: 1, Dimension: "3d"}
	for name, tt := range map[string]struct {
		tasks    []plan.Task
		declared string
		want     string
	}{
		"no tasks":                           {nil, "", ""},
		"images":                             {[]plan.Task{empty, images}, "2d", "2d"},
		"point clouds":                       {[]plan.Task{empty, clouds}, "3d", "3d"},
		"point clouds of others":             {nil, "3d", "3d"},
		"empty tasks, of which 2.58 says 2d": {[]plan.Task{empty}, "2d", ""},
		"point clouds, whatever the project says": {[]plan.Task{clouds}, "2d", "3d"},
	} {
		if got := dimension(tt.tasks, tt.declared); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
