package apply

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/prediction"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// compareGiven compares finished tasks, as planning does, where the job says that what they lack is added.
func (j *job) compareGiven(s *session, tasks []plan.Task) error {
	if !slices.Contains(j.plan.Update, "annotations") {
		return nil
	}
	for i, t := range tasks {
		if t.Size == 0 || t.BugTracker != "" {
			continue
		}
		jobs, err := s.Jobs(s.ctx, cvat.JobFilter{TaskID: t.ID})
		if err != nil {
			return err
		}
		have, err := s.Annotations(s.ctx, t.ID)
		if err != nil {
			return err
		}
		missing, repeated := prediction.Compare(j.predicted, have.Shapes)
		tasks[i].Given = &plan.Given{Before: len(j.predicted) - len(missing) + len(repeated), After: len(j.predicted)}
		if prediction.Worked(have, jobs) {
			tasks[i].Given = &plan.Given{Worked: true}
		}
	}
	return nil
}

// lacking is a finished task that holds one of five predictions, and the job that adds the others.
func lacking() (*fakeServer, *job, *fakeTask) {
	w, p := existing()
	j := predicting()
	j.plan.Update = []string{"annotations"}
	made := w.addTask("t", p, "", "a", "b")
	made.shapes = []cvat.Shape{w.numbered(j.predicted[3])}
	return w, j, made
}

func TestAFinishedTaskIsGivenWhatItLacks(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, j, made := lacking()
		s := w.session()
		p := j.planned(t, s)
		if diff := cmp.Diff([]plan.FieldChange{{Key: "annotations", Before: "1", After: "5"}}, p.Changes[0].Updates); diff != "" {
			t.Fatal(diff)
		}
		kept := made.shapes[0].ID
		if r := only(t, j.carryOut(s, p)); r.Outcome != Done || len(r.Warnings) > 0 {
			t.Errorf("%+v", r)
		}
		j.once(t, w)
		if made.shapes[0].ID != kept {
			t.Error("what was there was put again")
		}
	})
}

func TestKilledWhileItAddsWhatATaskLacksTheNextRunAddsTheRest(t *testing.T) {
	total := 0
	bubble(t, "count", func(t *testing.T) {
		w, j, _ := lacking()
		s := w.session()
		j.run(t, s)
		total = s.n
	})
	if total < 12 {
		t.Fatalf("%d requests: that cannot be all", total)
	}
	for k := 1; k <= total; k++ {
		for what, f := range map[string]fault{"before": before, "after": after, "late": late} {
			bubble(t, fmt.Sprint(what, " ", k), func(t *testing.T) {
				w, j, _ := lacking()
				s := w.session()
				s.faults = at(k, f)
				j.try(s)
				for range 2 { // the second takes away what a late request has put twice
					if r := j.run(t, w.session()); !r.OK() {
						t.Errorf("the next run: %+v", r)
					}
					w.wakeLate()
				}
				if r := j.run(t, w.session()); !r.OK() {
					t.Errorf("the last run: %+v", r)
				}
				j.once(t, w)
			})
		}
	}
}

func TestALostAnswerAddsNothingTwice(t *testing.T) {
	for k := range 20 {
		for what, f := range map[string]fault{"handled": lostHere, "not handled": neverCame, "handled late": lateHere} {
			bubble(t, fmt.Sprint(what, " ", k), func(t *testing.T) {
				w, j, _ := lacking()
				s := w.session()
				s.wake = k + 3
				s.faults = func(n int, op string) fault {
					if n == k && strings.HasPrefix(op, "PATCH annotations") {
						return f
					}
					return none
				}
				if r := j.run(t, s); !r.OK() {
					t.Errorf("%+v", r)
				}
				j.once(t, w)
			})
		}
	}
}

func TestRunsAtOnceAddEachPredictionOnce(t *testing.T) {
	for seed := range uint64(40) {
		bubble(t, fmt.Sprint("seed ", seed), func(t *testing.T) {
			w, j, _ := lacking()
			var all sync.WaitGroup
			results := make([]Result, 8)
			for i := range results {
				s := w.session()
				s.jitter = rand.New(rand.NewPCG(seed, uint64(i)))
				all.Go(func() { results[i] = j.try(s) })
			}
			all.Wait()
			for i, r := range results {
				if !r.OK() {
					t.Errorf("process %d: %+v", i, r)
				}
			}
			j.once(t, w)
		})
	}
}

// Once somebody has begun to work, nothing more is added; what was drawn stays.
func TestATaskInWhichSomebodyWorksIsLeft(t *testing.T) {
	hers := box(1, 50, "manual")
	for k := 1; k <= 16; k++ {
		bubble(t, fmt.Sprint(k), func(t *testing.T) {
			w, j, made := lacking()
			s := w.session()
			before := 0
			s.each = func(string) {
				if s.n == k {
					w.mu.Lock()
					defer w.mu.Unlock()
					made.shapes = append(made.shapes, w.numbered(hers))
					before = len(made.shapes)
				}
			}
			r := only(t, j.run(t, s))
			drawn := w.drawn()
			if before > 0 && !slices.Contains(drawn, "manual1 50") || len(drawn) > before+j.apply.batch {
				t.Errorf("%q, %d were there: %+v", drawn, before, r)
			}
			next := j.planned(t, w.session())
			if before > 0 && (next.Changes[0].Action != plan.NoOp || len(next.Notes) != 1 || next.Notes[0].Text != "annotations: people have worked in 1 task: t; left alone") {
				t.Errorf("%+v", next)
			}
		})
	}
}
