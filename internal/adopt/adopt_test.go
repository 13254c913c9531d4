package adopt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/adopt"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/sandbox/api"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// However a project was made, and whether its images are at hand or not, a plan of the manifest that is
// written does nothing.
func TestWhatIsAdoptedIsUnchanged(t *testing.T) {
	numbered := func(n int, format string) (frames []string) {
		for i := range n {
			frames = append(frames, fmt.Sprintf(format, i))
		}
		return frames
	}
	many := func(n int, name, frame func(i, k int) string, frames int) (tasks []api.SeedTask) {
		for i := range n {
			s := api.SeedTask{Name: name(i, 0)}
			for k := range frames {
				s.Frames = append(s.Frames, frame(i, k))
			}
			tasks = append(tasks, s)
		}
		return tasks
	}
	forty := many(40, func(i, _ int) string { return fmt.Sprintf("run_%d", i) }, func(i, k int) string { return fmt.Sprintf("run_%d/%d.jpg", i, k) }, 3)
	tests := map[string]struct {
		tasks []api.SeedTask
		files []string // below the root; nil: there is none
		found int
		lines []string // of the manifest
	}{
		"cvat-cli": {
			tasks: []api.SeedTask{{Name: "north field", Frames: numbered(4, "img_%d.jpg")}},
			lines: []string{`  - path: "north field/"`, `  frame_name: "{name}.{ext}"`, `  name: "{bag}"`},
		},
		"cvat-cli, images at hand": {
			tasks: []api.SeedTask{{Name: "north field", Frames: numbered(4, "img_%d.jpg")}},
			files: numbered(4, "2026/north/img_%d.jpg"), found: 1,
			lines: []string{`  - path: "2026/north/"`, `  name: "{bag} field"`},
		},
		"a script's names with directories": {
			tasks: []api.SeedTask{
				{Name: "Orchard north", Frames: numbered(3, "north/cam/%d.png")}, {Name: "Orchard south", Frames: numbered(3, "south/cam/%d.png")},
				{Name: "Orchard west", Frames: numbered(3, "west/cam/%d.png")},
			},
			files: append(append(numbered(3, "north/cam/%d.png"), numbered(3, "south/cam/%d.png")...), numbered(3, "west/cam/%d.png")...), found: 3,
			lines: []string{`  - path: "*/" # 3 bags`, `  name: "Orchard {bag}"`},
		},
		"FiftyOne": {
			tasks: []api.SeedTask{{Name: "fo 1", Frames: []string{"000000_a.jpg", "000001_b.jpg"}}, {Name: "fo 2", Frames: []string{"000000_c.jpg"}}},
			files: []string{"one/a.jpg", "one/b.jpg", "two/c.jpg"}, found: 2,
			lines: []string{`  frame_name: "{index:06}_{name}.{ext}"`, `  - path: "one/"`, `    task: {name: "fo 1"}`},
		},
		"cvatplan, with cameras": {
			tasks: []api.SeedTask{
				{Name: "left_run_1", Frames: []string{"run_1/left_1.jpg", "run_1/left_2.jpg"}}, {Name: "right_run_1", Frames: []string{"run_1/right_1.jpg"}},
				{Name: "left_run_2", Frames: []string{"run_2/left_1.jpg"}}, {Name: "right_run_2", Frames: []string{"run_2/right_1.jpg"}},
				{Name: "left_run_3", Frames: []string{"run_3/left_1.jpg"}},
			},
			files: []string{"d/run_1/left_1.jpg", "d/run_1/left_2.jpg", "d/run_1/right_1.jpg", "d/run_2/left_1.jpg", "d/run_2/right_1.jpg", "d/run_3/left_1.jpg"}, found: 5,
			lines: []string{"  - name: left", "  - name: right", `  - path: "d/*/" # 3 bags`, `  name: "{camera}_{bag}"`},
		},
		"cvatplan, bags that grew": {
			tasks: []api.SeedTask{
				{Name: "run_1", Frames: numbered(3, "run_1/%d.jpg")}, {Name: "run_1_part2", Frames: []string{"run_1/3.jpg"}},
				{Name: "run_1_part3", Frames: []string{"run_1/4.jpg"}}, {Name: "run_2", Frames: []string{"run_2/1.jpg"}},
				{Name: "run_2_part2", Frames: []string{"other/1.jpg"}},
			},
			files: append(numbered(5, "run_1/%d.jpg"), "run_2/1.jpg"), found: 4,
			lines: []string{"  grow: part", `  - path: "run_1/"`, `  - path: "run_2/"`},
		},
		"bags that grew, without images": {
			tasks: []api.SeedTask{
				{Name: "cam_run_1", Frames: numbered(3, "run_1/cam_%d.jpg")}, {Name: "cam_run_1_part2", Frames: []string{"run_1/cam_3.jpg"}},
				{Name: "cam_run_2", Frames: []string{"run_2/cam_1.jpg"}},
			},
			lines: []string{"  grow: part", "  - name: cam", `  - path: "run_1/"`},
		},
		"cameras without images": {
			tasks: []api.SeedTask{{Name: "left_run_1", Frames: []string{"run_1/left_1.jpg"}}, {Name: "right_run_1", Frames: []string{"run_1/right_1.jpg"}}},
			lines: []string{"  - name: left", `  - path: "run_1/"`, "    index: index/Orchard.jsonl"},
		},
		"forty": {tasks: forty, lines: []string{`  - path: "*/" # 40 bags`, "    index: index/Orchard.jsonl"}},
		"forty of which some are at hand, next to another directory": {
			tasks: forty, files: append(append(numbered(3, "run_3/%d.jpg"), numbered(3, "run_4/%d.jpg")...), "other/x.jpg"), found: 2,
			lines: []string{`  - path: "run_3/"`},
		},
		"settings": {
			tasks: []api.SeedTask{
				{Name: "a", Frames: numbered(9, "a/%d.jpg"), SegmentSize: 4, Subset: "train"}, {Name: "b", Frames: numbered(9, "b/%d.jpg"), SegmentSize: 4, Subset: "train"},
				{Name: "c", Frames: numbered(2, "c/%d.jpg"), Subset: "train", BugTracker: "https://bugs.example.com/1"}, {Name: "d", Frames: numbered(9, "d/%d.jpg"), Subset: "val"},
			},
			lines: []string{"  segment_size: 4", "  subset: train", `  - path: "*/" # 4 bags`, `    task: {bug_tracker: "https://bugs.example.com/1"}`, "    task: {segment_size: 0, subset: val}"},
		},
		"orders": {
			tasks: []api.SeedTask{
				{Name: "natural", Frames: []string{"2.jpg", "10.jpg"}}, {Name: "bytes", Frames: []string{"10.jpg", "2.jpg"}},
				{Name: "own", Frames: []string{"b.jpg", "a.jpg"}}, {Name: "any", Frames: []string{"a.jpg", "b.jpg"}}, {Name: "natural 2", Frames: []string{"2.jpg", "10.jpg"}},
			},
			lines: []string{"    task: {sorting_method: lexicographical}", "    task: {sorting_method: predefined}"},
		},
		"odd names": {
			tasks: []api.SeedTask{
				{Name: "a/b/c", Frames: []string{"1.jpg"}}, {Name: "{bag}", Frames: []string{"1.jpg"}}, {Name: "../up", Frames: []string{"1.jpg"}},
				{Name: "*", Frames: []string{"1.jpg"}}, {Name: "x.bag", Frames: []string{"1.jpg"}}, {Name: "true", Frames: []string{"1.jpg"}}, {Name: `"q" 'r' # ü`, Frames: []string{"1.jpg"}},
			},
		},
		"point clouds": {
			tasks: []api.SeedTask{{Name: "scan", Frames: numbered(3, "%d.pcd"), SegmentSize: 2}, {Name: "drive", Frames: numbered(2, "drive/lidar/%d.pcd"), SegmentSize: 2}},
			lines: []string{`  - {name: lidar, kind: pointcloud, files: ["**"]}`, "    index: index/Orchard.jsonl", "  segment_size: 2"},
		},
		"point clouds at hand, next to images": {
			tasks: []api.SeedTask{{Name: "scan", Frames: numbered(3, "%d.pcd")}, {Name: "drive", Frames: numbered(2, "drive/lidar/%d.pcd")}},
			files: append(numbered(3, "scan/%d.bin"), "scan/1.jpg", "drive/lidar/0.pcd", "drive/lidar/1.pcd", "drive/front/0.jpg"), found: 2,
			lines: []string{`  - {name: lidar, kind: pointcloud, files: ["**"]}`, `  - path: "drive/"`, `  - path: "scan/"`},
		},
		"point clouds of cameras": {
			tasks: []api.SeedTask{{Name: "top_run_1", Frames: []string{"run_1/top/1.pcd"}}, {Name: "side_run_1", Frames: []string{"run_1/side/1.pcd"}}},
			files: []string{"run_1/top/1.pcd", "run_1/side/1.pcd", "run_1/top/1.jpg"}, found: 2,
			lines: []string{"  - name: side", "    kind: pointcloud", "  - name: top", `  - path: "run_1/"`},
		},
		"names that repeat in each directory": {
			tasks: []api.SeedTask{{Name: "session 1", Frames: numbered(3, "%d.jpg")}, {Name: "session 2", Frames: numbered(3, "%d.jpg")}, {Name: "third", Frames: numbered(3, "%d.jpg")}},
			files: append(append(numbered(3, "1/%d.jpg"), numbered(3, "2/%d.jpg")...), numbered(3, "3/%d.jpg")...), found: 2,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			id, err := srv.Sandbox.SeedProject(t.Context(), "Orchard", "apple", "leaf")
			check(t, err)
			check(t, srv.Sandbox.SeedTasks(t.Context(), id, tt.tasks))
			o := adopt.Options{Server: srv.URL, Project: manifest.Project{Name: "Orchard"}, File: filepath.Join(t.TempDir(), "cvatplan.yaml")}
			if tt.files != nil {
				o.Root = filepath.Join(filepath.Dir(o.File), "somewhere")
				for _, name := range tt.files {
					file := filepath.Join(o.Root, filepath.FromSlash(name))
					check(t, os.MkdirAll(filepath.Dir(file), 0o755))
					check(t, os.WriteFile(file, []byte("an image"), 0o644))
				}
			}
			adopted := adoptAll(t, srv, o)
			if adopted.Tasks != len(tt.tasks) || adopted.Found != tt.found || len(adopted.LeftOut) > 0 {
				t.Errorf("%d of %d tasks, %d of them found, %d wanted; left out: %q", adopted.Tasks, len(tt.tasks), adopted.Found, tt.found, adopted.LeftOut)
			}
			for _, line := range tt.lines {
				if !strings.Contains("\n"+string(adopted.Manifest), "\n"+line+"\n") {
					t.Errorf("the manifest lacks the line %s", line)
				}
			}
			if t.Failed() {
				t.Logf("%s", adopted.Manifest)
			}
		})
	}
}

