package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/schema"
)

var update = flag.Bool("update", false, "write the golden files again")

func ptr[T any](v T) *T { return &v }

// sample is a set with one shape of each kind, of frames of three cameras, one of them without a time.
func sample() Set {
	labels := annotation.NewLabels([]cvat.Label{
		{ID: 1, Name: "car", Color: "#ff0000"},
		{ID: 2, Name: "cat", Type: "skeleton", Color: "#00ff00", Sublabels: []cvat.Label{{ID: 3, Name: "head"}, {ID: 4, Name: "tail"}},
			SVG: `<line data-node-from="1" data-node-to="2"></line><circle data-node-id="1" data-label-id="3"></circle><circle data-node-id="2" data-label-id="4"></circle>`},
		{ID: 5, Name: "way", Type: "polyline"},
	})
	shapes := []annotation.Shape{
		{Type: "rectangle", Label: "car", Points: []float64{1, 2, 5, 4}, Attributes: annotation.Attributes{{Name: "b", Value: "<1>"}, {Name: "a", Value: ""}}, Score: ptr(0.5)},
		{Type: "rectangle", Label: "car", Points: []float64{1, 2, 5, 4}, Rotation: 90, Track: ptr(0), Keyframe: true},
		{Type: "polygon", Label: "car", Points: []float64{0, 0, 30, 0, 30, 4}, Occluded: true},
		{Type: "ellipse", Label: "car", Points: []float64{5, 5, 8, 3}},
		drawn(1, 1, "##", "#."),
		{Type: "polyline", Label: "way", Points: []float64{0, 0, 3, 3}},
		{Type: "points", Label: "car", Points: []float64{1, 1}},
		{Type: "cuboid", Label: "car", Points: make([]float64, 16)},
		{Type: "skeleton", Label: "cat", Elements: []annotation.Shape{
			{Type: "points", Label: "head", Points: []float64{2, 2}}, {Type: "points", Label: "tail", Points: []float64{8, 4}, Occluded: true},
		}},
	}
	shapes[4].Label = "car"
	frames := []Frame{
		{Task: "t", Subset: "val", Bag: "run1.bag", Camera: "front", Topic: "/front", StampNS: ptr(int64(1700000000000000001)), LogNS: ptr(int64(1700000000000000002)),
			Frame: annotation.Frame{Number: 0, Name: "run1/a.jpg", Width: 10, Height: 8, Shapes: shapes, Tags: []annotation.Tag{{Label: "car"}}}},
		{Task: "u", Bag: "run1.bag", Camera: "left", StampNS: ptr(int64(1)), Frame: annotation.Frame{Number: 3, Name: "b.jpg", Width: 10, Height: 8}},
		{Task: "v", Frame: annotation.Frame{Name: "c.jpg", Width: 10, Height: 8}},
	}
	return Set{Labels: labels, Frames: func(yield func(Frame, error) bool) {
		for _, f := range frames {
			if !yield(f, nil) {
				return
			}
		}
	}}
}

var writers = map[string]Writer{"sample.jsonl": JSONL, "sample.coco.json": COCO, "sample.mcap": MCAP}

func TestFilesAreAsTheyWereByteForByte(t *testing.T) {
	for name, write := range writers {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if _, err := write(&b, sample()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if name == "sample.mcap" {
				if !bytes.Equal(want, b.Bytes()) {
					t.Errorf("%d bytes, not those of the golden file", b.Len())
				}
			} else if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Error(diff)
			}
			for range 20 {
				var again bytes.Buffer
				if _, err := write(&again, sample()); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
					t.Fatalf("the same set gives other bytes; %v", err)
				}
			}
		})
	}
}

func TestALineIsWhatItsSchemaSays(t *testing.T) {
	s, err := jsonschema.CompileString("pull.schema.json", string(schema.Pull))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := JSONL(&b, sample()); err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b.Bytes()) {
		var doc any
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %#v", line, err)
		}
	}
}

