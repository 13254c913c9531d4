package pull

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/dataset"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A fakeServer has tasks of two frames, each with a box that is as wide as the task was changed.
type fakeServer struct {
	observe.Reader // what a pull does not ask panics
	tasks          []cvat.Task
	jobs           []cvat.Job
	width          []int
	asked          atomic.Int64 // requests but for listings
}

func newFakeServer(n int) *fakeServer {
	s := &fakeServer{width: make([]int, n)}
	for i := range n {
		s.tasks = append(s.tasks, cvat.Task{ID: i + 1, Name: fmt.Sprintf("task %05d", i), Size: 2})
		s.jobs = append(s.jobs, cvat.Job{ID: i + 1, TaskID: i + 1, StopFrame: 1, Type: annotationJob})
		s.change(i)
	}
	return s
}

func (s *fakeServer) change(i int) {
	s.width[i]++
	s.jobs[i].UpdatedDate = fmt.Sprint(s.width[i])
}

func (s *fakeServer) Project(context.Context, int) (*cvat.Project, error) {
	return &cvat.Project{ID: 7, Name: "P"}, nil
}
func (s *fakeServer) Organization() string { return "" }
func (s *fakeServer) ListTasks(context.Context, cvat.TaskFilter) ([]cvat.Task, error) {
	return append([]cvat.Task{}, s.tasks...), nil
}
func (s *fakeServer) Jobs(context.Context, cvat.JobFilter) ([]cvat.Job, error) {
	return append([]cvat.Job{}, s.jobs...), nil
}
func (s *fakeServer) Labels(context.Context, int) ([]cvat.Label, error) {
	return []cvat.Label{{ID: 1, Name: "car"}}, nil
}
func (s *fakeServer) DataMeta(_ context.Context, id int) (*cvat.DataMeta, error) {
	s.asked.Add(1)
	return &cvat.DataMeta{Size: 2, Frames: []cvat.FrameMeta{{Name: fmt.Sprintf("%d/a.jpg", id), Width: 10, Height: 8}, {Name: fmt.Sprintf("%d/b.jpg", id), Width: 10, Height: 8}}}, nil
}
func (s *fakeServer) Annotations(_ context.Context, id int) (*cvat.Annotations, error) {
	s.asked.Add(1)
	return &cvat.Annotations{Shapes: []cvat.Shape{{LabelID: 1, Type: "rectangle", Points: []float64{0, 0, float64(s.width[id-1]), 1}}}}, nil
}
func (s *fakeServer) JobAnnotations(ctx context.Context, id int) (*cvat.Annotations, error) {
	return s.Annotations(ctx, id)
}
func (s *fakeServer) ValidationLayout(context.Context, int) (*cvat.ValidationLayout, error) {
	s.asked.Add(1)
	return &cvat.ValidationLayout{}, nil
}
func (s *fakeServer) ExportFormats(context.Context) ([]cvat.Format, error) { return nil, nil }
func (s *fakeServer) Export(context.Context, int, string, func(float64)) (io.ReadCloser, error) {
	return nil, fmt.Errorf("not asked for")
}

