package apply

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

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
	for name, upload := range map[string]func(c *fakeTask){
		"nothing sent": func(*fakeTask) {},
		"being sent":   func(c *fakeTask) { c.Data = &c.ID },
		"being imported": func(c *fakeTask) {
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
		action  diag.Code
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

// Or faster than the look before the creation is old: then this run's own task goes again.
func TestATaskThatAppearsBeforeTheCreationTakesItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		frames  []string
		outcome Outcome
	}{
		"complete": {[]string{"a", "b"}, Done},
		"other":    {[]string{"x"}, Left},
		"empty":    {nil, Refused},
	} {
		bubble(t, name, func(t *testing.T) {
			w, project := existing()
			s := w.session()
			s.each = func(op string) {
				if op == "POST tasks" {
					w.addTask("t", project, "", c.frames...)
				}
			}
			r := only(t, one("a", "b").run(t, s))
			if r.Outcome != c.outcome || len(w.tasks) != 1 || len(w.violations) > 0 {
				t.Errorf("%d tasks, %+v %v", len(w.tasks), r, w.violations)
			}
		})
	}
}

func TestANameThatTurnsUpInAnotherProjectIsCreatedInThisOne(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		s := w.session()
		j := one("a")
		p := j.planned(t, s)
		w.addTask("t", w.addProject("other", ""), "", "a")
		if r := only(t, j.carryOut(s, p)); r.Outcome != Done || len(w.tasks) != 2 {
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
				if (op == "upload .zip" || op == "import") && deleted < c.times {
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