func TestWhatAFormatHasNoPlaceForIsCounted(t *testing.T) {
	want := map[string]Lost{
		"sample.jsonl":     nil,
		"sample.coco.json": {"polyline": 1, "points": 1, "cuboid": 1},
		"sample.mcap":      {"frame without a time": 1},
	}
	for name, write := range writers {
		lost, err := write(&bytes.Buffer{}, sample())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[name], lost); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestErrorsOfReadingAndWritingEndAFile(t *testing.T) {
	broken := errors.New("broken")
	s := sample()
	s.Frames = func(yield func(Frame, error) bool) { yield(Frame{}, broken) }
	for name, write := range writers {
		if _, err := write(&bytes.Buffer{}, s); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := write(full{}, sample()); err == nil {
			t.Errorf("%s: nothing could be written, and no error", name)
		}
	}
}

func TestYOLOsLabels(t *testing.T) {
	s := sample()
	want := map[string]string{
		"detect": "0 0.3 0.375 0.4 0.25\n0 0.3 0.375 0.2 0.5\n0 0.5 0.25 1 0.5\n0 0.5 0.625 0.6 0.5\n0 0.2 0.25 0.2 0.25\n1 0.5 0.375 0.6 0.25\n",
		"pose":   "0 0.5 0.375 0.6 0.25 0.2 0.25 2 0.8 0.5 1\n",
	}
	for task, text := range want {
		y := NewYOLO(task, s.Labels)
		for f := range s.Frames {
			if diff := cmp.Diff(text, string(y.Labels(f, Lost{}))); f.Task == "t" && diff != "" {
				t.Errorf("%s: %s", task, diff)
			}
		}
	}
	y := NewYOLO("segment", s.Labels)
	for f := range s.Frames {
		if got := string(y.Labels(f, Lost{})); f.Task == "t" && !bytes.Contains([]byte(got), []byte("0 0 0 1 0 1 0.5\n0 ")) {
			t.Errorf("the polygon is not cut off at the picture's edge: %s", got)
		}
	}
}

func TestYOLOsDataNamesSplitsAndClasses(t *testing.T) {
	labels := sample().Labels
	tests := map[string]struct {
		task   string
		splits []string
		want   string
	}{
		"three":            {"detect", []string{"test", "train", "val"}, "# Written by cvatplan pull.\ntrain: train.txt\nval: val.txt\ntest: test.txt\nnc: 2\nnames:\n    0: car\n    1: cat\n"},
		"pose":             {"pose", []string{"train"}, "# Written by cvatplan pull.\ntrain: train.txt\nval: train.txt\nkpt_shape: [2, 3]\nnc: 1\nnames:\n    0: cat\n"},
		"no train, no val": {"segment", []string{"Site B", "site a", "test"}, "# Written by cvatplan pull.\ntrain: [Site B.txt, site a.txt]\nval: [Site B.txt, site a.txt]\ntest: test.txt\nSite B: Site B.txt\nsite a: site a.txt\nnc: 1\nnames:\n    0: car\n"},
		"one of its own":   {"segment", []string{"holdout"}, "# Written by cvatplan pull.\ntrain: holdout.txt\nval: holdout.txt\nholdout: holdout.txt\nnc: 1\nnames:\n    0: car\n"},
		"test alone":       {"segment", []string{"test"}, "# Written by cvatplan pull.\ntrain: test.txt\nval: test.txt\ntest: test.txt\nnc: 1\nnames:\n    0: car\n"},
		"a key of its own": {"segment", []string{"names", "train"}, "# Written by cvatplan pull.\ntrain: train.txt\nval: train.txt\nsubset_names: names.txt\nnc: 1\nnames:\n    0: car\n"},
		"no task":          {"segment", nil, "# Written by cvatplan pull.\nnc: 1\nnames:\n    0: car\n"},
		"their own":        {"segment", []string{"holdout", "val"}, "# Written by cvatplan pull.\ntrain: val.txt\nval: val.txt\nholdout: holdout.txt\nnc: 1\nnames:\n    0: car\n"},
	}
	for name, tt := range tests {
		var b bytes.Buffer
		if err := NewYOLO(tt.task, labels).Data(&b, tt.splits); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, b.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for subset, want := range map[string]string{"": "train", "Train": "train", "validation": "val", "Test": "test", "holdout": "holdout"} {
		if got := (YOLO{}).Split(subset); got != want {
			t.Errorf("subset %q is the split %q, want %q", subset, got, want)
		}
	}
}

// A frame of a video has no file: loaders open what CVAT's own exports name.
func TestAFrameOfAVideoIsNamedAsCVATExportsIt(t *testing.T) {
	set := Set{Labels: sample().Labels, Frames: func(yield func(Frame, error) bool) {
		yield(Frame{Frame: annotation.Frame{Name: "frame_000012", Width: 10, Height: 8}}, nil)
	}}
	for want, write := range map[string]Writer{`"file_name":"frame_000012.png"`: COCO, `"name":"frame_000012"`: JSONL} {
		var b bytes.Buffer
		if _, err := write(&b, set); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s, %v", want, &b, err)
		}
	}
}

func TestAMirroredSkeletonHasItsSidesChanged(t *testing.T) {
	skeleton := func(id int, name string, points ...string) cvat.Label {
		l := cvat.Label{ID: id, Name: name, Type: "skeleton"}
		for i, p := range points {
			l.Sublabels = append(l.Sublabels, cvat.Label{ID: id + 1 + i, Name: p})
		}
		return l
	}
	for name, test := range map[string]struct {
		labels []cvat.Label
		want   string
	}{
		"sides":                      {[]cvat.Label{skeleton(1, "man", "nose", "left_eye", "right_eye", "earRight", "earLeft")}, "flip_idx: [0, 2, 1, 4, 3]\n"},
		"two alike":                  {[]cvat.Label{skeleton(1, "man", "left hand", "right hand"), skeleton(11, "ape", "LEFT", "RIGHT")}, "flip_idx: [1, 0]\n"},
		"two that disagree":          {[]cvat.Label{skeleton(1, "man", "left", "right"), skeleton(11, "cat", "head", "tail")}, ""},
		"one without a counterpart":  {[]cvat.Label{skeleton(1, "man", "left", "right", "left_eye")}, ""},
		"names that tell no side":    {[]cvat.Label{skeleton(1, "lamp", "bright", "cleft")}, ""},
		"a word that ends in a side": {[]cvat.Label{skeleton(1, "lamp", "upright", "aleft")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := NewYOLO("pose", annotation.NewLabels(test.labels)).Data(&b, []string{"train"}); err != nil {
				t.Fatal(err)
			}
			if got := b.String(); test.want == "" && strings.Contains(got, "flip_idx") || !strings.Contains(got, test.want) {
				t.Errorf("no %q in\n%s", test.want, got)
			}
		})
	}
}
