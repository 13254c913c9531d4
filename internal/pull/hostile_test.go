package pull

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A hostileServer answers with annotations that no CVAT checks, and with some that none would give; each task always with
// the same.
type hostileServer struct{ *fakeServer }

// hostile makes such annotations.
type hostile struct{ rand *rand.Rand }

func hostileFor(task int) hostile { return hostile{rand.New(rand.NewPCG(uint64(task), 1))} }

func (s hostileServer) Labels(context.Context, int) ([]cvat.Label, error) {
	return []cvat.Label{{ID: 1, Name: "car", Attributes: []cvat.Attribute{{ID: 3, Name: "a"}}}, {ID: 2, Name: "cat", Type: "skeleton", Sublabels: []cvat.Label{
		{ID: 4, Name: "head"}, {ID: 5, Name: "tail", Attributes: []cvat.Attribute{{ID: 6, Name: "b"}}}}}}, nil
}

func one[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func (s hostile) frame() int {
	return one(s.rand, 0, 1, 0, 1, -1, 2, math.MinInt, math.MaxInt)
}

func (s hostile) points() []float64 {
	p := make([]float64, one(s.rand, 0, 1, 2, 3, 4, 5, 6, 8, 16, 17))
	for i := range p {
		p[i] = one(s.rand, 0, 1, 5, -3, 9.5, 1e-320, 1e18, -1e18, math.MaxFloat64, -math.MaxFloat64, s.rand.Float64()*10)
	}
	return p
}

func (s hostile) attributes() []cvat.AttributeValue {
	return []cvat.AttributeValue{{SpecID: one(s.rand, 3, 6, 99, -1), Value: one(s.rand, "", "x", "\x00\u2028")}}
}

func (s hostile) kind() string {
	return one(s.rand, "rectangle", "ellipse", "polygon", "polyline", "points", "cuboid", "mask", "skeleton", "", "no such")
}

func (s hostile) shape(depth int) cvat.Shape {
	shape := cvat.Shape{ID: s.frame(), Frame: s.frame(), LabelID: one(s.rand, 1, 2, 4, 5, 99), Type: s.kind(), Points: s.points(),
		Rotation: one(s.rand, 0, 45, -1e300, math.MaxFloat64), ZOrder: s.frame(), Group: s.frame(), Attributes: s.attributes()}
	for n := s.rand.IntN(3); depth > 0 && n > 0; n-- {
		shape.Elements = append(shape.Elements, s.shape(depth-1))
	}
	return shape
}

func (s hostile) track(depth int) cvat.Track {
	t := cvat.Track{Frame: s.frame(), LabelID: one(s.rand, 1, 2, 4, 5, 99), Group: s.frame(), Attributes: s.attributes()}
	kind := s.kind()
	for range s.rand.IntN(4) {
		t.Shapes = append(t.Shapes, cvat.TrackedShape{Frame: s.frame(), Type: one(s.rand, kind, kind, kind, s.kind()), Points: s.points(), Outside: s.rand.IntN(3) == 0,
			Rotation: one(s.rand, 0, 45, -1e300, math.MaxFloat64), Attributes: s.attributes()})
	}
	for n := s.rand.IntN(3); depth > 0 && n > 0; n-- {
		t.Elements = append(t.Elements, s.track(depth-1))
	}
	return t
}

func (hostileServer) Annotations(_ context.Context, id int) (*cvat.Annotations, error) {
	a, s := &cvat.Annotations{}, hostileFor(id)
	for range s.rand.IntN(6) {
		a.Shapes, a.Tracks = append(a.Shapes, s.shape(2)), append(a.Tracks, s.track(2))
		a.Tags = append(a.Tags, cvat.Tag{Frame: s.frame(), LabelID: one(s.rand, 1, 99), Attributes: s.attributes()})
	}
	return a, nil
}

func (s hostileServer) JobAnnotations(ctx context.Context, id int) (*cvat.Annotations, error) {
	return s.Annotations(ctx, id)
}

func (hostileServer) DataMeta(_ context.Context, id int) (*cvat.DataMeta, error) {
	s := hostileFor(id)
	return &cvat.DataMeta{Size: 2, Deleted: []int{s.frame()}, Frames: []cvat.FrameMeta{
		{Name: one(s.rand, "a.jpg", "../../a", "", "a\x00b", "images/images", strings.Repeat("x", 300)), Width: one(s.rand, 10, 0, -1, math.MaxInt), Height: 8},
		{Name: "b/c.jpg", Width: 10, Height: one(s.rand, 8, 0, math.MinInt, math.MaxInt)}}}, nil
}

func TestWhatAServerAnswersIsWrittenWholeOrNotAtAll(t *testing.T) {
	tasks := 200
	if testing.Short() {
		tasks = 50
	}
	s := hostileServer{newFakeServer(tasks)}
	for i := range s.tasks {
		s.tasks[i].Dimension = []string{"2d", "2d", "3d"}[i%3]
	}
	dir := t.TempDir()
	p, err := Begin(t.Context(), s, Project{Server: "fake", Wanted: manifest.Project{ID: 7}},
		Options{Dir: dir, Formats: []string{"jsonl", "coco", "yolo"}, All: true, Jobs: annotationJob})
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Failures {
		t.Errorf("%s: %v", f.Subject, f.Err)
	}
	for _, f := range r.Files {
		wholeJSON(t, filepath.Join(dir, f.Path))
	}
	wholeYOLO(t, filepath.Join(dir, "yolo"))
}

// wholeYOLO fails unless each label file is numbers.
func wholeYOLO(t *testing.T, root string) {
	t.Helper()
	names, _ := labelFiles(root)
	for _, name := range names {
		if !strings.Contains(name, "/labels/") {
			continue // a list of images
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
		}
		for _, word := range strings.Fields(string(text)) {
			if x, err := strconv.ParseFloat(word, 64); err != nil || x != x || math.IsInf(x, 0) || x < 0 {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}

// wholeJSON fails unless each line of a file of lines, or a file of JSON, is JSON.
func wholeJSON(t *testing.T, path string) {
	t.Helper()
	ext := filepath.Ext(path)
	if ext != ".json" && ext != ".jsonl" {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	parts := []string{string(text)}
	if ext == ".jsonl" {
		parts = strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	}
	for _, part := range parts {
		if !json.Valid([]byte(part)) {
			t.Errorf("%s: %.200s", path, part)
		}
	}
}

// A task whose frames a server does not list, as one behind a proxy that answers something else, keeps its files.
func TestFramesThatAreNotTheTasksLeaveItsFilesAlone(t *testing.T) {
	s, o := newFakeServer(2), Options{Dir: t.TempDir(), Formats: []string{"jsonl"}, All: true, Jobs: annotationJob}
	pulled(t, s, o)
	s.change(0)
	s.tasks[0].Size = 3
	path := filepath.Join(o.Dir, "task 00000.jsonl")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Begin(t.Context(), s, Project{Server: "fake", Wanted: manifest.Project{ID: 7}}, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Run(t.Context())
	if err != nil || len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Err.Error(), "2 frames of a task that has 3") {
		t.Errorf("%v %v", err, r.Failures)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Errorf("%s", after)
	}
}
