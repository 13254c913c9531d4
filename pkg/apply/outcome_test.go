package apply

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/archive"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const (
	poisoned = "utils.dataset_manifest.errors.InvalidImageError: failed to parse image file 'c.jpg'\n"
	killed   = "Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); "
)

// existing is a world with a settled project; it returns the project's id.
func existing() (*world, int) {
	w := newWorld()
	id := w.addProject("p", "")
	w.projects[id].labels = []cvat.Label{{Name: "apple"}}
	return w, id
}

// marker is that of the archive of these frames.
func marker(frames ...string) string { return plan.Marker(archiveOf(frames...).Hash()) }

func only(t *testing.T, r Result) TaskResult {
	t.Helper()
	if len(r.Tasks) != 1 || r.Crash != "" || r.Err != nil {
		t.Fatalf("%+v", r)
	}
	return r.Tasks[0]
}

func TestAFailedImportIsTriedOnceMoreWithTheArchiveSentAgain(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		w.importError = func(_ *worldTask, attempt int) string {
			if attempt == 1 {
				return killed
			}
			return ""
		}
		s := w.session()
		j := one("a", "b")
		if r := j.run(t, s); !r.OK() {
			t.Errorf("%+v", r)
		}
		j.whole(t, w)
		uploads := slices.DeleteFunc(s.log, func(op string) bool { return op != "upload .zip" })
		if len(uploads) != 2 {
			t.Errorf("%d uploads", len(uploads))
		}
	})
}

func TestAnImportThatFailsTwiceIsTheTasksFailure(t *testing.T) {
	for name, c := range map[string]struct {
		message   string
		attempts  int
		retryable bool
		next      plan.Action
	}{
		"perhaps curable": {killed, 2, true, plan.Resume},
		"beyond cure":     {poisoned, 1, false, plan.Replace},
	} {
		bubble(t, name, func(t *testing.T) {
			w, _ := existing()
			attempts := 0
			w.importError = func(_ *worldTask, n int) string { attempts = n; return c.message }
			j := one("a", "b")
			r := only(t, j.run(t, w.session()))
			if r.Outcome != Failed || r.Retryable != c.retryable || attempts != c.attempts || r.ID == 0 || r.URL == "" {
				t.Errorf("%d attempts, %+v", attempts, r)
			}
			if !strings.Contains(r.Err.Error(), strings.TrimSpace(c.message)) || !strings.Contains(r.Hint, "--replace-empty") {
				t.Errorf("error %v, hint %q", r.Err, r.Hint)
			}
			if p := j.planned(t, w.session()); p.Changes[0].Action != c.next {
				t.Errorf("the next plan says %s: %s", p.Changes[0].Action, p.Changes[0].Reason.Text)
			}
		})
	}
}

func TestReplaceNeedsLeave(t *testing.T) {
	for name, c := range map[string]struct {
		tracker string
		allowed bool
		target  []string
		outcome Outcome
		kept    bool
	}{
		"files changed, not allowed":  {marker("old"), false, nil, Refused, true},
		"files changed, allowed":      {marker("old"), true, nil, Done, false},
		"not ours, allowed, unnamed":  {"", true, nil, Refused, true},
		"not ours, allowed and named": {"", true, []string{"t"}, Done, false},
		"a tombstone, allowed":        {plan.Tombstone, true, nil, Done, false},
	} {
		bubble(t, name, func(t *testing.T) {
			w, p := existing()
			w.addTask("t", p, c.tracker)
			j := one("a", "b")
			j.plan = plan.Options{ReplaceEmpty: c.allowed, Target: c.target}
			r := only(t, j.run(t, w.session()))
			if _, kept := w.tasks[2]; kept != c.kept || r.Outcome != c.outcome {
				t.Errorf("kept %v, %+v", kept, r)
			}
			if c.outcome == Done {
				j.whole(t, w)
			}
		})
	}
}

