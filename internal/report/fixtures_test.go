package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

var update = flag.Bool("update", false, "write the golden files again")

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; if it is meant, go test ./internal/report -update):\n%s", path, diff)
	}
}

func render(t *testing.T, f func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var scope = plan.Scope{Server: "https://cvat.example.com", Organization: "orchard", ProjectID: 42, Project: "Orchard 2026"}

func ptr[T any](v T) *T { return &v }

func names(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s/%04d.jpg", prefix, i)
	}
	return list
}

// wanted is a task of n frames, 100 000 bytes each.
func wanted(camera, bag string, n int) plan.Desired {
	return plan.Desired{
		Task: camera + "_" + bag, Bag: bag, Camera: camera,
		Settings: manifest.Settings{SegmentSize: ptr(10), ImageQuality: ptr(70), SortingMethod: ptr("natural")},
		Frames:   names(bag+"/"+camera, n),
		Origin:   manifest.Position{File: "cvatplan.yaml", Line: 14, Column: 5},
		Bytes:    int64(n) * 100_000,
	}
}

// there is the task that d asks for, complete on the server.
func there(id int, d plan.Desired) plan.Task {
	d.Settings.SegmentSize = ptr(min(10, len(d.Frames))) // as the server rewrites it
	return plan.Task{
		ID: id, Name: d.Task, ProjectID: 42, ProjectName: "Orchard 2026", HasData: true, Size: len(d.Frames),
		Owner: "anna", Settings: d.Settings, Frames: d.Frames, URL: fmt.Sprintf("https://cvat.example.com/tasks/%d", id),
	}
}

func observed(tasks ...plan.Task) plan.Actual {
	return plan.Actual{Scope: scope, Exists: true, Labels: []manifest.Label{{Name: "apple"}}, Tasks: tasks}
}

func onePlan() []plan.Plan {
	return worded(plan.Diff([]plan.Desired{wanted("jai_cam", "2026-03-04", 50)}, observed(), plan.Options{}))
}

// offlinePlan is what plan --offline shows.
func offlinePlan() []plan.Plan {
	want := []plan.Desired{wanted("jai_cam", "2026-03-04", 50), wanted("realsenseD435", "2026-03-04", 1)}
	return []plan.Plan{plan.Diff(want, plan.Actual{Scope: scope}, plan.Options{Offline: true})}
}

// manyPlan has every action, a project that changes, notes, and names that mean harm.
func manyPlan() []plan.Plan {
	hash, other := fmt.Sprintf("%064x", 1), fmt.Sprintf("%064x", 2)
	create, unsized, evil := wanted("jai_cam", "2026-03-04", 50), wanted("realsenseD435", "2026-03-04", 1), wanted("jai_cam", evilName, 3)
	unsized.Bytes = -1
	resume, wait, replace := wanted("jai_cam", "2026-03-05", 20), wanted("jai_cam", "2026-03-06", 20), wanted("jai_cam", "2026-03-07", 20)
	resume.Hash, wait.Hash, replace.Hash = hash, hash, hash
	blocked, foreign := wanted("jai_cam", "2026-03-08", 15), wanted("jai_cam", "2026-03-09", 5)
	for i := range 14 {
		blocked.Problems = append(blocked.Problems, diag.Diagnostic{Code: diag.CodeLFSPointer, Hint: say("git lfs pull"),
			Text: fmt.Sprintf("%s is a Git LFS pointer, not an image", blocked.Frames[i])})
	}
	conflict, drift, names := wanted("jai_cam", "2026-03-10", 8), wanted("jai_cam", "2026-03-11", 30), wanted("jai_cam", "2026-03-12", 4)
	moved, renamed := wanted("jai_cam", "2026-03-13", 6), wanted("jai_cam", "2026-03-14", 7)
	same, skipped := wanted("jai_cam", "果樹園", 90), wanted("jai_cam", "2026-03-16", 9)
	same.Settings.SegmentSize = ptr(20)

	unfinished := func(id int, d plan.Desired, marker string, state plan.ImportState) plan.Task {
		t := there(id, d)
		t.BugTracker, t.Size, t.Frames, t.Import = marker, 0, nil, state
		return t
	}
	short, swapped := there(811, drift), there(812, names)
	short.Size, short.Frames = 28, append(append([]string{}, drift.Frames[:13]...), drift.Frames[15:]...)
	swapped.Frames = append([]string{"2026-03-12/jai_cam/\x1b[31mold.jpg"}, names.Frames[1:]...)
	under := there(814, renamed)
	under.Name, under.Holds = "orchard, second row", renamed.Task
	elsewhere := there(813, moved)
	elsewhere.ProjectID, elsewhere.ProjectName = 7, "Archive"
	have := observed(
		unfinished(805, resume, plan.Marker(hash), ""), unfinished(806, wait, plan.Marker(hash), plan.ImportStarted),
		unfinished(807, replace, plan.Marker(other), ""), unfinished(809, foreign, "", plan.ImportQueued),
		there(801, conflict), there(802, conflict), short, swapped, under, there(815, same),
		there(816, wanted("phone", "by hand", 12)),
	)
	have.Elsewhere = []plan.Task{elsewhere}
	want := []plan.Desired{create, unsized, evil, resume, wait, replace, blocked, foreign, conflict, drift, names, moved, renamed, same, skipped}
	labels := []manifest.Label{{Name: "apple"}, {Name: "leaf", Type: "polygon"}, {Name: "<b>branch</b>"}}
	return worded(plan.Diff(want, have, plan.Options{
		Project: manifest.Project{Name: "Orchard 2026", Labels: labels}, CheckFrames: true,
		Skip: []manifest.Skip{{Task: "jai_cam_2026-03-16", Reason: "lens cap on"}},
	}))
}

