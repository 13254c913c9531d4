package prediction

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/internal/dataset"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

func ptr[T any](v T) *T { return &v }

var labels = []cvat.Label{
	{ID: 1, Name: "car", Type: "any", Attributes: []cvat.Attribute{
		{ID: 11, Name: "colour", InputType: "select", Values: []string{"red", "blue"}, DefaultValue: "red"},
		{ID: 12, Name: "speed", InputType: "number", Values: []string{"0", "200", "1"}, DefaultValue: "0"},
	}},
	{ID: 2, Name: "cat", Type: "skeleton", Sublabels: []cvat.Label{{ID: 3, Name: "head"}, {ID: 4, Name: "tail"}}},
	{ID: 5, Name: "box", Type: "rectangle"},
	{ID: 6, Name: "area", Type: "mask"},
}

// everything are shapes of each type, as CVAT has them.
func everything() []annotation.Shape {
	set := annotation.Attributes{{Name: "colour", Value: "blue"}, {Name: "speed", Value: "12.5"}}
	car := func(kind string, rotation float64, points ...float64) annotation.Shape {
		return annotation.Shape{Type: kind, Label: "car", Points: points, Rotation: rotation, Attributes: set}
	}
	occluded := car("rectangle", 0, 1.5, 2, 5.25, 4)
	occluded.Occluded, occluded.Score = true, ptr(0.5)
	way := car("polyline", 0, 0, 0, 3, 3)
	way.Group, way.ZOrder = 7, -2
	return []annotation.Shape{
		occluded,
		car("rectangle", 33.5, 10, 20, 40, 30),
		car("ellipse", 0, 50, 50, 60, 45),
		car("ellipse", 70, 50, 50, 60, 45),
		car("polygon", 0, 0, 0, 30, 0, 30, 4),
		way,
		car("points", 0, 1, 1),
		car("cuboid", 0, 1, 1, 1, 10, 20, 1, 20, 10, 25, 2, 25, 11, 5, 2, 5, 11),
		{Type: "mask", Label: "area", Points: []float64{0, 2, 1, 1, 3, 4, 4, 5}},
		{Type: "skeleton", Label: "cat", Elements: []annotation.Shape{
			{Type: "points", Label: "head", Points: []float64{2, 2}}, {Type: "points", Label: "tail", Points: []float64{8, 4}, Occluded: true},
		}},
	}
}