// What no manifest can describe is left out, and reported.
func TestWhatCannotBeAdoptedIsReported(t *testing.T) {
	srv := cvattest.Start(t)
	id, err := srv.Sandbox.SeedProject(t.Context(), "Orchard")
	check(t, err)
	o := adopt.Options{Server: srv.URL, Project: manifest.Project{ID: id}, File: filepath.Join(t.TempDir(), "cvatplan.yaml")}
	client := clientOf(t, srv)
	if _, err := adopt.Project(t.Context(), client, o); err == nil || !strings.Contains(err.Error(), "no task that a manifest could describe") {
		t.Errorf("of nothing: %v", err)
	}
	check(t, srv.Sandbox.SeedTasks(t.Context(), id, []api.SeedTask{
		{Name: "twice", Frames: []string{"1.jpg"}}, {Name: "twice", Frames: []string{"2.jpg"}},
		{Name: "empty"}, {Name: "fine", Frames: []string{"1.jpg"}}, {Name: "half", Frames: []string{"1.jpg"}, BugTracker: plan.Marker(strings.Repeat("ab", 32))},
		{Name: "odd frame", Frames: []string{`a\b.jpg`, `a/\x01.jpg`}}, {Name: "fine too", Frames: []string{"1.jpg"}}, {Name: "fine 3", Frames: []string{"1.jpg"}},
	}))
	adopted := adoptAll(t, srv, o)
	if got := strings.Join(adopted.LeftOut, "; "); adopted.Tasks != 4 || len(adopted.LeftOut) != 4 || strings.Count(string(adopted.Manifest), "- path") != 2 ||
		!strings.Contains(got, "twice: another task has the same name") || !strings.Contains(got, "empty: it has no frames") {
		t.Errorf("%d tasks; left out: %s\n%s", adopted.Tasks, got, adopted.Manifest)
	}
	if _, err := adopt.Project(t.Context(), client, adopt.Options{Server: srv.URL, Project: manifest.Project{Name: "Orchards"}, File: o.File}); err == nil {
		t.Error("a project that does not exist is adopted")
	}
}

