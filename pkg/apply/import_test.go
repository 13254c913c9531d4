package apply

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func TestAFailedImportIsTriedOnceMoreWithTheArchiveSentAgain(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		w.importError = func(_ *fakeTask, attempt int) string {
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
		uploads := slices.DeleteFunc(s.log, func(op string) bool { return op != "upload .zip" && op != "import" })
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
		"perhaps retryable": {killed, 2, true, plan.Resume},
		"permanent failure": {poisoned, 1, false, plan.Replace},
	} {
		bubble(t, name, func(t *testing.T) {
			w, _ := existing()
			attempts := 0
			w.importError = func(_ *fakeTask, n int) string { attempts = n; return c.message }
			j := one("a", "b")
			r := only(t, j.run(t, w.session()))
			if r.Outcome != Failed || r.Retryable != c.retryable || attempts != c.attempts || r.ID == 0 || r.URL == "" {
				t.Errorf("%d attempts, %+v", attempts, r)
			}
			if !strings.Contains(r.Err.Error(), strings.TrimSpace(c.message)) || !strings.Contains(advice.Words(r.Reason.Hint), "--replace-empty") {
				t.Errorf("error %v, hint %q", r.Err, advice.Words(r.Reason.Hint))
			}
			if p := j.planned(t, w.session()); p.Changes[0].Action != c.next {
				t.Errorf("the next plan says %s: %s", p.Changes[0].Action, p.Changes[0].Reason.Text)
			}
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
		lose func(made *fakeTask)
	}{
		"expired, and imported":  {func(made *fakeTask) { made.until = time.Now().Add(-501 * time.Second) }},
		"cancelled in the queue": {func(made *fakeTask) { made.state = "" }},
	} {
		bubble(t, name, func(t *testing.T) {
			w, _ := existing()
			w.importTime = 10 * time.Second // so long that its record is read
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
