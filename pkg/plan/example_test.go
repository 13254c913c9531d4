package plan_test

import (
	"fmt"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

// One of two wanted tasks is there.
func Example() {
	want := []plan.Desired{
		{Task: "jai_cam_2026-03-04", Bag: "2026-03-04", Frames: []string{"a.jpg", "b.jpg"}},
		{Task: "jai_cam_2026-03-05", Bag: "2026-03-05", Frames: []string{"a.jpg"}, Bytes: 1000},
	}
	have := plan.Actual{
		Exists: true, Scope: plan.Scope{Server: "https://cvat.example.com", ProjectID: 7, Project: "Orchard"},
		Tasks: []plan.Task{{ID: 1, Name: "jai_cam_2026-03-04", ProjectID: 7, HasData: true, Size: 2}},
	}
	for _, c := range plan.Diff(want, have, plan.Options{}).Changes {
		fmt.Println(c.Action, c.Task, c.Frames)
	}
	// Output:
	// create jai_cam_2026-03-05 1
	// no-op jai_cam_2026-03-04 2
}
