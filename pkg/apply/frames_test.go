package apply

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func TestAFileThatChangedEndsItsTaskAlone(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		j := &job{tasks: map[string][]string{"bad": {"a"}, "good": {"b"}}}
		j.files = func(name string, frames []string) Images {
			z := archiveOf(frames...)
			if name == "bad" {
				z.read = &archive.ChangedError{Name: "a", What: "shrank from 20 to 10 bytes"}
			}
			return Images{Archive: z}
		}
		r := j.run(t, w.session())
		if diff := cmp.Diff(map[string]Outcome{"bad": Failed, "good": Done}, outcomes(r)); diff != "" {
			t.Error(diff)
		}
		for _, task := range r.Tasks {
			if task.Task == "bad" && (task.Retryable || !errors.Is(task.Err, archive.ErrChanged) || task.Reason.Hint == (diag.Hint{})) {
				t.Errorf("%+v", task)
			}
		}
	})
}

func TestBadFramesBlockBeforeAnythingIsCreated(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		j := one("a")
		j.files = func(string, []string) Images {
			return Images{Problems: []plan.Diagnostic{{Severity: diag.Error, Code: diag.CodeCorruptImage, Text: "a: no image", Hint: diag.Do(diag.HintRemoveImage)}}}
		}
		r := only(t, j.run(t, w.session()))
		if r.Outcome != Refused || r.Reason != (plan.Diagnostic{Severity: diag.Error, Code: diag.CodeCorruptImage, Text: "a: no image", Hint: diag.Do(diag.HintRemoveImage)}) || len(w.tasks) != 0 {
			t.Errorf("%+v", r)
		}
	})
}

// A plan that could not measure leaves it to apply.
func TestAMarkerIsNotClearedBeforeTheFilesWereMeasured(t *testing.T) {
	for name, c := range map[string]struct {
		tracker string
		outcome Outcome
		left    string
	}{
		"the same files": {marker("a", "b"), Done, ""},
		"other files":    {marker("old"), Left, marker("old")},
	} {
		bubble(t, name, func(t *testing.T) {
			w, p := existing()
			made := w.addTask("t", p, c.tracker, "a", "b")
			s := w.session()
			j := one("a", "b")
			unmeasured := j.planned(t, s)
			d := plan.Desired{Task: "t", Frames: []string{"a", "b"}}
			unmeasured.Changes = []plan.Change{plan.Decide(d, []plan.Task{{ID: made.ID, Name: "t", ProjectID: p, Size: 2, BugTracker: c.tracker}}, p, unmeasured.Options)}
			if r := only(t, j.carryOut(s, unmeasured)); r.Outcome != c.outcome || made.BugTracker != c.left {
				t.Errorf("bug_tracker %q, %+v", made.BugTracker, r)
			}
		})
	}
}

func TestFramesThatTheServerDropsAreAFailureThatNamesThem(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		w.drop = "b"
		r := only(t, one("a", "b", "c").run(t, w.session()))
		if r.Outcome != Failed || r.Retryable || !strings.Contains(r.Err.Error(), "holds 2 frames where 3 were sent; missing: b") {
			t.Errorf("%+v", r)
		}
		if w.tasks[2].BugTracker != marker("a", "b", "c") {
			t.Error("a task that was not verified lost its marker")
		}
	})
}

func TestContextImagesThatTheServerDropsAreAFailureThatNamesTheFrame(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		w.drop = contextLine + "a"
		j := oneWithContext()
		for range 2 { // the run that sends it, and one that finds it
			r := only(t, j.run(t, w.session()))
			if r.Outcome != Failed || r.Retryable || !strings.Contains(r.Err.Error(), "task 2: frame a has 0 context images where 2 were sent") {
				t.Errorf("%+v", r)
			}
		}
		if _, ours := plan.ParseMarker(w.tasks[2].BugTracker); !ours {
			t.Error("a task that was not verified lost its marker")
		}
	})
}