func pulled(t *testing.T, s *fakeServer, o Options) Result {
	t.Helper()
	o.Jobs, o.All = annotationJob, true
	p, err := Begin(t.Context(), s, Project{Server: "fake", Wanted: manifest.Project{ID: 7}}, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Run(t.Context())
	if err != nil || len(r.Failures) > 0 {
		t.Fatal(err, r.Failures)
	}
	return r
}

func changes(r Result) map[Change]int {
	n := map[Change]int{}
	for _, f := range r.Files {
		n[f.Change]++
	}
	return n
}

func TestATaskOfOneJobIsAskedForByIt(t *testing.T) {
	pool := pooled
	annotates, truth, replica := cvat.Job{ID: 5, Type: annotationJob}, cvat.Job{ID: 6, Type: groundTruth}, cvat.Job{ID: 7, Type: "consensus_replica"}
	for name, tt := range map[string]struct {
		jobs []cvat.Job
		mode *string
		kind string
		want int
	}{
		"one job":                              {[]cvat.Job{annotates}, nil, annotationJob, 5},
		"a server that names no type":          {[]cvat.Job{{ID: 5}}, nil, annotationJob, 5},
		"others do not count":                  {[]cvat.Job{replica, annotates, truth}, nil, annotationJob, 5},
		"several":                              {[]cvat.Job{annotates, {ID: 8, Type: annotationJob}}, nil, annotationJob, 0},
		"ground truth frames are hidden in it": {[]cvat.Job{annotates, truth}, &pool, annotationJob, 0},
		"none that are listed":                 {nil, nil, annotationJob, 0},
		"ground truth":                         {[]cvat.Job{annotates, truth}, nil, groundTruth, 6},
	} {
		m := &member{task: cvat.Task{ValidationMode: tt.mode}, jobs: tt.jobs}
		if got := m.answering(tt.kind); got != tt.want {
			t.Errorf("%s: job %d, want %d", name, got, tt.want)
		}
	}
}

func TestUnchangedTasksCostNothingBeyondTheListing(t *testing.T) {
	many, merged := 10_000, 1000
	if testing.Short() {
		many, merged = 300, 300
	}
	for merge, tasks := range map[string]int{"": many, "project": merged} {
		t.Run("merged by "+merge, func(t *testing.T) {
			s, o := newFakeServer(tasks), Options{Dir: t.TempDir(), Formats: []string{"jsonl"}, Merge: merge}
			pulled(t, s, o)
			for i := 0; i < tasks; i += 100 {
				s.change(i)
			}
			s.asked.Store(0)
			r := pulled(t, s, o)
			if asked := int(s.asked.Load()); asked > tasks/100*3 || r.Fetched != tasks/100 {
				t.Errorf("%d requests in addition to the listings for %d of %d tasks that changed", asked, r.Fetched, tasks)
			}
			want := tasks / 100
			if merge != "" {
				want = 1
			}
			if n := changes(r); n[Changed] != want || n[Created] != 0 {
				t.Errorf("%v", n)
			}
		})
	}
}

func TestLosingTheRecordOrTheCacheLosesTimeAlone(t *testing.T) {
	s, o := newFakeServer(5), Options{Dir: t.TempDir(), Formats: []string{"jsonl", "coco", "yolo"}}
	first := pulled(t, s, o)
	for _, lost := range []string{homeDir, filepath.Join(homeDir, "*", "files.json"), filepath.Join(homeDir, "*", "*.gz")} {
		found, _ := filepath.Glob(filepath.Join(o.Dir, lost))
		for _, path := range found {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
		if len(found) == 0 {
			t.Errorf("no %s", lost)
		}
		if n := changes(pulled(t, s, o)); n[Unchanged] != len(first.Files) {
			t.Errorf("without %s: %v", lost, n)
		}
	}
}

func TestCheckWritesNothingAndSaysWhatAPullWouldDo(t *testing.T) {
	s, o := newFakeServer(3), Options{Dir: filepath.Join(t.TempDir(), "labels"), Formats: []string{"jsonl", "coco", "yolo"}}
	o.Check = true
	would := pulled(t, s, o)
	if exists(o.Dir) || !would.Changed() {
		t.Error("something was written, or nothing would change")
	}
	o.Check = false
	if did := pulled(t, s, o); fmt.Sprint(did.Files) != fmt.Sprint(would.Files) {
		t.Errorf("%v\n%v", did.Files, would.Files)
	}
	o.Check = true
	if pulled(t, s, o).Changed() {
		t.Error("a check after a pull finds a change")
	}
	s.change(1)
	if r := pulled(t, s, o); changes(r)[Changed] != 4 { // a line, an annotation, a label to detect and one to segment
		t.Errorf("%v", r.Files)
	}
}

func TestATaskThatIsGoneLeavesFilesUntilTheyArePruned(t *testing.T) {
	s, o := newFakeServer(3), Options{Dir: t.TempDir(), Formats: []string{"jsonl", "yolo"}}
	pulled(t, s, o)
	s.tasks = s.tasks[:2]
	if n := changes(pulled(t, s, o)); n[Gone] != 3 {
		t.Errorf("%v", n)
	}
	o.Prune = true
	if n := changes(pulled(t, s, o)); n[Removed] != 3 {
		t.Errorf("%v", n)
	}
	left, _ := filepath.Glob(filepath.Join(o.Dir, "yolo", "*", "labels", "train", "*"))
	if len(left) != 4 || exists(filepath.Join(o.Dir, "task 00002.jsonl")) {
		t.Errorf("%v", left)
	}
	list, _ := os.ReadFile(filepath.Join(o.Dir, "yolo", "detect", "train.txt"))
	if strings.Contains(string(list), "00002") {
		t.Errorf("%s", list)
	}
}

func TestALabelFileThatWasChangedIsWrittenAgain(t *testing.T) {
	s, o := newFakeServer(1), Options{Dir: t.TempDir(), Formats: []string{"yolo-detect"}}
	pulled(t, s, o)
	path := filepath.Join(o.Dir, "yolo/detect/labels/train/task 00000/1/a.txt")
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Repeat("1", len(want)) // of the same size
	later := time.Now().Add(time.Hour)
	if err := errors.Join(os.WriteFile(path, []byte(other), 0o666), os.Chtimes(path, later, later)); err != nil {
		t.Fatal(err)
	}
	check := o
	check.Check = true
	if n := changes(pulled(t, s, check)); n[Changed] != 1 {
		t.Errorf("%v", n)
	}
	pulled(t, s, o)
	if got, _ := os.ReadFile(path); string(got) != string(want) {
		t.Errorf("%s", got)
	}
	if err := os.Chtimes(path, later, later); err != nil { // as a checkout of the same content does
		t.Fatal(err)
	}
	if n := changes(pulled(t, s, o)); n[Changed] != 0 {
		t.Errorf("%v", n)
	}
}

func TestASubsetThatChangedMovesItsLabels(t *testing.T) {
	s, o := newFakeServer(1), Options{Dir: t.TempDir(), Formats: []string{"yolo-detect"}, Prune: true}
	pulled(t, s, o)
	s.tasks[0].Subset, s.tasks[0].UpdatedDate = "Validation", "later"
	pulled(t, s, o)
	if exists(filepath.Join(o.Dir, "yolo/detect/labels/train/task 00000")) || !exists(filepath.Join(o.Dir, "yolo/detect/labels/val/task 00000/1/a.txt")) {
		t.Error("the labels did not move")
	}
}

func TestNamesAreSafeFileNamesAndStayApart(t *testing.T) {
	var n namer
	seen := map[string]string{}
	for i, name := range []string{"a", "A", "a", "../../etc/passwd", "CON", "con.x", "a/b", "a_b", "a:b", ".hidden", "trailing. ", "ü", strings.Repeat("x", 300), strings.Repeat("x", 301), ""} {
		file := n.name(name, fmt.Sprint(i))
		folded := strings.ToLower(file)
		if seen[folded] != "" || strings.ContainsAny(file, `/\:`) || strings.HasPrefix(file, ".") || file == "" || len(file) > 200 {
			t.Errorf("%q becomes %q; before: %q", name, file, seen[folded])
		}
		seen[folded] = name + "!"
		if again := fileName(fileName(name)); again != fileName(name) {
			t.Errorf("%q becomes %q, and that %q", name, fileName(name), again)
		}
	}
}

// Ultralytics opens what its lists name if it ends as an image does, and looks for labels where the last directory images of
// its path is labels.
func TestImagesOfADataSetAreWhereTheirNamesSay(t *testing.T) {
	for name, want := range map[string]string{
		"run1/cam.v1.2.jpg":      "run1/cam.v1.2.jpg",
		"Bild ü 0 [x] & (y).JPG": "Bild ü 0 [x] & (y).JPG",
		"../../x/../a b/c.jpg":   "a b/c.jpg",
		`win\dows\c.jpg`:         "win/dows/c.jpg",
		"run1/images/0001.png":   "run1/images-" + shortHash("images") + "/0001.png",
		"run1/10:30:00.png":      "run1/10_30_00-" + shortHash("10:30:00") + ".png",
		"a?/b.jp*g":              "a_-" + shortHash("a?") + "/b-" + shortHash("b.jp*g") + ".jp_g",
		"frame_000012":           "frame_000012.png",
		"CON.jpg":                "_CON-" + shortHash("CON") + ".jpg",
	} {
		if got := imagePath(name); got != want {
			t.Errorf("%q becomes %q, wanted %q", name, got, want)
		}
	}
}

func TestWhatIsGoneOrThereTwiceIsCountedOnce(t *testing.T) {
	tests := map[string]struct {
		format string
		files  []File
	}{
		"gone":                     {"coco", []File{{Path: "a.coco.json", Change: Unchanged}, {Path: "b.coco.json", Change: Gone}, {Path: "c.coco.json", Change: Removed}}},
		"data sets of Ultralytics": {"yolo", []File{{Path: "yolo/detect/labels/train/a"}, {Path: "yolo/segment/labels/train/a"}}},
		"one of them":              {"yolo-segment", []File{{Path: "yolo/segment/labels/train/a"}}},
	}
	for name, tt := range tests {
		r := Result{Formats: []string{tt.format}, Files: tt.files}
		for i := range r.Files {
			r.Files[i].Format, r.Files[i].Counts = tt.format, Counts{Hidden: 1, Lost: dataset.Lost{"tag": 1}}
		}
		if n := r.Lost()[tt.format+" has no place for tag"]; n != 1 || r.LeftOut().Hidden != 1 {
			t.Errorf("%s: %d tags, %d hidden frames; want one of each", name, n, r.LeftOut().Hidden)
		}
	}
}

func TestSubsetsThatDifferInCaseAloneStayApart(t *testing.T) {
	s, o := newFakeServer(2), Options{Dir: t.TempDir(), Formats: []string{"yolo-detect"}}
	s.tasks[0].Subset, s.tasks[1].Subset = "Site", "site"
	seen := map[string]bool{}
	for _, f := range pulled(t, s, o).Files {
		path := strings.ToLower(f.Path)
		if seen[path] {
			t.Errorf("two files are %s where case does not matter", path)
		}
		seen[path] = true
	}
	lists, _ := filepath.Glob(filepath.Join(o.Dir, "yolo/detect/*.txt"))
	if len(lists) != 2 {
		t.Errorf("%q", lists)
	}
}