// Another run, on another checkout, finishes the very task that this one is about to
// replace: at every request of this one, up to the deletion itself.
func TestADeletionLosesNoFramesThatAnotherRunBrings(t *testing.T) {
	old := one("old")
	for at := 1; at <= 14; at++ {
		bubble(t, "", func(t *testing.T) {
			w, p := existing()
			w.addTask("t", p, marker("old"))
			j := one("a", "b")
			j.plan.ReplaceEmpty = true
			s := w.session()
			done := make(chan bool, 1)
			s.each = func(string) {
				if s.n == at {
					other := w.session()
					go func() { old.try(other); done <- true }()
					time.Sleep(3 * time.Second) // all of it happens before this request is handled
				}
			}
			j.run(t, s)
			if len(w.violations) > 0 {
				t.Error(w.violations)
			}
		})
	}
}

func TestAColleaguesUploadIsLeftAlone(t *testing.T) {
	for name, upload := range map[string]func(c *worldTask){
		"nothing sent": func(*worldTask) {},
		"being sent":   func(c *worldTask) { c.Data = &c.ID },
		"being imported": func(c *worldTask) {
			c.Data, c.state, c.until = &c.ID, cvat.StatusQueued, time.Now().Add(time.Hour)
		},
	} {
		bubble(t, name, func(t *testing.T) {
			w, p := existing()
			colleagues := w.addTask("t", p, "")
			upload(colleagues)
			s := w.session()
			r := only(t, one("a", "b").run(t, s))
			if r.Outcome != Refused || r.Action != plan.Blocked || !strings.Contains(r.Reason.Text, "colleague") {
				t.Errorf("%+v", r)
			}
			if len(w.tasks) != 1 || slices.ContainsFunc(s.log, func(op string) bool { return !strings.HasPrefix(op, "GET") }) {
				t.Errorf("requests %q", s.log)
			}
		})
	}
}

// The colleague is faster than the plan is old.
func TestATaskThatAppearedSinceThePlanIsNotMadeTwice(t *testing.T) {
	for name, c := range map[string]struct {
		frames  []string
		outcome Outcome
		action  string
	}{
		"complete": {[]string{"a", "b"}, Done, "matches"},
		"other":    {[]string{"x"}, Left, "frames_differ"},
		"empty":    {nil, Refused, "empty_foreign"},
	} {
		bubble(t, name, func(t *testing.T) {
			w, project := existing()
			s := w.session()
			j := one("a", "b")
			p := j.planned(t, s)
			w.addTask("t", project, "", c.frames...)
			r := only(t, j.carryOut(s, p))
			if r.Outcome != c.outcome || r.Reason.Code != c.action || len(w.tasks) != 1 {
				t.Errorf("%d tasks, %+v", len(w.tasks), r)
			}
		})
	}
}

func TestANameThatTurnsUpElsewhereIsMovedNotCreated(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		s := w.session()
		j := one("a")
		p := j.planned(t, s)
		w.addTask("t", w.addProject("other", ""), "", "a")
		if r := only(t, j.carryOut(s, p)); r.Outcome != Left || r.Reason.Code != "moved" || len(w.tasks) != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func TestADeletedTaskIsPlannedAgainThreeTimesAtMost(t *testing.T) {
	for name, c := range map[string]struct {
		times   int
		outcome Outcome
	}{"once": {1, Done}, "three times": {3, Done}, "always": {99, Failed}} {
		bubble(t, name, func(t *testing.T) {
			w, _ := existing()
			s := w.session()
			deleted := 0
			s.each = func(op string) {
				if op == "upload .zip" && deleted < c.times {
					deleted++
					clear(w.tasks)
				}
			}
			r := only(t, one("a").run(t, s))
			if r.Outcome != c.outcome || deleted != min(c.times, 4) {
				t.Errorf("deleted %d times, %+v", deleted, r)
			}
		})
	}
}

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
			if task.Task == "bad" && (task.Retryable || !errors.Is(task.Err, archive.ErrChanged) || task.Hint == "") {
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
			return Images{Problems: []plan.Problem{{Code: "corrupt_image", Text: "a: no image", Hint: "remove it"}}}
		}
		r := only(t, j.run(t, w.session()))
		if r.Outcome != Refused || r.Reason != (plan.Reason{Code: "corrupt_image", Text: "a: no image"}) || r.Hint != "remove it" || len(w.tasks) != 0 {
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
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		j := one("a", "b", "c")
		j.settings = plan.Settings{
			ImageQuality: ptr(95), ChunkSize: ptr(8), UseCache: ptr(false), BugTracker: ptr("JIRA-1"), SortingMethod: ptr(predefined),
			Validation: &manifest.Validation{Mode: "gt", FrameSelectionMethod: "random_uniform", FrameCount: ptr(1)},
		}
		s := w.session()
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
		if order, zip := slices.Index(s.log, "upload .jsonl"), slices.Index(s.log, "upload .zip"); order < 0 || order > zip {
			t.Errorf("requests %q", s.log)
		}
	})
}