// written is what pull writes of the shapes, on the frame run1/a.jpg of 100 x 80 pixels.
func written(t *testing.T, write dataset.Writer, shapes []annotation.Shape) string {
	t.Helper()
	var b bytes.Buffer
	_, err := write(&b, dataset.Set{Labels: annotation.NewLabels(labels), Frames: func(yield func(dataset.Frame, error) bool) {
		yield(dataset.Frame{Task: "t", Frame: annotation.Frame{Name: "run1/a.jpg", Width: 100, Height: 80, Shapes: shapes}}, nil)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A reading places what it read, or ends its test.
type reading struct {
	*File
	t *testing.T
}

func (r reading) Place(in Target) Placed {
	r.t.Helper()
	placed, err := r.File.Place(in)
	if err != nil {
		r.t.Fatal(err)
	}
	return placed
}

func opened(t *testing.T, f Format, text string) reading {
	t.Helper()
	file := filepath.Join(t.TempDir(), "found")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return read(t, file, f)
}

func read(t *testing.T, file string, f Format) reading {
	t.Helper()
	found, err := Open(file, f)
	if err != nil {
		t.Fatal(err)
	}
	return reading{found, t}
}

var frames = []Frame{{Name: "run1/b.jpg", Width: 100, Height: 80}, {Name: "run1/a.jpg", Width: 100, Height: 80}}

// What pull writes of shapes is read as these shapes, in each format, as far as that has a place for them.
func TestWhatPullWritesIsReadAsItWas(t *testing.T) {
	shapes := everything()
	for name, test := range map[string]struct {
		format Format
		write  dataset.Writer
		kinds  []string
	}{
		"jsonl": {JSONL, dataset.JSONL, []string{"rectangle", "ellipse", "polygon", "polyline", "points", "cuboid", "mask", "skeleton"}},
		"coco":  {COCO, dataset.COCO, []string{"rectangle", "ellipse", "polygon", "mask", "skeleton"}},
	} {
		t.Run(name, func(t *testing.T) {
			var want []annotation.Shape
			for _, s := range shapes {
				if slices.Contains(test.kinds, s.Type) {
					want = append(want, s)
				}
			}
			placed := opened(t, test.format, written(t, test.write, shapes)).Place(Target{Frames: frames, Labels: labels})
			got := annotation.Task{Labels: annotation.NewLabels(labels), Annotations: &placed.Annotations, Frames: []cvat.FrameMeta{{}, {}}}
			var read []annotation.Shape
			for f := range got.All(func(why string) { t.Error(why) }) {
				if f.Number == 1 {
					read = f.Shapes
				}
			}
			for i := range read {
				if read[i].Source != "auto" {
					t.Errorf("%+v", read[i])
				}
			}
			sorted := cmpopts.SortSlices(func(a, b annotation.Shape) bool {
				return fmt.Sprint(a.Type, a.Rotation, a.Points) < fmt.Sprint(b.Type, b.Rotation, b.Points)
			})
			if diff := cmp.Diff(want, read, sorted, cmpopts.EquateEmpty(), cmpopts.EquateApprox(0, 1e-4), cmpopts.IgnoreFields(annotation.Shape{}, "Source")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if len(placed.Unplaced) > 0 || placed.Repeated > 0 {
				t.Errorf("%+v", placed)
			}
		})
	}
}

// Data sets that models and common tools write: an id is whatever is compared, and of what an annotation says in several ways
// the closest that its label takes counts.
func TestCOCOOfOtherToolsIsRead(t *testing.T) {
	image := `{"id": 7, "file_name": "a.jpg", "width": 100, "height": 80}`
	person := `"category_id": 1, "bbox": [1, 2, 10, 10], "area": 100, "iscrowd": 0`
	for name, test := range map[string]struct {
		category, annotation string // with ids of their own
		want                 string
	}{
		"ids that are numbers with a point":         {`{"id": 1, "name": "box"}`, `{"image_id": 7.0, "category_id": 1.0, "bbox": [1, 2, 10, 10]}`, "rectangle box [1 2 11 12] 0"},
		"keypoints for a label of boxes":            {`{"id": 1, "name": "box", "keypoints": ["head", "tail"]}`, `{"image_id": 7, ` + person + `, "keypoints": [1, 1, 2, 5, 5, 2]}`, "rectangle box [1 2 11 12] 0"},
		"keypoints for a label of any shape":        {`{"id": 1, "name": "car", "keypoints": ["head", "tail"]}`, `{"image_id": 7, ` + person + `, "keypoints": [1, 1, 2, 5, 5, 2], "segmentation": [[1, 1, 9, 1, 9, 9]]}`, "polygon car [1 1 9 1 9 9] 0"},
		"keypoints for a skeleton":                  {`{"id": 1, "name": "cat", "keypoints": ["tail", "head"]}`, `{"image_id": 7, ` + person + `, "keypoints": [1, 1, 2, 5, 5, 1]}`, "skeleton cat [] 0"},
		"no keypoint in the picture":                {`{"id": 1, "name": "box", "keypoints": ["head", "tail"]}`, `{"image_id": 7, ` + person + `, "keypoints": [0, 0, 0, 0, 0, 0], "num_keypoints": 0}`, "rectangle box [1 2 11 12] 0"},
		"a segmentation without rings":              {`{"id": 1, "name": "box"}`, `{"image_id": 7, ` + person + `, "segmentation": [[]]}`, "rectangle box [1 2 11 12] 0"},
		"a ring of two points next to one of three": {`{"id": 1, "name": "car"}`, `{"image_id": 7, ` + person + `, "segmentation": [[1, 1, 2, 2], [1, 1, 9, 1, 9, 9]]}`, "polygon car [1 1 9 1 9 9] 0"},
		"a rotated box of CVAT's own export":        {`{"id": 1, "name": "box"}`, `{"image_id": 7, ` + person + `, "segmentation": [], "attributes": {"occluded": false, "rotation": 30.5, "track_id": 3}}`, "rectangle box [1 2 11 12] 30.5"},
		"a crowd as runs":                           {`{"id": 1, "name": "area"}`, `{"image_id": 7, "category_id": 1, "iscrowd": 1, "segmentation": {"size": [80, 100], "counts": [81, 2, 7917]}}`, "mask area [0 2 1 1 1 2] 0"},
		"runs of another image's size":              {`{"id": 1, "name": "area"}`, `{"image_id": 7, "category_id": 1, "segmentation": {"size": [100, 80], "counts": [81, 2, 7917]}}`, "1: a mask of 80 x 100 pixels in an image of 100 x 80, such as in a.jpg"},
		"several rings for a label of boxes":        {`{"id": 1, "name": "box"}`, `{"image_id": 7, ` + person + `, "segmentation": [[1, 1, 9, 1, 9, 9], [20, 20, 30, 20, 30, 30]]}`, "rectangle box [1 2 11 12] 0"},
	} {
		t.Run(name, func(t *testing.T) {
			text := fmt.Sprintf("\ufeff"+`{"images": [%s], "categories": [%s], "annotations": [%s]}`, image, test.category, test.annotation)
			placed := opened(t, COCO, text).Place(Target{Frames: frames, Labels: labels})
			got := fmt.Sprint(placed.Unplaced)
			if len(placed.Unplaced) == 1 {
				got = placed.Unplaced[0].String()
			}
			for _, s := range placed.Annotations.Shapes {
				i := slices.IndexFunc(labels, func(l cvat.Label) bool { return l.ID == s.LabelID })
				got = fmt.Sprint(s.Type, " ", labels[i].Name, " ", s.Points, " ", s.Rotation)
			}
			if got != test.want {
				t.Errorf("got %s, wanted %s", got, test.want)
			}
		})
	}
}

// Ids of 64 bits, such as those that services count up, differ by less than a float64 tells apart.
func TestCOCOIDsOfManyDigitsStayApart(t *testing.T) {
	text := `{"images": [{"id": 9007199254740992, "file_name": "a.jpg"}, {"id": 9007199254740993, "file_name": "b.jpg"}],
		"categories": [{"id": 1, "name": "box"}], "annotations": [{"image_id": 9007199254740992, "category_id": 1, "bbox": [1, 2, 3, 4]}]}`
	for image, want := range map[string]int{"a.jpg": 1, "b.jpg": 0} {
		if placed := opened(t, COCO, text).Place(Target{Frames: []Frame{{Name: image}}}); len(placed.Annotations.Shapes) != want {
			t.Errorf("%s: %+v", image, placed)
		}
	}
}

func TestAListOfResultsIsNamedAsWhatItIs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.json")
	if err := os.WriteFile(file, []byte(` [{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]`), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, COCO); err == nil || !strings.HasPrefix(err.Error(), "a list of results;") {
		t.Error(err)
	}
}

// yoloDirectory is a directory of labels below one with a data.yaml.
func yoloDirectory(t *testing.T, data string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, "labels", "train")
	write := func(file, text string) {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "data.yaml"), data)
	for name, text := range files {
		write(filepath.Join(at, name), text)
	}
	return at
}

func TestClassesNextToYOLOsLabelsNameThem(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.txt": "1 0.5 0.5 0.2 0.25", "classes.txt": "box\r\ncar\r\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got := shown(read(t, dir, YOLO).Place(Target{Frames: frames, Labels: labels})); got != "rectangle [40 30 60 50] <nil>" {
		t.Error(got)
	}
}

// What CVAT's database has no place for would be a 500, and a batch of others with it.
func TestNumbersThatCVATCannotKeepAreNotPlaced(t *testing.T) {
	for rest, want := range map[string]string{
		`"z_order": 2147483648`: "1: a z_order of more than 32 bits, such as in a.jpg",
		`"group": -1`:           "1: a group that is not between 0 and 2147483647, such as in a.jpg",
		`"group": 2147483647`:   "rectangle [1 1 5 5] <nil>",
	} {
		text := `{"name": "a.jpg", "shapes": [{"type": "rectangle", "label": "car", "points": [1, 1, 5, 5], ` + rest + `}]}`
		if got := shown(opened(t, JSONL, text).Place(Target{Frames: frames, Labels: labels})); got != want {
			t.Errorf("%s: %s", rest, got)
		}
	}
}

func TestYOLOIsReadByTheLengthOfItsLines(t *testing.T) {
	for name, test := range map[string]struct{ data, line, want string }{
		"a box":                       {"names: [car]", "0 0.5 0.5 0.2 0.25", "rectangle [40 30 60 50] <nil>"},
		"a box with a score":          {"names: {0: car}", "0 0.5 0.5 0.2 0.25 0.75", "rectangle [40 30 60 50] 0.75"},
		"a polygon":                   {"names: [car]", "0 0.1 0.1 0.2 0.1 0.2 0.2", "polygon [10 8 20 8 20 16] <nil>"},
		"a polygon with a score":      {"names: [car]", "0 0.1 0.1 0.2 0.1 0.2 0.2 1", "polygon [10 8 20 8 20 16] 1"},
		"a polygon of a label of box": {"names: [box]", "0 0.1 0.1 0.2 0.1 0.2 0.2", "rectangle [10 8 20 16] <nil>"},
		"keypoints":                   {"names: [cat]\nkpt_shape: [2, 3]", "0 0.5 0.5 0.2 0.2 0.1 0.1 2 0.2 0.2 1", "skeleton head [10 8] false, tail [20 16] true <nil>"},
		"keypoints with a score":      {"names: [cat]\nkpt_shape: [2, 2]", "0 0.5 0.5 0.2 0.2 0.1 0.1 0.2 0.2 0.5", "skeleton head [10 8] false, tail [20 16] false 0.5"},
		"too short":                   {"names: [car]", "0 0.5 0.5", "1: a line of 3 numbers, such as in a"},
		"an unknown class":            {"names: [car]", "1 0.5 0.5 0.2 0.2", "1: class 1 is not in data.yaml, such as in a"},
		"not a number":                {"names: [car]", "0 nan 0.5 0.4 0.2", "1: a coordinate that is not a number, such as in a"},
		"a mark before the first":     {"names: [car]", "\ufeff0 0.5 0.5 0.2 0.25\r\n", "rectangle [40 30 60 50] <nil>"},
		"outside":                     {"names: [car]", "0 0.9 0.5 0.4 0.2", "1: outside its image, such as in a"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, sized := range []bool{true, false} { // a plan does not know the sizes yet
				dir := yoloDirectory(t, test.data, map[string]string{"a.txt": test.line + "\n\n", "labels/a.txt": test.line})
				found := read(t, dir, YOLO)
				in := slices.Clone(frames)
				if !sized {
					in[0], in[1] = Frame{Name: in[0].Name}, Frame{Name: in[1].Name}
				}
				placed := found.Place(Target{Frames: in, Labels: labels})
				if got := shown(placed); sized && got != test.want || sized != true && (len(placed.Unplaced) > 0) != strings.HasPrefix(test.want, "1:") {
					t.Errorf("sized %v: %s", sized, got)
				}
			}
		})
	}
}

// shown is the one shape that was placed, or why there is none.
func shown(p Placed) string {
	if len(p.Unplaced) > 0 {
		return p.Unplaced[0].String()
	}
	s := p.Annotations.Shapes[0]
	text := s.Type
	if len(s.Elements) == 0 {
		text += fmt.Sprint(" ", s.Points)
	}
	for i, e := range s.Elements {
		text += strings.Repeat(",", min(i, 1)) + fmt.Sprint(" ", labels[1].Sublabels[e.LabelID-3].Name, " ", e.Points, " ", e.Occluded)
	}
	if s.Score == nil {
		return text + " <nil>"
	}
	return text + fmt.Sprint(" ", *s.Score)
}

func TestImagesAreFoundByNamesThatEndAlike(t *testing.T) {
	in := []Frame{{Name: "run1/cam/1.jpg"}, {Name: "run1/cam/2.jpg"}, {Name: "run2/2.jpg"}, {Name: "u/caf\u00e9.png"}, {Name: "3.jpg"}, {Name: "d/3.jpg"}}
	for image, want := range map[string]string{
		"run1/cam/1.jpg":            "0",
		"cam/1.jpg":                 "0",
		"1.jpg":                     "0",
		"./1.jpg":                   "0",
		"/out/today/run1/cam/1.jpg": "0",
		`out\run1\cam\1.jpg`:        "0",
		"2.jpg":                     "its image's name fits several frames",
		"cam/2.jpg":                 "1",
		"cafe\u0301.png":            "3",
		"3.jpg":                     "4",
		"x/d/3.jpg":                 "5",
		"am/1.jpg":                  "its image is not a frame of the task",
		"1.png":                     "its image is not a frame of the task",
		"":                          "its image is not a frame of the task",
	} {
		frame, wrong := namesOf(in, false).find(image)
		got := wrong
		if wrong == "" {
			got = fmt.Sprint(frame)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", image, got, want)
		}
	}
}

func TestRunsOfMasksAreReadAsPycocotoolsWritesThem(t *testing.T) {
	numbers, wrong := cocoRuns{[2]int{5, 7}, []byte(`[11, 3, 2, 1, 1, 1, 2, 3, 2, 3, 5, 1]`)}.mask()
	text, wrong2 := cocoRuns{[2]int{5, 7}, []byte(`";32NO012003N"`)}.mask()
	if diff := cmp.Diff(numbers, text); diff != "" || wrong+wrong2 != "" {
		t.Error(diff, wrong, wrong2)
	}
	if diff := cmp.Diff([]float64{0, 4, 1, 1, 1, 2, 1, 4, 5, 1, 2, 1, 6, 4}, numbers); diff != "" {
		t.Error(diff)
	}
}

// Each of these CVAT would take, and some fail every later export of the task.
func TestWhatCVATCouldNotHoldIsNotPlaced(t *testing.T) {
	for why, line := range map[string]string{
		"a rectangle of 3 numbers":                                    `{"type": "rectangle", "label": "car", "points": [1, 2, 3]}`,
		"a rectangle without an area":                                 `{"type": "rectangle", "label": "car", "points": [5, 5, 5, 9]}`,
		"an ellipse without an area":                                  `{"type": "ellipse", "label": "car", "points": [5, 5, 5, 9]}`,
		"a polygon of 4 numbers":                                      `{"type": "polygon", "label": "car", "points": [5, 5, 5, 9]}`,
		`CVAT has no shape of type "circle"`:                          `{"type": "circle", "label": "car", "points": [5, 5, 5, 9]}`,
		"outside its image":                                           `{"type": "rectangle", "label": "car", "points": [90, 5, 102, 9]}`,
		"a score that is not between 0 and 1":                         `{"type": "rectangle", "label": "car", "points": [1, 2, 3, 4], "score": 55}`,
		"a rotation that is not between 0 and 360 degrees":            `{"type": "rectangle", "label": "car", "points": [1, 2, 3, 4], "rotation": -5}`,
		"a mask whose runs do not fill its box":                       `{"type": "mask", "label": "area", "points": [0, 5, 1, 1, 2, 2]}`,
		"a mask whose numbers are not whole":                          `{"type": "mask", "label": "area", "points": [0.5, 3.5, 1, 1, 2, 2]}`,
		`the project has no label "pear"`:                             `{"type": "rectangle", "label": "pear", "points": [1, 2, 3, 4]}`,
		"label box takes rectangle, and not a polygon":                `{"type": "polygon", "label": "box", "points": [1, 2, 3, 4, 5, 9]}`,
		"label cat takes skeleton, and not a rectangle":               `{"type": "rectangle", "label": "cat", "points": [1, 2, 3, 4]}`,
		"label car takes any, and not a skeleton":                     `{"type": "skeleton", "label": "car", "elements": [{"label": "head", "points": [1, 1]}]}`,
		`the project has no label "head"`:                             `{"type": "points", "label": "head", "points": [1, 1]}`,
		"a skeleton without point tail of label cat":                  `{"type": "skeleton", "label": "cat", "elements": [{"label": "head", "points": [1, 1]}]}`,
		`label cat has no point "ear"`:                                `{"type": "skeleton", "label": "cat", "elements": [{"label": "head", "points": [1, 1]}, {"label": "tail", "points": [1, 1]}, {"label": "ear", "points": [1, 1]}]}`,
		"a skeleton of 3 points; label cat has 2":                     `{"type": "skeleton", "label": "cat", "elements": [{"label": "head", "points": [1, 1]}, {"label": "tail", "points": [1, 1]}, {"label": "tail", "points": [1, 1]}]}`,
		`attribute speed of label car does not take "abc"`:            `{"type": "points", "label": "car", "points": [1, 1], "attributes": {"speed": "abc"}}`,
		`attribute speed of label car does not take "500"`:            `{"type": "points", "label": "car", "points": [1, 1], "attributes": {"speed": 500}}`,
		`attribute colour of label car does not take "pink"`:          `{"type": "points", "label": "car", "points": [1, 1], "attributes": {"colour": "pink"}}`,
		`label car has no attribute "size"`:                           `{"type": "points", "label": "car", "points": [1, 1], "attributes": {"size": "1"}}`,
		"made for an image of 50 x 40 pixels, the frame has 100 x 80": "small",
	} {
		file := fmt.Sprintf(`{"name": "a.jpg", "shapes": [%s]}`, line)
		if line == "small" {
			file = `{"name": "a.jpg", "width": 50, "height": 40, "shapes": [{"type": "points", "label": "car", "points": [1, 1]}]}`
		}
		placed := opened(t, JSONL, file).Place(Target{Frames: frames, Labels: labels})
		if len(placed.Unplaced) != 1 || placed.Unplaced[0].Reason != why || len(placed.Annotations.Shapes) != 0 {
			t.Errorf("%s: %+v", line, placed)
		}
	}
}

// A file may be any: what is wrong with it is reported with its line, and nothing of it is repeated.
func TestFilesThatAreWrongAreNotQuoted(t *testing.T) {
	for _, f := range []Format{COCO, JSONL} {
		for _, text := range []string{"password=hunter2", "{}\n{\"name\": hunter2}", `{"images": "hunter2", "name": 5}`, "\x00hunter2", "[\"hunter2\"]", strings.Repeat("[", 1<<16) + "hunter2"} {
			file := filepath.Join(t.TempDir(), "found")
			if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := Open(file, f)
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s of %.30q: %v", f, text, err)
			}
		}
	}
	pointer := filepath.Join(t.TempDir(), "pointer")
	if err := os.WriteFile(pointer, []byte("version https://git-lfs.github.com/spec/v1\noid sha256:5\nsize 7\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(pointer, COCO); err == nil || err.Error() != "a Git LFS pointer is in place of the file" {
		t.Error(err)
	}
	if _, err := Open(yoloDirectory(t, "names: [car]", map[string]string{"a.txt": "hunter2 1 2 3 4"}), YOLO); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent"), COCO); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent"), YOLO); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Whatever is in a file, reading and placing it ends, and gives nothing that CVAT could not hold.
