package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A site is a data set with its manifest: days of images in data/, recordings too.
type site struct {
	t   *testing.T
	dir string
}

func newSite(t *testing.T) site {
	s := site{t, t.TempDir()}
	for _, name := range []string{"2026-03-04/jai_cam_1.jpg", "2026-03-04/jai_cam_2.jpg", "2026-03-04/left_1.jpg", "2026-03-05/jai_cam_1.jpg"} {
		s.write("data/"+name, jpegImage(t))
	}
	for _, name := range []string{"run7.bag", "run8.mcap"} {
		fixture := map[string]string{"run7.bag": "ros1/two_cams_none.bag", "run8.mcap": "mcap/ros2_two_cams_lz4.mcap"}[name]
		b, err := os.ReadFile(filepath.Join(fixtures, fixture))
		check(t, err)
		s.write("data/"+name, b)
	}
	return s
}

func (s site) write(name string, content []byte) {
	s.t.Helper()
	full := filepath.Join(s.dir, name)
	check(s.t, os.MkdirAll(filepath.Dir(full), 0o777))
	check(s.t, os.WriteFile(full, content, 0o666))
}

func (s site) remove(names ...string) {
	s.t.Helper()
	for _, name := range names {
		check(s.t, os.RemoveAll(filepath.Join(s.dir, name)))
	}
}

func (s site) manifest(lines string) *manifest.Manifest {
	s.t.Helper()
	text := "version: 1\nserver: {url: https://cvat.example.com}\nproject: {name: P}\nroot: data\n" + lines
	m, err := manifest.Parse(filepath.Join(s.dir, "cvatplan.yaml"), []byte(text))
	check(s.t, err)
	return m
}

// list writes index.jsonl, as cvatplan frames does.
func (s site) list(m *manifest.Manifest) {
	s.t.Helper()
	tasks, _ := Scan(s.t.Context(), m, Options{})
	var b strings.Builder
	w := index.NewJSONL(&b)
	for _, task := range tasks {
		if _, err := Trace(s.t.Context(), task, w.Write); err != nil {
			s.t.Fatal(err)
		}
	}
	check(s.t, w.Flush())
	s.write("index.jsonl", []byte(b.String()))
}

func (s site) scan(m *manifest.Manifest) ([]Task, []string) {
	s.t.Helper()
	tasks, problems := Scan(s.t.Context(), m, Options{})
	return tasks, texts(s.dir, problems)
}

// looked is all that a plan takes of a task.
type looked struct {
	Name, Bag, Camera, Hash string
	Frames                  []string
	Bytes                   int64
}

func (s site) look(tasks []Task) []looked {
	s.t.Helper()
	var all []looked
	for _, task := range tasks {
		frames, ok := Indexed(task)
		if !ok {
			var problems []diag.Diagnostic
			if frames, problems = Measure(s.t.Context(), task); len(problems) > 0 {
				s.t.Fatal(problems)
			}
		}
		size, err := Bytes(s.t.Context(), task)
		check(s.t, err)
		all = append(all, looked{task.Name, task.Bag, task.Camera, hashOf(frames), task.Frames(), size})
	}
	return all
}

func hashOf(frames []Frame) string {
	var entries []archive.Entry
	for _, f := range frames {
		for _, f := range append([]Frame{f}, f.Context...) {
			entries = append(entries, archive.Entry{Name: f.Name, Size: f.Size, CRC: f.CRC, Sum: f.Sum, Open: f.Open})
		}
	}
	return archive.New(entries).Hash()
}

const everything = `cameras: [{name: jai_cam}, {name: left}]
bags:
- {path: "*", index: index.jsonl}
- {path: "2026-03-05/", task: {segment_size: 3}}
`

func TestWithoutImagesAPlanIsTheSame(t *testing.T) {
	for name, gone := range map[string][]string{
		"a day":         {"data/2026-03-05"},
		"a recording":   {"data/run7.bag"},
		"all":           {"data/2026-03-04", "data/2026-03-05", "data/run7.bag", "data/run8.mcap"},
		"the root, too": {"data"},
		"nothing":       nil,
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			m := s.manifest(everything)
			before, _ := s.scan(m)
			want := s.look(before)
			s.list(m)
			s.remove(gone...)
			tasks, problems := s.scan(m)
			if diff := cmp.Diff(want, s.look(tasks)); diff != "" || len(tasks) != 5 {
				t.Errorf("%d tasks: %s", len(tasks), diff)
			}
			for _, p := range problems {
				if !strings.HasPrefix(p, "note: ") {
					t.Error(p)
				}
			}
			if n := tasks[2].Settings.SegmentSize; n == nil || *n != 3 {
				t.Errorf("an entry without an index does not reach the bag that is away: segment_size %v", n)
			}
		})
	}
}