func TestDefaultsAreThoseOfTheManual(t *testing.T) {
	want := cvat.DataParams{ImageQuality: 70, SortingMethod: "natural", UseCache: true}
	if diff := cmp.Diff(want, dataParams(plan.Settings{})); diff != "" {
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

func TestARefusedCredentialStopsTheRun(t *testing.T) {
	for _, code := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		bubble(t, http.StatusText(code), func(t *testing.T) {
			w, _ := existing()
			j := &job{tasks: map[string][]string{"a": {"1"}, "b": {"2"}, "c": {"3"}}, apply: Options{Parallelism: 1}}
			s := w.session()
			p := j.planned(t, s)
			s.refuse = func(op string) error {
				if op == "POST tasks" {
					return status("POST", code, "You do not have permission to perform this action.")
				}
				return nil
			}
			r := j.carryOut(s, p)
			if diff := cmp.Diff(map[string]Outcome{"a": Failed, "b": Stopped, "c": Stopped}, outcomes(r)); diff != "" {
				t.Error(diff)
			}
			if r.NotAllowed == nil || r.Interrupted || r.OK() {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestOneTasksFailureDoesNotStopTheOthers(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		j := &job{tasks: map[string][]string{"a": {"1"}, "b": {"2"}, "c": {"3"}}, apply: Options{Parallelism: 1}}
		w.importError = func(made *worldTask, _ int) string {
			if made.Name == "a" {
				return poisoned
			}
			return ""
		}
		if diff := cmp.Diff(map[string]Outcome{"a": Failed, "b": Done, "c": Done}, outcomes(j.run(t, w.session()))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAPanicInAWorkerIsTheRunsCrash(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		j := &job{tasks: map[string][]string{"a": {"1"}, "b": {"2"}}, apply: Options{Parallelism: 1}}
		j.files = func(name string, frames []string) Images { panic("boom in " + name) }
		r := j.run(t, w.session())
		if !strings.Contains(r.Crash, "boom in a") || !strings.Contains(r.Crash, "outcome_test.go") || r.OK() {
			t.Errorf("%+v", r)
		}
		if diff := cmp.Diff(map[string]Outcome{"a": Stopped, "b": Stopped}, outcomes(r)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStopEndsARunAtTheNextBoundary(t *testing.T) {
	j := one("a", "b")
	for k := 1; k <= requests(t, j)+1; k++ {
		bubble(t, "", func(t *testing.T) {
			w := newWorld()
			s := w.session()
			p := j.planned(t, s)
			planned := s.n
			stop := make(chan struct{})
			stopping := &job{tasks: j.tasks, apply: Options{Stop: stop}}
			s.each = func(string) {
				if s.n == planned+k {
					close(stop)
				}
			}
			r := stopping.carryOut(s, p)
			if s.n < planned+k {
				return // all was done before
			}
			if task := r.Tasks[0]; !r.Interrupted || task.Outcome != Done && (task.Outcome != Stopped || !task.Retryable) {
				t.Errorf("stopped at %d, after %d: %+v", k, s.n-planned, r)
			}
			if s.n > planned+k+6 {
				t.Errorf("%d more requests after the stop: %q", s.n-planned-k, s.log[planned+k:])
			}
			if r := j.run(t, w.session()); !r.OK() {
				t.Errorf("the next run: %+v", r)
			}
			j.whole(t, w)
		})
	}
}

func TestNoWaitLeavesTheImportToTheServerAndTheNextRun(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		j := one("a", "b")
		j.apply.NoWait = true
		if r := only(t, j.run(t, w.session())); r.Outcome != Pending || r.ID == 0 {
			t.Errorf("%+v", r)
		}
		time.Sleep(time.Minute)
		if r := only(t, j.run(t, w.session())); r.Outcome != Done || r.Action != plan.Resume || r.Sent != 0 {
			t.Errorf("%+v", r)
		}
		j.whole(t, w)
	})
}

func TestNothingWaitsForEver(t *testing.T) {
	for name, c := range map[string]struct {
		importTime, limit time.Duration
		outcome           Outcome
	}{
		"long, but within the limit": {50 * time.Minute, time.Hour, Done},
		"stuck":                      {99 * time.Hour, time.Hour, Failed},
	} {
		bubble(t, name, func(t *testing.T) {
			w, _ := existing()
			w.importTime = c.importTime
			j := one("a")
			j.apply.WaitTimeout = c.limit
			s := w.session()
			began := time.Now()
			r := only(t, j.run(t, s))
			if r.Outcome != c.outcome || !r.Retryable && r.Outcome == Failed || time.Since(began) > 2*c.limit {
				t.Errorf("after %s: %+v", time.Since(began), r)
			}
			if s.n > 800 {
				t.Errorf("%d requests", s.n)
			}
		})
	}
}

// A queue that moves is no reason to give up, however long it is.
func TestOtherImportsThatEndAreProgressForThoseInTheQueue(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		w.importTime = 40 * time.Minute
		j := &job{tasks: map[string][]string{"a": {"1"}, "b": {"2"}}, apply: Options{Parallelism: 2}}
		s := w.session()
		s.each = func(op string) {
			if op == "finish" { // the second waits in the queue behind the first
				w.mu.Lock()
				w.importTime += 50 * time.Minute
				w.mu.Unlock()
			}
		}
		j.apply.WaitTimeout = time.Hour
		if r := j.run(t, s); !r.OK() {
			t.Errorf("%+v", r)
		}
	})
}

func TestAnImportWhoseRecordIsGoneIsJudgedByItsTask(t *testing.T) {
	for name, c := range map[string]struct {
		lose func(made *worldTask)
	}{
		"expired, and imported":  {func(made *worldTask) { made.until = time.Now().Add(-501 * time.Second) }},
		"cancelled in the queue": {func(made *worldTask) { made.state = "" }},
	} {
		bubble(t, name, func(t *testing.T) {
			w, _ := existing()
			s := w.session()
			lost := false
			s.each = func(op string) {
				if op == "GET request" && !lost {
					for _, made := range w.tasks {
						if made.state == cvat.StatusQueued {
							lost = true
							c.lose(made)
						}
					}
				}
			}
			j := one("a")
			if r := j.run(t, s); !r.OK() || !lost {
				t.Errorf("%+v", r)
			}
			j.whole(t, w)
		})
	}
}

// memory is a State that outlives the runs of a test.
type memory struct {
	kept   map[string]string
	used   []string
	locked bool
}

type memoryHint struct {
	m   *memory
	key string
}

func (m *memory) Hold(server string, task int, file string) Hint {
	if m.locked {
		return nil
	}
	return &memoryHint{m, file}
}
func (h *memoryHint) Location() string {
	h.m.used = append(h.m.used, h.m.kept[h.key])
	return h.m.kept[h.key]
}
func (h *memoryHint) Keep(l string) { h.m.kept[h.key] = l }
func (h *memoryHint) Forget()       { delete(h.m.kept, h.key) }
func (h *memoryHint) Release()      { h.m.locked = false }

func TestWhereAnUploadStoodIsKeptForTheNextRunAndThenForgotten(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		m := &memory{kept: map[string]string{}}
		j := one("a")
		j.apply.State = m
		broken := true
		j.files = func(_ string, frames []string) Images {
			z := archiveOf(frames...)
			if broken {
				z.read = errors.New("connection reset")
			}
			return Images{Archive: z}
		}
		if r := only(t, j.run(t, w.session())); r.Outcome != Failed || !r.Retryable || len(m.kept) != 1 {
			t.Errorf("%v %+v", m.kept, r)
		}
		broken = false
		if r := only(t, j.run(t, w.session())); r.Outcome != Done || len(m.used) != 2 || m.used[1] == "" || len(m.kept) != 0 {
			t.Errorf("%+v %+v", m, r)
		}
		m.locked = true
		if r := (&job{tasks: map[string][]string{"u": {"x"}}, apply: Options{State: m}}).run(t, w.session()); !r.OK() {
			t.Errorf("while another process has the hint: %+v", r)
		}
	})
}

func TestEventsTellOfEachTaskInOrder(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		var phases []Phase
		var last Event
		j := one("a")
		j.events = func(e Event) {
			if len(phases) == 0 || phases[len(phases)-1] != e.Phase {
				phases = append(phases, e.Phase)
			}
			last = e
		}
		j.run(t, w.session())
		if diff := cmp.Diff([]Phase{Measuring, Creating, Uploading, Importing, Verifying, Finished}, phases); diff != "" {
			t.Error(diff)
		}
		if last.Result == nil || last.Result.Outcome != Done || last.Result.Sent != 1 || last.Result.Duration == 0 {
			t.Errorf("%+v", last.Result)
		}
	})
}

func TestConflictsAndDriftAreLeftAsTheyAre(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, p := existing()
		w.addTask("twice", p, "", "a")
		w.addTask("twice", p, "", "a")
		w.addTask("drifted", p, "", "a", "b")
		j := &job{tasks: map[string][]string{"twice": {"a"}, "drifted": {"a"}}}
		s := w.session()
		plan := j.planned(t, s)
		before := s.n
		r := j.carryOut(s, plan)
		if diff := cmp.Diff(map[string]Outcome{"twice": Refused, "drifted": Left}, outcomes(r)); diff != "" || s.n != before {
			t.Errorf("%d requests, %s", s.n-before, diff)
		}
		if r.OK() {
			t.Error("a conflict is for a person")
		}
	})
}

