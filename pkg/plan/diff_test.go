package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func ptr[T any](v T) *T { return &v }

func actual(tasks ...Task) Actual {
	return Actual{Scope: Scope{ProjectID: project, Project: "p"}, Exists: true, Tasks: tasks}
}

func called(name string, t Task) Task {
	t.Name = name
	return t
}

// lines shows a plan in a line per change.
func lines(p Plan) []string {
	var out []string
	for _, c := range p.Changes {
		out = append(out, fmt.Sprintf("%s %s %d %s", c.Action, c.Task, c.ID, c.Reason.Code))
	}
	return out
}

func texts(p Plan) []string {
	var out []string
	for _, n := range p.Notes {
		out = append(out, n.Text)
	}
	return out
}

func TestDiffOrdersByActionThenName(t *testing.T) {
	have := actual(
		called("run_3", task(1, 1, "")), called("stray", task(2, 9, "")), called("run_4", task(3, 5, "")),
		called("run_5", task(4, 0, "")), called("run_6", with(task(5, 0, Marker(hash)), ImportQueued, "")),
	)
	desired := []Desired{
		want("run_10", "a"), want("run_2", "a"), want("run_3", "a"), want("run_4", "a"),
		want("run_5", "a"), want("run_6", "a"), want("dup", "a"), want("dup", "b"), want("no", "a"),
	}
	o := Options{Skip: []manifest.Skip{{Task: "n?"}}}
	expected := []string{
		"create run_2 0 no_task", "create run_10 0 no_task", "wait run_6 5 importing", "blocked run_5 4 empty_foreign",
		"conflict dup 0 same_name", "conflict dup 0 same_name", "drift run_4 3 frames_differ",
		"no-op run_3 1 matches", "skipped no 0 skip", "unmanaged stray 2 unmanaged",
	}
	if diff := cmp.Diff(expected, lines(Diff(desired, have, o))); diff != "" {
		t.Error(diff)
	}
}

func TestDiffIsTheSameWhateverTheOrderOfTheTasks(t *testing.T) {
	var desired []Desired
	var tasks []Task
	for i := range 60 {
		name := fmt.Sprintf("run_%d", i%50)
		desired = append(desired, want(name, "a", "b"))
		tasks = append(tasks, called(name, task(i+1, i%4, "")), called(fmt.Sprintf("stray_%d", i), task(100+i, 2, "")))
	}
	first := Diff(desired, actual(tasks...), Options{})
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(tasks), func(i, j int) { tasks[i], tasks[j] = tasks[j], tasks[i] })
		if diff := cmp.Diff(first, Diff(desired, actual(tasks...), Options{})); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func TestEqualNamesAreOneNameInEveryUnicodeForm(t *testing.T) {
	p := Diff([]Desired{want("caf\u00e9", "a")}, actual(called("cafe\u0301", task(1, 1, ""))), Options{})
	if diff := cmp.Diff([]string{"no-op caf\u00e9 1 matches"}, lines(p)); diff != "" {
		t.Error(diff)
	}
}

func TestTargetLeavesTheRestAlone(t *testing.T) {
	desired := []Desired{want("cam/run_1", "a"), want("cam/run_2", "a"), want("other", "a")}
	have := actual(called("other", task(1, 1, "")), called("stray", task(2, 1, "")))
	p := Diff(desired, have, Options{Target: []string{"cam*_1"}})
	if diff := cmp.Diff([]string{"create cam/run_1 0 no_task", "unmanaged stray 2 unmanaged"}, lines(p)); diff != "" {
		t.Error(diff)
	}
}

func TestNeedsHashAsksOnlyForOursAndUnfinished(t *testing.T) {
	measured := want("measured", "a")
	bad := want("bad", "a")
	bad.Problems = []Diagnostic{{Code: diag.CodeUnreadable}}
	desired := []Desired{measured, bad}
	for _, name := range []string{"new", "done", "foreign", "ours", "unverified", "tombstone", "skipped"} {
		d := want(name, "a")
		d.Hash = ""
		desired = append(desired, d)
	}
	have := actual(
		called("measured", task(1, 0, Marker(hash))), called("bad", task(2, 0, Marker(hash))), called("done", task(3, 1, "")),
		called("foreign", task(4, 0, "")), called("ours", task(5, 0, Marker(hash))), called("unverified", task(6, 1, Marker(hash))),
		called("tombstone", task(7, 0, Tombstone)), called("skipped", task(8, 0, Marker(hash))), called("unmanaged", task(9, 0, Marker(hash))),
	)
	got := have.NeedsHash(desired, Options{Skip: []manifest.Skip{{Task: "skipped"}}})
	if diff := cmp.Diff([]string{"ours", "unverified"}, got); diff != "" {
		t.Error(diff)
	}
}