func TestAListingIsNoImages(t *testing.T) {
	s := newSite(t)
	m := s.manifest(everything)
	s.list(m)
	s.remove("data/run7.bag", "data/2026-03-05")
	tasks, _ := s.scan(m)
	for _, task := range tasks {
		p, absent := task.OnlyIndexed()
		if away := task.Bag == "run7.bag" || task.Bag == "2026-03-05"; absent != away {
			t.Errorf("%s: absent is %v", task.Name, absent)
		}
		if !absent {
			continue
		}
		frames, problems := Measure(t.Context(), task)
		if diff := cmp.Diff([]diag.Diagnostic{p}, problems); diff != "" || frames != nil {
			t.Errorf("%s: measured %d frames, %s", task.Name, len(frames), diff)
		}
		if _, err := task.Open(t.Context(), 0); err == nil {
			t.Errorf("%s: a frame can be opened", task.Name)
		}
		checked, problems := CheckHeaders(t.Context(), task)
		if len(problems) > 0 || len(checked.Problems) > 0 {
			t.Errorf("%s: a header of what is not here is bad: %v", task.Name, problems)
		}
		want := "bag " + task.Bag + " is not here: " + filepath.Join(s.dir, "data", task.Bag) + " is missing"
		if !strings.HasPrefix(p.Text, want) || p.Severity != diag.Error {
			t.Errorf("got %q, want %q", p.Text, want)
		}
	}
}

// An index that is renewed without the images keeps what it says.
func TestWithoutImagesTheListingGoesOn(t *testing.T) {
	s := newSite(t)
	m := s.manifest(everything)
	s.list(m)
	before, err := os.ReadFile(filepath.Join(s.dir, "index.jsonl"))
	check(t, err)
	s.remove("data/run7.bag", "data/2026-03-05")
	s.list(m)
	after, err := os.ReadFile(filepath.Join(s.dir, "index.jsonl"))
	check(t, err)
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Error(diff)
	}
}

