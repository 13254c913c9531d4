package annotation

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

var labels = NewLabels([]cvat.Label{
	{ID: 1, Name: "apple", Attributes: []cvat.Attribute{
		{ID: 11, Name: "ripe", DefaultValue: "no", Mutable: true}, {ID: 12, Name: "sort", DefaultValue: "gala"},
	}},
	{ID: 2, Name: "tree", Sublabels: []cvat.Label{{ID: 22, Name: "top"}, {ID: 21, Name: "root"}}},
})

func frames(t *testing.T, task Task) (all []Frame, skipped []string) {
	t.Helper()
	task.Labels = labels
	all = slices.Collect(task.All(func(reason string) { skipped = append(skipped, reason) }))
	return all, skipped
}

func named(n int) []cvat.FrameMeta {
	list := make([]cvat.FrameMeta, n)
	for i := range list {
		list[i] = cvat.FrameMeta{Name: string(rune('a' + i)), Width: 10, Height: 8}
	}
	return list
}

func box(frame int, x float64) cvat.TrackedShape {
	return cvat.TrackedShape{Frame: frame, Type: "rectangle", Points: []float64{x, 0, x + 1, 1}}
}

func gone(frame int) cvat.TrackedShape {
	s := box(frame, 0)
	s.Outside = true
	return s
}

func TestATrackIsAShapeOnEachFrameUntilItLeaves(t *testing.T) {
	ripe := box(2, 4)
	ripe.Attributes = []cvat.AttributeValue{{SpecID: 11, Value: "yes"}}
	got, _ := frames(t, Task{Frames: named(6), Annotations: &cvat.Annotations{Tracks: []cvat.Track{{
		LabelID: 1, Attributes: []cvat.AttributeValue{{SpecID: 12, Value: "fuji"}}, Shapes: []cvat.TrackedShape{gone(4), box(0, 0), ripe},
	}}}})
	var xs []float64
	for _, f := range got {
		for _, s := range f.Shapes {
			xs = append(xs, s.Points[0])
			want := Attributes{{"ripe", "no"}, {"sort", "fuji"}}
			if f.Number >= 2 {
				want[0].Value = "yes"
			}
			if diff := cmp.Diff(want, s.Attributes); diff != "" || *s.Track != 0 {
				t.Errorf("frame %d, track %d: %s", f.Number, *s.Track, diff)
			}
		}
	}
	if diff := cmp.Diff([]float64{0, 2, 4, 2}, xs); diff != "" {
		t.Error(diff)
	}
}

func TestHiddenFramesAndKeyframesOnThemDoNotCount(t *testing.T) {
	got, _ := frames(t, Task{Frames: named(4), Hidden: []int{1}, Annotations: &cvat.Annotations{
		Shapes: []cvat.Shape{{Frame: 1, LabelID: 1, Type: "points"}},
		Tracks: []cvat.Track{{LabelID: 1, Shapes: []cvat.TrackedShape{box(0, 0), box(1, 9), box(2, 2)}}},
	}})
	if len(got) != 3 || got[1].Number != 2 || got[1].Shapes[0].Points[0] != 2 {
		t.Errorf("%+v", got)
	}
}

func TestTheOrderOfTheAnswerAndItsIDsChangeNothing(t *testing.T) {
	task := func(ids int) Task {
		a := cvat.Annotations{Tags: []cvat.Tag{{ID: ids, LabelID: 1}, {ID: ids + 1, LabelID: 2}}}
		for i := range 4 {
			a.Shapes = append(a.Shapes, cvat.Shape{ID: ids + i, LabelID: 1 + i%2, Type: "points", Points: []float64{float64(i % 3), 1}, ZOrder: i % 2})
			a.Tracks = append(a.Tracks, cvat.Track{ID: ids + i, LabelID: 1, Shapes: []cvat.TrackedShape{box(0, float64(i)), box(2, 3)}})
		}
		return Task{Frames: named(3), Annotations: &a}
	}
	one, other := task(1), task(100)
	slices.Reverse(other.Annotations.Tags)
	slices.Reverse(other.Annotations.Shapes)
	slices.Reverse(other.Annotations.Tracks)
	a, _ := frames(t, one)
	b, _ := frames(t, other)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
}

func point(frame int, x float64, outside bool) cvat.TrackedShape {
	return cvat.TrackedShape{Frame: frame, Type: "points", Points: []float64{x, 1}, Outside: outside}
}

func TestASkeletonIsThereWhileOneOfItsElementsIs(t *testing.T) {
	got, _ := frames(t, Task{Frames: named(4), Annotations: &cvat.Annotations{Tracks: []cvat.Track{{
		LabelID: 2, Shapes: []cvat.TrackedShape{{Type: "skeleton"}},
		Elements: []cvat.Track{
			{LabelID: 22, Shapes: []cvat.TrackedShape{point(0, 5, false), point(2, 7, true)}},
			{LabelID: 21, Shapes: []cvat.TrackedShape{point(0, 0, true), point(1, 1, false), point(3, 1, true)}},
		},
	}}}})
	type row struct {
		Label   string
		X       float64
		Outside bool
	}
	var rows [][]row
	for _, f := range got {
		var r []row
		for _, s := range f.Shapes {
			for _, e := range s.Elements {
				r = append(r, row{e.Label, e.Points[0], e.Outside})
			}
		}
		rows = append(rows, r)
	}
	want := [][]row{
		{{"root", 0, true}, {"top", 5, false}},
		{{"root", 1, false}, {"top", 6, false}},
		{{"root", 1, false}, {"top", 7, true}},
		nil,
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCVATCannotExportIsLeftOutAndReported(t *testing.T) {
	other := box(2, 1)
	other.Type = "ellipse"
	got, skipped := frames(t, Task{Frames: named(2), Annotations: &cvat.Annotations{
		Shapes: []cvat.Shape{{LabelID: 9, Type: "points"}, {Frame: 7, LabelID: 1, Type: "points"}},
		Tags:   []cvat.Tag{{LabelID: 9}},
		Tracks: []cvat.Track{{LabelID: 1, Shapes: []cvat.TrackedShape{box(0, 0), other}}},
	}})
	if len(skipped) != 3 || len(got) != 2 || len(got[0].Shapes)+len(got[0].Tags) != 0 {
		t.Errorf("%v %+v", skipped, got)
	}
}

func TestAttributesKeepTheirOrderInJSON(t *testing.T) {
	got, err := json.Marshal(Attributes{{"z", "<&>"}, {"a", ""}})
	if want := `{"z":"\u003c\u0026\u003e","a":""}`; err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func TestLongTasksAreMadeInWindowsThatShowNoSeam(t *testing.T) {
	n := 3*window + 5
	list := make([]cvat.FrameMeta, n)
	got, _ := frames(t, Task{Frames: list, Annotations: &cvat.Annotations{Tracks: []cvat.Track{{
		LabelID: 1, Shapes: []cvat.TrackedShape{box(0, 0), box(n-1, float64(n-1))},
	}}}})
	for i, f := range got {
		if len(f.Shapes) != 1 || f.Shapes[0].Points[0] != float64(i) {
			t.Fatalf("frame %d: %+v", i, f.Shapes)
		}
	}
	if len(got) != n {
		t.Errorf("%d frames", len(got))
	}
}