func FuzzOpen(f *testing.F) {
	f.Add(0, `{"images": [{"id": 1, "file_name": "a.jpg"}], "categories": [{"id": 1, "name": "car"}], "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}]}`)
	f.Add(0, `{"images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}], "categories": [{"id": 1, "name": "area"}], "annotations": [{"image_id": 1, "category_id": 1, "segmentation": {"size": [5, 7], "counts": ";32NO012003N"}}, {"image_id": 1, "category_id": 1, "segmentation": [[1, 1, 5, 1, 5, 5], [2, 2, 3, 2, 3, 3]]}]}`)
	f.Add(1, `{"name": "a.jpg", "shapes": [{"type": "mask", "label": "area", "points": [0, 4, 1, 1, 2, 2]}]}`)
	f.Fuzz(func(t *testing.T, kind int, text string) {
		format := COCO
		if kind%2 != 0 {
			format = JSONL
		}
		found, err := indexText(io.NewSectionReader(strings.NewReader(text), 0, int64(len(text))), format)
		if err != nil {
			return
		}
		found.open = func() (source, error) {
			return &textSource{text: io.NewSectionReader(strings.NewReader(text), 0, int64(len(text))), closer: io.NopCloser(nil)}, nil
		}
		placed, err := found.Place(Target{Frames: frames, Labels: labels})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range placed.Annotations.Shapes {
			if s.Frame < 0 || s.Frame >= len(frames) || s.LabelID == 0 {
				t.Errorf("%+v", s)
			}
		}
		fmt.Fprint(io.Discard, placed)
	})
}