// A label that a manifest would refuse is written by its name, and stops nothing.
func TestALabelThatIsOddIsAdoptedByItsName(t *testing.T) {
	srv := cvattest.Start(t)
	client := clientOf(t, srv)
	p, err := client.CreateProject(t.Context(), "Orchard", "", []cvat.Label{
		{Name: "fine", Attributes: []cvat.Attribute{{Name: "ripe", InputType: "checkbox", Values: []string{"true"}}}},
		{Name: "odd: #1", Attributes: []cvat.Attribute{{Name: "n", InputType: "number", Values: []string{"1"}}}},
	})
	check(t, err)
	check(t, srv.Sandbox.SeedTasks(t.Context(), p.ID, []api.SeedTask{{Name: "a", Frames: []string{"1.jpg"}}}))
	text := string(adoptAll(t, srv, adopt.Options{Server: srv.URL, Project: manifest.Project{ID: p.ID}, File: filepath.Join(t.TempDir(), "cvatplan.yaml")}).Manifest)
	for _, line := range []string{`        - {name: "ripe", input_type: checkbox, mutable: false, values: ["true"]}`, `    - name: "odd: #1"`} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("%s is missing in\n%s", line, text)
		}
	}
}

// Many tasks are one request each, and a manifest that a person can read (10,000 were tried).
func TestAProjectOfManyTasksIsAdopted(t *testing.T) {
	const tasks = 450
	srv := cvattest.Start(t)
	id, err := srv.Sandbox.SeedProject(t.Context(), "Orchard", "apple")
	check(t, err)
	var seeds []api.SeedTask
	for i := range tasks {
		s := api.SeedTask{Name: fmt.Sprintf("cam_run_%d", i), Frames: []string{fmt.Sprintf("run_%d/cam_1.jpg", i)}, Subset: "train"}
		if i%100 == 7 {
			s.Subset = "val"
		}
		seeds = append(seeds, s)
	}
	check(t, srv.Sandbox.SeedTasks(t.Context(), id, seeds))
	adopted := adoptAll(t, srv, adopt.Options{Server: srv.URL, Project: manifest.Project{ID: id}, File: filepath.Join(t.TempDir(), "cvatplan.yaml")})
	if lines := strings.Count(string(adopted.Manifest), "\n"); adopted.Tasks != tasks || lines > 40 {
		t.Errorf("%d tasks in %d lines", adopted.Tasks, lines)
	}
}

