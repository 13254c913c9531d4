package plan

import (
	"testing"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func TestAProjectGetsTasksOfOneDimension(t *testing.T) {
	images := Desired{Task: "images", Frames: []string{"a.png"}}
	video := Desired{Task: "video", Frames: []string{"a.mp4"}, Kind: manifest.KindVideo}
	clouds := Desired{Task: "clouds", Frames: []string{"a.pcd"}, Kind: manifest.KindPointCloud}
	held := func(name, dimension string) Task {
		return Task{ID: 1, Name: name, ProjectID: 8, HasData: true, Size: 1, Dimension: dimension}
	}
	tests := map[string]struct {
		want []Desired
		have Actual
		o    Options
		is   map[string]Action
	}{
		"an empty project takes point clouds":              {[]Desired{clouds}, Actual{}, Options{}, map[string]Action{"clouds": Create}},
		"videos are 2D, as images are":                     {[]Desired{images, video}, Actual{}, Options{}, map[string]Action{"images": Create, "video": Create}},
		"which of two an empty project gets, nobody knows": {[]Desired{images, clouds}, Actual{}, Options{}, map[string]Action{"images": Blocked, "clouds": Blocked}},
		"nor without a server":                             {[]Desired{images, clouds}, Actual{}, Options{Offline: true}, map[string]Action{"images": Blocked, "clouds": Blocked}},
		"of two, one is targeted":                          {[]Desired{images, clouds}, Actual{}, Options{Target: []string{"clouds"}}, map[string]Action{"clouds": Create}},
		"of two, one is skipped":                           {[]Desired{images, clouds}, Actual{}, Options{Skip: []manifest.Skip{{Task: "images"}}}, map[string]Action{"images": Skipped, "clouds": Create}},
		"a 2D project takes no point clouds":               {[]Desired{images, clouds}, Actual{Dimension: "2d"}, Options{}, map[string]Action{"images": Create, "clouds": Blocked}},
		"a 3D project takes no images":                     {[]Desired{images, video, clouds}, Actual{Dimension: "3d"}, Options{}, map[string]Action{"images": Blocked, "video": Blocked, "clouds": Create}},
		"a 3D task holds point clouds":                     {[]Desired{clouds}, Actual{Dimension: "3d", Tasks: []Task{held("clouds", "3d")}}, Options{}, map[string]Action{"clouds": NoOp}},
		"a 2D task of the name holds something else":       {[]Desired{clouds}, Actual{Dimension: "2d", Tasks: []Task{held("clouds", "2d")}}, Options{}, map[string]Action{"clouds": Blocked}},
		"what a server does not tell is not compared":      {[]Desired{clouds}, Actual{Tasks: []Task{held("clouds", "")}}, Options{}, map[string]Action{"clouds": NoOp}},
	}
	validated := clouds
	validated.Settings.Validation = &manifest.Validation{Mode: "gt"}
	if c := Decide(validated, nil, 8, Options{}); c.Action != Blocked || c.Reason.Code != "bad_validation" {
		t.Errorf("validation of point clouds: %s, %s", c.Action, c.Reason.Text)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.have.Scope.ProjectID, tt.have.Exists = 8, true
			p := Diff(tt.want, tt.have, tt.o)
			if len(p.Changes) != len(tt.is) {
				t.Errorf("%d changes, want %d", len(p.Changes), len(tt.is))
			}
			for _, c := range p.Changes {
				if c.Action != tt.is[c.Task] {
					t.Errorf("%s: %s (%s), want %s", c.Task, c.Action, c.Reason.Text, tt.is[c.Task])
				}
				if c.Action == Blocked && (c.Reason.Code != "dimension" || c.Reason.Hint == (Hint{}) || c.Upload) {
					t.Errorf("%s: reason %+v, upload %v", c.Task, c.Reason, c.Upload)
				}
			}
		})
	}
}