func TestLabelsThatAnotherRunAddsAtTheSameTimeAreFine(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w := newWorld()
		id := w.addProject("p", "")
		s := w.session()
		j := one("a")
		p := j.planned(t, s)
		s.each = func(op string) {
			if op == "PATCH labels" && len(w.projects[id].labels) == 0 {
				w.projects[id].labels = []cvat.Label{{Name: "apple"}}
			}
		}
		if r := j.carryOut(s, p); !r.OK() || len(w.projects[id].labels) != 1 || len(r.Project.Labels) != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestANewProjectsIdIsHintedAt(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w := newWorld()
		r := one("a").run(t, w.session())
		if !r.Project.Created || r.Project.ID != 1 || len(r.Hints) != 1 || !strings.Contains(r.Hints[0], "id: 1") {
			t.Errorf("%+v", r)
		}
	})
}

func TestWithoutAProjectNoTaskIsBegun(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w := newWorld()
		s := w.session()
		j := one("a")
		p := j.planned(t, s)
		s.refuse = func(op string) error {
			if op == "POST projects" {
				return status("POST", http.StatusBadRequest, "name: too long")
			}
			return nil
		}
		r := j.carryOut(s, p)
		if r.Err == nil || r.Tasks[0].Outcome != Stopped || len(w.tasks) != 0 {
			t.Errorf("%+v", r)
		}
	})
}