func clientOf(t *testing.T, srv *cvattest.Server) *cvat.Client {
	t.Helper()
	client, err := cvat.New(cvat.Options{BaseURL: srv.URL, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(srv.Token)}})
	check(t, err)
	return client
}

// adoptAll adopts a project, and plans what is written.
func adoptAll(t *testing.T, srv *cvattest.Server, o adopt.Options) adopt.Adopted {
	t.Helper()
	client := clientOf(t, srv)
	o.Index = filepath.Join(filepath.Dir(o.File), "index")
	adopted, err := adopt.Project(t.Context(), client, o)
	check(t, err)
	check(t, os.WriteFile(o.File, adopted.Manifest, 0o644))
	if len(adopted.Index) > 0 {
		check(t, os.MkdirAll(filepath.Dir(adopted.IndexAt), 0o755))
		check(t, os.WriteFile(adopted.IndexAt, adopted.Index, 0o644))
	}
	m, err := manifest.Load(o.File)
	if err != nil {
		t.Fatalf("%v\n%s", err, adopted.Manifest)
	}
	scanned, err := planner.Scan(t.Context(), []*manifest.Manifest{m}, planner.ScanOptions{})
	check(t, err)
	for _, p := range scanned.Projects {
		check(t, p.Decide(t.Context(), client, planner.Options{CheckFrames: true}))
		n := plan.Count(p.Plan)
		if n.NoOp != adopted.Tasks || n.Changes() || n.Problems() || n.Drift > 0 || n.Unmanaged > len(adopted.LeftOut) {
			t.Errorf("%s\n%s", plan.Count(p.Plan).String(), adopted.Manifest)
		}
		for _, note := range p.Plan.Notes {
			t.Errorf("note: %s", note.Text)
		}
	}
	return adopted
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