func TestAnotherOrderIsAFailureOnlyWhereTheManifestGivesIt(t *testing.T) {
	for sorting, outcome := range map[string]Outcome{"natural": Done, "random": Done, predefined: Failed} {
		bubble(t, sorting, func(t *testing.T) {
			w, p := existing()
			made := w.addTask("t", p, marker("a", "b"), "b", "a")
			made.Data = &made.ID
			j := one("a", "b")
			j.settings.SortingMethod = &sorting
			r := only(t, j.run(t, w.session()))
			if r.Outcome != outcome || (len(r.Warnings) == 1) != (sorting == "natural") {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestEveryParameterIsSentWithTheManifestsValue(t *testing.T) {
	for inPieces, sends := range map[bool][]string{false: {"import"}, true: {"upload .jsonl", "upload .zip", "finish"}} {
		bubble(t, wayOf(inPieces), func(t *testing.T) {
			w, _ := existing()
			j := one("a", "b", "c")
			j.settings = manifest.Settings{
				ImageQuality: ptr(95), ChunkSize: ptr(8), UseCache: ptr(false), BugTracker: ptr("JIRA-1"), SortingMethod: ptr(predefined),
				Validation: &manifest.Validation{Mode: "gt", FrameSelectionMethod: "random_uniform", FrameCount: ptr(1)},
			}
			s := w.session()
			s.inPieces = inPieces
			var names []string
			s.each = func(op string) {
				if made := w.tasks[2]; op == "GET meta" && made != nil {
					names = made.imported
				}
			}
			if r := j.run(t, s); !r.OK() {
				t.Fatalf("%+v", r)
			}
			want := cvat.DataParams{
				ImageQuality: 95, ChunkSize: ptr(8), SortingMethod: predefined,
				Validation: &cvat.ValidationParams{Mode: "gt", FrameSelectionMethod: "random_uniform", FrameCount: ptr(1)},
			}
			made := w.tasks[2]
			if diff := cmp.Diff(want, made.params); diff != "" || made.BugTracker != "JIRA-1" {
				t.Errorf("bug_tracker %q, params %s", made.BugTracker, diff)
			}
			z := archiveOf("a", "b", "c")
			if diff := cmp.Diff([]string{z.OrderName(), z.Name()}, names); diff != "" {
				t.Errorf("the import had %s", diff)
			}
			sent := slices.DeleteFunc(s.log, func(op string) bool { return !slices.Contains(sends, op) })
			if diff := cmp.Diff(sends, sent); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A setting that params.go forgets would be planned, saved and shown, and never sent.
func TestEverySettingIsSent(t *testing.T) {
	s := manifest.Settings{Validation: &manifest.Validation{}}
	fields := reflect.ValueOf(&s).Elem()
	for i := range fields.NumField() {
		value := reflect.New(fields.Type().Field(i).Type.Elem())
		switch v := value.Interface().(type) {
		case *int:
			*v = 2
		case *string:
			*v = "x"
		}
		fields.Field(i).Set(value)
	}
	sent := map[string]any{"bug_tracker": nil, "assignee": nil, "jobs": nil} // in another way: see verify.go, create.go, jobs.go
	for _, body := range []any{newTask(plan.Desired{Task: "t", Settings: s}, 4), dataParams(plan.Desired{Settings: s})} {
		data, err := json.Marshal(body)
		if err == nil {
			err = json.Unmarshal(data, &sent)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	sent["validation"] = sent["validation_params"]
	for _, key := range s.Keys() {
		if _, ok := sent[key]; !ok {
			t.Errorf("%s is never sent", key)
		}
	}
}

func TestDefaultsAreThoseOfTheManual(t *testing.T) {
	want := cvat.DataParams{ImageQuality: 70, SortingMethod: "natural", UseCache: true}
	if diff := cmp.Diff(want, dataParams(plan.Desired{})); diff != "" {
		t.Error(diff)
	}
	made := newTask(plan.Desired{Task: "t", Hash: strings.Repeat("a", 64)}, 4)
	if diff := cmp.Diff(cvat.NewTask{Name: "t", ProjectID: 4, Overlap: ptr(0), BugTracker: plan.Marker(strings.Repeat("a", 64))}, made); diff != "" {
		t.Error(diff)
	}
}

func TestAnAssigneeIsLookedUpWhereThePlanDidNot(t *testing.T) {
	for name, outcome := range map[string]Outcome{"bob": Done, "nobody": Failed} {
		bubble(t, name, func(t *testing.T) {
			w, p := existing()
			w.addTask("t", p, marker("old"))
			j := one("a")
			j.plan.ReplaceEmpty = true
			j.settings.Assignee = &name
			r := only(t, j.run(t, w.session()))
			if r.Outcome != outcome {
				t.Errorf("%+v", r)
			}
		})
	}
}