// A setting without a row would be neither compared nor said to be left alone.
func TestEverySettingHasARow(t *testing.T) {
	var keys []string
	for _, s := range settings {
		keys = append(keys, s.key)
	}
	if diff := cmp.Diff(manifest.Settings{}.Keys(), keys); diff != "" {
		t.Error(diff)
	}
}

func TestSettingsAreComparedAsTheServerRewritesThem(t *testing.T) {
	done := func(frames, segment, overlap int) Task {
		made := task(1, frames, "")
		made.Settings = manifest.Settings{SegmentSize: &segment, Overlap: &overlap, ImageQuality: ptr(70), Subset: ptr("")}
		return made
	}
	for name, c := range map[string]struct {
		want manifest.Settings
		have Task
		note []string
	}{
		"nothing written":                {manifest.Settings{}, done(25, 10, 5), nil},
		"equal":                          {manifest.Settings{SegmentSize: ptr(10), Overlap: ptr(2)}, done(25, 10, 2), nil},
		"segment_size 0 is one job":      {manifest.Settings{SegmentSize: ptr(0)}, done(25, 25, 0), nil},
		"segment_size above the count":   {manifest.Settings{SegmentSize: ptr(100)}, done(25, 25, 0), nil},
		"overlap is at most half a job":  {manifest.Settings{SegmentSize: ptr(10), Overlap: ptr(9)}, done(25, 10, 5), nil},
		"overlap without a segment_size": {manifest.Settings{Overlap: ptr(99)}, done(25, 10, 5), nil},
		"segment_size differs":           {manifest.Settings{SegmentSize: ptr(20)}, done(25, 10, 0), []string{"segment_size: 1 task has 10, the manifest says 20; kept, CVAT cannot change it"}},
		"segment_size above the frames":  {manifest.Settings{SegmentSize: ptr(1000)}, done(25, 10, 0), []string{"segment_size: 1 task has 10, the manifest says 1000; kept, CVAT cannot change it"}},
		"overlap above half a segment":   {manifest.Settings{Overlap: ptr(40)}, done(25, 10, 0), []string{"overlap: 1 task has 0, the manifest says 40; kept, CVAT cannot change it"}},
		"subset differs":                 {manifest.Settings{Subset: ptr("val")}, done(25, 10, 0), []string{"subset: 1 task has none, the manifest says val; kept"}},
		"quality and a validation differ": {manifest.Settings{ImageQuality: ptr(95), Validation: &manifest.Validation{Mode: "gt"}}, func() Task {
			made := done(25, 10, 0)
			made.Settings.Validation = &manifest.Validation{}
			return made
		}(), []string{
			"image_quality: 1 task has 70, the manifest says 95; kept, CVAT cannot change it",
			"validation: 1 task has none, the manifest says gt; kept, CVAT cannot change it",
		}},
		"storages differ": {manifest.Settings{SourceStorage: &manifest.Storage{Location: "local"}, TargetStorage: &manifest.Storage{Location: "cloud_storage", CloudStorageID: 3}}, func() Task {
			made := done(25, 10, 0)
			made.Settings.SourceStorage, made.Settings.TargetStorage = &manifest.Storage{Location: "local"}, &manifest.Storage{Location: "local"}
			return made
		}(), []string{"target_storage: 1 task has local, the manifest says cloud storage 3; kept, cvatplan sets it at creation only"}},
		"an assignee that is not known": {manifest.Settings{Assignee: ptr("bob")}, done(25, 10, 0), nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := want("t", make([]string, c.have.Size)...)
			d.Settings = c.want
			if diff := cmp.Diff(c.note, texts(Diff([]Desired{d}, actual(c.have), Options{}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEqualDifferencesAreOneNote(t *testing.T) {
	var desired []Desired
	var tasks []Task
	for i := range 300 {
		d := want(fmt.Sprintf("run_%d", i), make([]string, 40)...)
		d.Settings.SegmentSize = ptr(20)
		made := called(d.Task, task(i+1, 40, ""))
		made.Settings.SegmentSize = ptr(10)
		desired, tasks = append(desired, d), append(tasks, made)
	}
	p := Diff(desired, actual(tasks...), Options{})
	expected := []Note{{Code: "segment_size", Text: "segment_size: 300 tasks have 10, the manifest says 20; kept, CVAT cannot change it", Tasks: 300}}
	if diff := cmp.Diff(expected, p.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestMoreJobsThanCVATAllowsAreANote(t *testing.T) {
	for name, c := range map[string]struct {
		frames, segment, overlap int
		noted                    bool
	}{
		"5000 jobs":              {10000, 2, 0, false},
		"5001 jobs":              {10001, 2, 0, true},
		"overlap makes more":     {10001, 4, 2, false},
		"overlap makes too many": {10004, 4, 2, true},
		"one job":                {1000000, 0, 0, false},
		"one frame":              {1, 0, 0, false},
		"one frame a job":        {5001, 1, 7, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := want("t", make([]string, c.frames)...)
			d.Settings = manifest.Settings{SegmentSize: &c.segment, Overlap: &c.overlap}
			p := Diff([]Desired{d}, actual(), Options{})
			if noted := len(p.Notes) > 0; noted != c.noted {
				t.Errorf("notes %q", texts(p))
			}
		})
	}
}

func TestRenamedIsWhatWasProvenToHoldTheFrames(t *testing.T) {
	holding := func(name string, id int, holds string) Task {
		t := called(name, task(id, 2, ""))
		t.Holds = holds
		return t
	}
	desired := []Desired{want("new", "a", "b"), want("fresh", "c", "d"), want("anyway", "e", "f")}
	have := actual(holding("old", 4, "new"), holding("older", 3, "new"), holding("else", 5, ""), holding("known", 6, "anyway"), holding("gone", 7, "not wanted"))
	p := Diff(desired, have, Options{CreateAnyway: []string{"anyway"}})
	expected := []string{
		"create anyway 0 no_task", "create fresh 0 no_task", "renamed new 3 renamed",
		"unmanaged else 5 unmanaged", "unmanaged gone 7 unmanaged", "unmanaged known 6 unmanaged", "unmanaged old 4 unmanaged",
	}
	if diff := cmp.Diff(expected, lines(p)); diff != "" {
		t.Error(diff)
	}
	if Count(p).Images != 4 {
		t.Errorf("a renamed task is not uploaded: %+v", Count(p))
	}
}

func TestTasksOfOtherProjectsAreOneNoteForEach(t *testing.T) {
	desired := []Desired{want("a", "1"), want("b", "2"), want("c", "3")}
	have := actual(called("c", task(1, 1, "")))
	in := func(project int, name, task string, id int) Task {
		return Task{ID: id, Name: task, ProjectID: project, ProjectName: name, Size: 1}
	}
	have.Elsewhere = []Task{in(8, "Seg", "a", 10), in(8, "Seg", "b", 11), in(8, "Seg", "b", 12), in(8, "Seg", "c", 13), in(9, "", "a", 14), in(0, "", "b", 15)}
	have.Uncompared = 7
	p := Diff(desired, have, Options{})
	if diff := cmp.Diff([]string{
		"2 tasks of these names also exist in project 8 Seg",
		"a task of the same name also exists in no project",
		"a task of the same name also exists in project 9",
		"7 more unmanaged tasks have the frame count of a task to be created, and were not compared with it",
	}, texts(p)); diff != "" || Count(p).Problems() || Count(p).Create != 2 {
		t.Error(diff, Count(p))
	}
}

func TestAnotherOrderOfFramesIsANote(t *testing.T) {
	d := want("t", "a", "b")
	have := actual(named(task(1, 2, ""), "b", "a"))
	p := Diff([]Desired{d}, have, Options{CheckFrames: true})
	if len(p.Notes) != 1 || p.Notes[0].Code != diag.CodeFrameOrder {
		t.Errorf("notes %q", texts(p))
	}
	d.Settings.SortingMethod = ptr("random")
	if p := Diff([]Desired{d}, have, Options{CheckFrames: true}); len(p.Notes) != 0 {
		t.Errorf("a random order is no news: %q", texts(p))
	}
}

func TestAnUnknownAssigneeBlocksOnlyWhatWouldBeCreated(t *testing.T) {
	fresh, done, known := want("fresh", "a"), want("done", "a"), want("known", "a")
	fresh.Settings.Assignee, done.Settings.Assignee, known.Settings.Assignee = ptr("bob"), ptr("bob"), ptr("ann")
	have := actual(called("done", task(1, 1, "")))
	have.Users = map[string]int{"ann": 2}
	expected := []string{"create known 0 no_task", "blocked fresh 0 unknown_assignee", "no-op done 1 matches"}
	if diff := cmp.Diff(expected, lines(Diff([]Desired{fresh, done, known}, have, Options{}))); diff != "" {
		t.Error(diff)
	}
}

func TestProjectChange(t *testing.T) {
	labels := []manifest.Label{{Name: "apple"}, {Name: "leaf"}}
	for name, c := range map[string]struct {
		have Actual
		want manifest.Project
		out  ProjectChange
	}{
		"missing, may be created": {Actual{}, manifest.Project{Name: "p", Create: ptr(true), Labels: labels}, ProjectChange{Action: ProjectCreate, Name: "p", Labels: labels}},
		"missing, ask":            {Actual{}, manifest.Project{Name: "p"}, ProjectChange{Action: ProjectCreate, Name: "p", Ask: true}},
		"a label is missing":      {Actual{Exists: true, Labels: []manifest.Label{{Name: "leaf"}, {Name: "more"}}}, manifest.Project{Name: "p", Labels: labels}, ProjectChange{Action: ProjectLabel, Name: "p", Labels: labels[:1]}},
		"all there":               {Actual{Exists: true, Labels: []manifest.Label{{Name: "leaf"}, {Name: "apple"}}}, manifest.Project{Name: "p", Labels: labels}, ProjectChange{Name: "p"}},
		"cut off":                 {Actual{Exists: true, Unclaimed: true}, manifest.Project{Name: "p"}, ProjectChange{Action: ProjectFinish, Name: "p", Unclaimed: true}},
		"created twice":           {Actual{Exists: true, EmptyProjects: []int{9}}, manifest.Project{Name: "p"}, ProjectChange{Action: ProjectFinish, Name: "p", Leftovers: []int{9}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := Diff([]Desired{{Task: "t", Frames: []string{"a"}}}, c.have, Options{Project: c.want})
			if diff := cmp.Diff(c.out, p.Project); diff != "" {
				t.Error(diff)
			}
			if got := Count(p).Projects > 0; got != (c.out.Action != ProjectNone) {
				t.Errorf("the project changes: %v", got)
			}
		})
	}
}

// A mistyped --target, or bags that are all blocked, must not leave an empty project behind.
func TestAProjectThatWouldStayEmptyIsNotCreated(t *testing.T) {
	project := manifest.Project{Name: "p", Create: ptr(true)}
	blocked := Desired{Task: "t", Frames: []string{"a"}, Problems: []Diagnostic{{Code: diag.CodeCorruptImage, Text: "a is cut off"}}}
	for name, c := range map[string]struct {
		want []Desired
		o    Options
	}{
		"nothing is wanted":   {nil, Options{Project: project}},
		"all is blocked":      {[]Desired{blocked}, Options{Project: project}},
		"no task is targeted": {[]Desired{{Task: "t", Frames: []string{"a"}}}, Options{Project: project, Target: []string{"x*"}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := Diff(c.want, Actual{}, c.o)
			if p.Project.Action != ProjectNone || Count(p).Changes() {
				t.Errorf("%+v", p.Project)
			}
			if missing := `the server has no project "p", and nothing is to be created in it`; !slices.Contains(texts(p), missing) {
				t.Errorf("%q does not say: %s", texts(p), missing)
			}
		})
	}
}

func TestNamesAndGlobs(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		fits          bool
	}{
		{"cam_1", "cam_1", true}, {"cam_1", "cam_10", false}, {"cam_*", "cam_10", true}, {"*", "a/b", true}, {"a*", "a/b/c", true},
		{"cam_?", "cam_1", true}, {"{a,b}_1", "b_1", true}, {"run [1]", "run [1]", true}, {"[", "[", true}, {"[", "x", false},
	} {
		if got := Glob(c.pattern).Matches(c.name); got != c.fits {
			t.Errorf("Glob(%q).Matches(%q) = %v", c.pattern, c.name, got)
		}
	}
	if Glob("a[").Valid() || !Glob("a*/{b,c}").Valid() {
		t.Error("what is a glob")
	}
}

func TestHintsHoldCommandsThatCanBeCopied(t *testing.T) {
	c := Decide(Desired{Task: "it's; rm -rf ~", Frames: []string{"a"}}, []Task{called("it's; rm -rf ~", task(1, 0, ""))}, project, Options{})
	if want := `--target 'it'\''s; rm -rf ~' --replace-empty`; !strings.Contains(advice.Words(c.Reason.Hint), want) {
		t.Errorf("hint %q", advice.Words(c.Reason.Hint))
	}
}