func TestAStaleIndexIsSaid(t *testing.T) {
	renew := " | cvatplan frames --renew ROOT/cvatplan.yaml"
	tests := map[string]struct {
		change func(s site)
		want   []string
	}{
		"nothing changed": {func(site) {}, nil},
		"an image more": {
			func(s site) { s.write("data/2026-03-04/jai_cam_3.jpg", jpegImage(s.t)) },
			[]string{"warning: index ROOT/index.jsonl is stale: of task jai_cam_2026-03-04 it lacks 1 frame, such as 2026-03-04/jai_cam_3.jpg" + renew},
		},
		"an image less": {
			func(s site) { s.remove("data/2026-03-04/jai_cam_2.jpg") },
			[]string{"warning: index ROOT/index.jsonl is stale: of task jai_cam_2026-03-04 it has 1 frame that is no longer there, such as 2026-03-04/jai_cam_2.jpg" + renew},
		},
		"another name": {
			func(s site) {
				s.remove("data/2026-03-04/jai_cam_2.jpg")
				s.write("data/2026-03-04/jai_cam_3.jpg", jpegImage(s.t))
			},
			[]string{"warning: index ROOT/index.jsonl is stale: of task jai_cam_2026-03-04 it lacks 1 frame, such as 2026-03-04/jai_cam_3.jpg, and has 1 that are no longer there, such as 2026-03-04/jai_cam_2.jpg" + renew},
		},
		"another bag": {
			func(s site) { s.write("data/2026-03-06/left_1.jpg", jpegImage(s.t)) },
			[]string{"warning: index ROOT/index.jsonl is stale: of task left_2026-03-06 it lacks 1 frame, such as 2026-03-06/left_1.jpg" + renew},
		},
		"not an index, next to the bags": {
			func(s site) { s.write("index.jsonl", []byte("hello\n")) },
			[]string{"warning: index ROOT/index.jsonl: line 1: not a JSON object; an index is JSON Lines, as cvatplan frames writes it" + renew},
		},
		"no index yet": {
			func(s site) { s.remove("index.jsonl") },
			[]string{"note: index ROOT/index.jsonl is yet to be written" + renew},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			m := s.manifest("cameras: [{name: jai_cam}, {name: left}]\nbags: [{path: \"2026-*/\", index: index.jsonl}]")
			s.list(m)
			tt.change(s)
			_, problems := s.scan(m)
			var got []string
			for _, p := range problems {
				if strings.Contains(p, "index") {
					got = append(got, p)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStaleContentsAreSaidWhenTheyAreRead(t *testing.T) {
	s := newSite(t)
	m := s.manifest("cameras: [{name: left}]\nbags: [{path: \"2026-03-04\", index: index.jsonl}]")
	s.list(m)
	tasks, problems := s.scan(m)
	size, err := Bytes(t.Context(), tasks[0])
	check(t, err)
	if p := tasks[0].Stale(size); p != nil || len(problems) > 1 {
		t.Errorf("before: %v, %v", p, problems)
	}
	s.write("data/2026-03-04/left_1.jpg", append(jpegImage(t), 0))
	tasks, _ = s.scan(m)
	size, err = Bytes(t.Context(), tasks[0])
	check(t, err)
	if p := tasks[0].Stale(size); p == nil || !strings.Contains(p.Text, fmt.Sprintf("it has %d bytes, and there are %d", size-1, size)) {
		t.Errorf("its size: %v", p)
	}
	if _, found := Measure(t.Context(), tasks[0]); len(found) != 1 || !strings.Contains(found[0].Text, "1 frame has other contents, such as 2026-03-04/left_1.jpg") {
		t.Errorf("its contents: %v", found)
	}
}

// Where bad images are left out, only reading tells them: that an index lacks them is not stale.
func TestAListingThatKnowsBadImagesIsNotStale(t *testing.T) {
	s := newSite(t)
	s.write("data/2026-03-04/left_2.jpg", []byte("no image"))
	m := s.manifest("cameras: [{name: left, frames: {bad: skip}}]\nbags: [{path: \"2026-03-04\", index: index.jsonl}]")
	s.list(m)
	if _, problems := s.scan(m); len(problems) != 1 || !strings.Contains(problems[0], "no camera takes") {
		t.Error(problems)
	}
	s.remove("data")
	if tasks, _ := s.scan(m); len(tasks[0].Frames()) != 1 {
		t.Errorf("frames %v", tasks[0].Frames())
	}
}

func TestAnIndexOfAnotherManifestBlocksItsTasks(t *testing.T) {
	tests := map[string]struct{ lines, want string }{
		"selection":  {"cameras: [{name: jai_cam}]\nbags: [{path: run7.bag, index: index.jsonl, frames: {every: 5, limit: 3}}]", "its frames of jai_cam_run7 were taken with the defaults, and the manifest says every=5 limit=3"},
		"frame_name": {"cameras: [{name: jai_cam}]\ntask: {frame_name: \"{index}.{ext}\"}\nbags: [{path: run7.bag, index: index.jsonl}]", "the manifest says frame_name={index}.{ext}"},
		"topics":     {"cameras: [{name: jai_cam, topics: [/jai_cam/image_raw]}]\nbags: [{path: run7.bag, index: index.jsonl}]", "topic /jai_cam/image_raw/compressed is no longer of camera jai_cam"},
		"files":      {"cameras: [{name: jai_cam, files: [\"right_*\"]}]\nbags: [{path: 2026-03-04, index: index.jsonl}]", "jai_cam_1.jpg is no longer of camera jai_cam"},
		"cameras":    {"cameras: [{name: right}]\nbags: [{path: run7.bag, index: index.jsonl}]", "index ROOT/index.jsonl has no frames of bag run7.bag for the manifest's cameras"},
		"none":       {"bags: [{path: run7.bag, index: index.jsonl}]", "index ROOT/index.jsonl has no frames of bag run7.bag for the manifest's cameras"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.list(s.manifest(everything))
			s.remove("data")
			tasks, _ := s.scan(s.manifest(tt.lines))
			if len(tasks) != 1 || len(tasks[0].Problems) != 1 {
				t.Fatalf("%+v", tasks)
			}
			got := texts(s.dir, tasks[0].Problems)[0]
			if !strings.Contains(got, tt.want) || !strings.HasSuffix(got, "| cvatplan frames --renew ROOT/cvatplan.yaml   (where the images are)") {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestABagThatIsNowhereIsAnError(t *testing.T) {
	s := newSite(t)
	s.list(s.manifest(everything))
	s.write("cut.jsonl", []byte(`{"task":"a","name":"b","frame":0,"bag":"run9.bag","topic":"/t","size":3,"sha256":"abc"}`))
	s.write("twice.jsonl", []byte(strings.Repeat(`{"task":"a","name":"b","frame":0,"bag":"run9.bag","topic":"/t","size":3,"sha256":"`+strings.Repeat("ab", 32)+"\"}\n", 2)))
	tests := map[string]struct{ lines, want string }{
		"in no index":        {"bags: [{path: run9.bag, index: index.jsonl}]", `error: "run9.bag" matches nothing in ROOT/data, nor in its index ROOT/index.jsonl, which lists 2026-03-04, 2026-03-05, run7.bag, …`},
		"no index":           {"bags: [{path: run9.bag, index: none.jsonl}]", `error: "run9.bag" matches nothing in ROOT/data, and its index ROOT/none.jsonl is not there either`},
		"a damaged index":    {"bags: [{path: run9.bag, index: cut.jsonl}]", `error: index ROOT/cut.jsonl: line 1: sha256 "abc" is not 64 hexadecimal digits`},
		"one put together":   {"bags: [{path: run9.bag, index: twice.jsonl}]", "error: index ROOT/twice.jsonl: frame 0 of task a comes after frame 0: the file was put together by hand"},
		"optional":           {"bags: [{path: run9.bag, index: none.jsonl, optional: true}]", ""},
		"excluded":           {"bags: [{path: \"run*\", exclude: [\"run*\"], index: index.jsonl}]", `error: "run*" matches nothing`},
		"directories wanted": {"bags: [{path: \"run7.bag/\", index: index.jsonl}]", `error: "run7.bag/" matches nothing`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s.remove("data/run7.bag", "data/run8.mcap")
			tasks, problems := s.scan(s.manifest(tt.lines))
			if got := strings.Join(problems, "\n"); len(tasks) > 0 || !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A bag's path in an index comes from a file that anybody may have written.
func TestAListingDoesNotLeaveTheRoot(t *testing.T) {
	s := site{t, t.TempDir()}
	s.write("data/readme.txt", nil)
	s.write("index.jsonl", []byte(`{"task":"a","name":"b.jpg","frame":0,"bag":"../away","path":"b.jpg","size":3,"sha256":"`+strings.Repeat("ab", 32)+`"}`))
	tasks, problems := s.scan(s.manifest("bags: [{path: \"**\", index: index.jsonl}]"))
	if len(tasks) > 0 {
		t.Errorf("%+v, %v", tasks, problems)
	}
}

func TestPathsAreWhatApplyReads(t *testing.T) {
	s := newSite(t)
	m := s.manifest(everything)
	want := map[string]string{
		"jai_cam_2026-03-04": "data/2026-03-04/jai_cam_1.jpg data/2026-03-04/jai_cam_2.jpg",
		"left_2026-03-04":    "data/2026-03-04/left_1.jpg",
		"jai_cam_2026-03-05": "data/2026-03-05/jai_cam_1.jpg",
		"jai_cam_run7":       "data/run7.bag",
		"jai_cam_run8":       "data/run8.mcap",
	}
	s.list(m)
	for _, gone := range []string{"nothing", "data"} {
		s.remove(gone)
		tasks, _ := s.scan(m)
		got := map[string]string{}
		for _, task := range tasks {
			paths := task.Paths()
			for i, p := range paths {
				rel, err := filepath.Rel(s.dir, p)
				check(t, err)
				paths[i] = filepath.ToSlash(rel)
			}
			got[task.Name] = strings.Join(paths, " ")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("without %s: %s", gone, diff)
		}
	}
	tasks, _ := Scan(t.Context(), parse(t, "cameras: [{name: jai_cam}]\nbags: [{path: ros2/db3_none}]"), Options{Root: fixtures})
	if diff := cmp.Diff([]string{filepath.Join(fixtures, "ros2/db3_none/db3_none.db3"), filepath.Join(fixtures, "ros2/db3_none/metadata.yaml")}, tasks[0].Paths()); diff != "" {
		t.Error(diff)
	}
}

// A checkout without the large files has pointers in their place: the bag is there in name only.
func TestPointersAreAsGoodAsNothing(t *testing.T) {
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
	s := newSite(t)
	s.write(".git/HEAD", nil)
	m := s.manifest(everything)
	before, _ := s.scan(m)
	want := s.look(before)
	s.list(m)
	s.write("data/run7.bag", []byte(pointer))
	for _, name := range []string{"jai_cam_1.jpg", "jai_cam_2.jpg", "left_1.jpg"} {
		s.write("data/2026-03-04/"+name, []byte(pointer))
	}
	s.remove("data/2026-03-05/jai_cam_1.jpg")
	check(t, os.Symlink("../../.git/annex/objects/x", filepath.Join(s.dir, "data/2026-03-05/jai_cam_1.jpg")))
	tasks, problems := s.scan(m)
	if diff := cmp.Diff(want, s.look(tasks)); diff != "" {
		t.Error(diff)
	}
	for _, p := range problems {
		if !strings.HasPrefix(p, "note: ") {
			t.Error(p)
		}
	}
	hints := map[string]string{}
	for _, task := range tasks {
		if p, absent := task.OnlyIndexed(); absent {
			hints[task.Name] = strings.ReplaceAll(string(p.Code)+": "+advice.Words(p.Hint), s.dir, "ROOT")
		}
	}
	wantHints := map[string]string{
		"jai_cam_2026-03-04": "lfs_pointer: git -C ROOT lfs pull --include='data/2026-03-04/**'",
		"left_2026-03-04":    "lfs_pointer: git -C ROOT lfs pull --include='data/2026-03-04/**'",
		"jai_cam_2026-03-05": "annex_missing: git annex get ROOT/data/2026-03-05/jai_cam_1.jpg",
		"jai_cam_run7":       "lfs_pointer: git -C ROOT lfs pull --include='data/**'",
	}
	if diff := cmp.Diff(wantHints, hints); diff != "" {
		t.Error(diff)
	}
}

// contextRig is a site of one recording and one directory, with context images in each.
func contextRig(t *testing.T) (site, string) {
	t.Helper()
	s := site{t: t, dir: t.TempDir()}
	check(t, os.MkdirAll(filepath.Join(s.dir, "data"), 0o777))
	rig(t, filepath.Join(s.dir, "data/run1.mcap"), bagtest.Format{}, sights)
	for i, name := range []string{"front_1700000000000000000", "front_1700000000100000000", "left_1700000000090000000"} {
		s.write("data/run2/"+name+".jpg", shade(t, 40+i))
	}
	lines := strings.Replace(rigged, "path: run*, ", "path: run*, index: index.jsonl, ", 1) + "}]"
	return s, lines
}

func TestAnIndexTellsOfContextImagesToo(t *testing.T) {
	s, lines := contextRig(t)
	m := s.manifest(lines)
	tasks, _ := s.scan(m)
	here := s.look(tasks)
	var want [][]plan.Context
	for _, task := range tasks {
		want = append(want, task.Desired().Context)
	}
	s.list(m)
	tasks, problems := s.scan(m)
	for i, task := range tasks {
		size, err := Bytes(t.Context(), task)
		check(t, err)
		if stale := task.Stale(size); stale != nil {
			t.Error(i, stale)
		}
	}
	if diff := cmp.Diff(here, s.look(tasks)); diff != "" || strings.Contains(strings.Join(problems, " "), "stale") {
		t.Error(diff, problems)
	}
	s.remove("data/run1.mcap", "data/run2")
	tasks, _ = s.scan(m)
	if diff := cmp.Diff(here, s.look(tasks)); diff != "" {
		t.Error(diff)
	}
	for i, task := range tasks {
		if diff := cmp.Diff(want[i], task.Desired().Context); diff != "" {
			t.Error(task.Name, diff)
		}
	}

	tasks, _ = s.scan(s.manifest(strings.Replace(lines, "within: 20ms", "within: 30ms", 1)))
	if len(tasks) == 0 || len(tasks[0].Problems) == 0 || !strings.Contains(tasks[0].Problems[0].Text, "written for another manifest") {
		t.Errorf("an index of another context: %v", tasks)
	}
}

func TestOtherContextImagesThanTheIndexSaysAreSaid(t *testing.T) {
	s, lines := contextRig(t)
	m := s.manifest(lines)
	s.list(m)
	s.write("data/run2/left_1700000000090000000.jpg", shade(t, 99))
	tasks, _ := s.scan(m)
	_, problems := Measure(t.Context(), tasks[1])
	if len(problems) != 1 || !strings.Contains(problems[0].Text, "1 frame has other contents, such as run2/front_1700000000100000000.jpg") {
		t.Error(problems)
	}
}