// words and hints by the reason's code: how pkg/plan puts them is tested there.
var phrases = map[diag.Code][2]string{
	"no_task":           {"no task has this name"},
	"unfinished":        {"task 805 of anna was begun and not finished"},
	"importing":         {"the server is importing task 806 of anna (started)"},
	"files_changed":     {"the files changed since task 807 of anna was begun", "apply with --replace-empty: it deletes the empty task and creates it again"},
	"lfs_pointer":       {"14 pointers, all of them named", "git lfs pull"},
	"importing_foreign": {"task 809 of anna is importing, and is not managed by cvatplan", "plan again when its import has ended"},
	"several_tasks":     {"several tasks with frames have this name: 801, 802", "keep the one that people work in; rename or delete the others in CVAT"},
	"frames_differ":     {"task 811 of anna holds 28 frames, the manifest says 30", "CVAT cannot add frames to a task: make the manifest say what it holds, or delete it in CVAT if its annotations may go"},
	"names_differ":      {"task 812 of anna holds as many frames, but 1 of other names", "CVAT cannot add frames to a task: make the manifest say what it holds, or delete it in CVAT if its annotations may go"},
	"moved":             {"task 813 of anna has this name and is in project 7 (Archive)", "move it back in CVAT, or make another with --create-anyway 'jai_cam_2026-03-13'"},
	"renamed":           {`task 814 of anna, "orchard, second row", holds exactly these frames`, `name it "jai_cam_2026-03-14" in CVAT, or make another`},
	"matches":           {"it holds the frames that the manifest says"},
	"skip":              {"the manifest skips it: lens cap on"},
	"unmanaged":         {"no manifest names it"},
}

func worded(p plan.Plan) []plan.Plan {
	for i := range p.Changes {
		c := &p.Changes[i]
		w, ok := phrases[c.Reason.Code]
		if !ok {
			panic("no phrases for " + string(c.Reason.Code))
		}
		c.Reason.Text, c.Reason.Hint = w[0], say(w[1])
	}
	if len(p.Notes) > 0 {
		p.Notes = []plan.Note{{Code: diag.CodeSegmentSize, Tasks: 1, Text: "segment_size: 1 task has 10, the manifest says 20; kept, CVAT cannot change it"}}
	}
	return []plan.Plan{p}
}

// evilName tries every renderer: a terminal, HTML, Markdown, a workflow command.
const evilName = "\x1b[2J\u202egpj\r\n::error::x</script><img src=x onerror=alert(1)>|`*_[a](b) --> ]]>"

// bigPlan has 10 000 tasks: a tenth to create, the rest unchanged.
var bigPlan = sync.OnceValue(func() []plan.Plan {
	var want []plan.Desired
	have := observed()
	for i := range 10_000 {
		d := wanted([]string{"jai_cam", "realsenseD435"}[i%2], fmt.Sprintf("run-%05d", i/2), 3)
		want = append(want, d)
		if i%10 != 0 {
			have.Tasks = append(have.Tasks, there(i+1, d))
		}
	}
	return []plan.Plan{plan.Diff(want, have, plan.Options{})}
})

func emptyPlan() []plan.Plan { return []plan.Plan{plan.Diff(nil, observed(), plan.Options{})} }

// twoPlans are two projects, one of which is to be created.
func twoPlans() []plan.Plan {
	fresh := plan.Actual{Scope: plan.Scope{Server: "sandbox:.sandbox", Project: "New"}}
	o := plan.Options{Project: manifest.Project{Name: "New", Create: ptr(true), Labels: []manifest.Label{{Name: "apple"}}}}
	run7 := wanted("jai_cam", "run7", 2)
	run7.Task, run7.Camera = "run7", ""
	return append(onePlan(), worded(plan.Diff([]plan.Desired{run7}, fresh, o))...)
}

// say is a hint in these words; none where there are none.
func say(words string) diag.Hint {
	if words == "" {
		return diag.Hint{}
	}
	return diag.Do(diag.HintVerbatim, words)
}
