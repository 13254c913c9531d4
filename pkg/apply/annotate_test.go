package apply

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

func box(frame int, at float64, source string) cvat.Shape {
	return cvat.Shape{Frame: frame, LabelID: 1, Type: "rectangle", Source: source, Points: []float64{at, at, at + 1, at + 2}}
}

// predicting is a job whose task is given five shapes, in batches of two.
func predicting() *job {
	j := one("a", "b")
	for i := range 5 {
		j.predicted = append(j.predicted, box(i%2, float64(i), "auto"))
	}
	j.apply.batch = 2
	return j
}

// drawn are the shapes of all tasks, as "source frame x".
func (w *fakeServer) drawn() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := []string{}
	for _, t := range w.tasks {
		for _, s := range t.shapes {
			all = append(all, fmt.Sprint(s.Source, s.Frame, s.Points[0]))
		}
	}
	slices.Sort(all)
	return all
}

// once fails unless each prediction is there once, in addition to what a person drew.
func (j *job) once(t *testing.T, w *fakeServer, drawn ...cvat.Shape) {
	t.Helper()
	var want []string
	for _, s := range append(slices.Clone(j.predicted), drawn...) {
		want = append(want, fmt.Sprint(s.Source, s.Frame, s.Points[0]))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, w.drawn()); diff != "" {
		t.Errorf("shapes (-want +got):\n%s", diff)
	}
	j.whole(t, w)
}

func TestATaskIsGivenItsPredictionsOnce(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		j := predicting()
		s := w.session()
		if r := only(t, j.run(t, s)); r.Outcome != Done || len(r.Warnings) > 0 {
			t.Errorf("%+v", r)
		}
		j.once(t, w)
		n := s.n
		if r := j.run(t, s); !r.OK() || slices.Contains(s.log[n:], "GET annotations") {
			t.Errorf("a second apply: %q", s.log[n:])
		}
		j.once(t, w)
	})
}

// What a run leaves that dies at any request, the next one finishes: each prediction once.
func TestKilledWhileItPutsPredictionsTheNextRunPutsEachOnce(t *testing.T) {
	j := predicting()
	for _, inPieces := range []bool{false, true} {
		total := requests(t, j, inPieces)
		for k := 1; k <= total; k++ {
			for what, f := range map[string]fault{"before": before, "after": after} {
				bubble(t, fmt.Sprintf("%s %d of %s", what, k, wayOf(inPieces)), func(t *testing.T) {
					w := newFakeServer()
					s := w.session()
					s.faults, s.inPieces = at(k, f), inPieces
					j.try(s)
					if r := j.run(t, w.session()); !r.OK() {
						t.Errorf("the next run: %+v", r)
					}
					j.once(t, w)
				})
			}
		}
	}
}

// A request of a dead run may be handled at any moment of the next one, which waits for it, and reads again once it has
// cleared the marker. After that is the window that docs/reliability.md states.
func TestALateRequestOfADeadRunPutsNothingTwice(t *testing.T) {
	j := predicting()
	total := requests(t, j, false)
	for k := 1; k <= total; k++ {
		for wake := 1; wake <= total+12; wake++ {
			if leftOut(k, wake) {
				continue
			}
			bubble(t, fmt.Sprintf("%d at %d", k, wake), func(t *testing.T) {
				w := newFakeServer()
				s := w.session()
				s.faults = at(k, late)
				j.try(s)
				next := w.session()
				next.wake = wake
				if r := j.run(t, next); !r.OK() {
					t.Errorf("the next run: %+v", r)
				}
				if w.late != nil && strings.Contains(s.log[len(s.log)-1], "annotations create") {
					return // the window
				}
				w.wakeLate()
				if r := j.run(t, w.session()); !r.OK() {
					t.Errorf("the third run: %+v", r)
				}
				j.once(t, w)
			})
		}
	}
}

// An answer that is lost while the process lives is looked up: the batch may be there, or come later.
func TestALostAnswerPutsNothingTwice(t *testing.T) {
	j := predicting()
	total := requests(t, j, false)
	for k := 1; k <= total; k++ {
		for what, f := range map[string]fault{"handled": lostHere, "not handled": neverCame, "handled late": lateHere} {
			for wake := k + 1; wake <= k+4; wake++ {
				bubble(t, fmt.Sprintf("%d, %s, %d", k, what, wake), func(t *testing.T) {
					w := newFakeServer()
					s := w.session()
					s.wake = wake
					s.faults = func(n int, op string) fault {
						if n == k && strings.HasPrefix(op, "PATCH annotations") {
							return f
						}
						return none
					}
					if r := j.run(t, s); !r.OK() {
						t.Errorf("%+v\n%q", r, s.log)
					}
					j.once(t, w)
				})
			}
		}
	}
}

// Eight runs at once, of which some are new and one may die at any moment.
func TestRunsAtOncePutEachPredictionOnce(t *testing.T) {
	for seed := range seeds(60) {
		bubble(t, fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newFakeServer()
			j := predicting()
			var all sync.WaitGroup
			results := make([]Result, 8)
			for i := range results {
				s := w.session()
				s.jitter = rand.New(rand.NewPCG(seed, uint64(i)))
				if i == 0 && seed%2 == 1 {
					s.faults = at(int(seed), after)
				}
				all.Go(func() { results[i] = j.try(s) })
			}
			all.Wait()
			for i, r := range results {
				if !r.OK() && !(i == 0 && seed%2 == 1) {
					t.Errorf("process %d: %+v", i, r)
				}
			}
			if r := j.run(t, w.session()); !r.OK() {
				t.Errorf("the last run: %+v", r)
			}
			j.once(t, w)
		})
	}
}

// Two runs that go on with the task of a dead one, at each pair of their requests.
func TestTwoRunsGoOnWithPredictionsAtEachPairOfTheirRequests(t *testing.T) {
	j := predicting()
	for i := 1; i <= 26; i++ {
		for k := 1; k <= 26; k++ {
			if leftOut(i, k) {
				continue
			}
			bubble(t, fmt.Sprintf("%d and %d", i, k), func(t *testing.T) {
				w, p := existing()
				w.addTask("t", p, marker("a", "b"), "a", "b")
				first, second := w.session(), w.session()
				secondAt := second.stopAt(i)
				secondEnd := j.begin(second, secondAt)
				firstAt := first.stopAt(k)
				firstEnd := j.begin(first, firstAt)
				close(secondAt.released)
				results := []Result{<-secondEnd}
				close(firstAt.released)
				for _, r := range append(results, <-firstEnd) {
					if !r.OK() {
						t.Errorf("%+v\nfirst %q\nsecond %q", r, first.log, second.log)
					}
				}
				j.once(t, w)
			})
		}
	}
}

// What a person draws while the run is under way stays, and so does what a person does to predictions: one that was
// deleted, or changed, is not put again.
func TestAPersonsWorkStaysWhateverIsUnderWay(t *testing.T) {
	j := predicting()
	hers := box(1, 50, "manual")
	total := requests(t, j, false)
	for k := 1; k <= total; k++ {
		for _, killed := range []bool{false, true} {
			bubble(t, fmt.Sprint(k, killed), func(t *testing.T) {
				w := newFakeServer()
				s := w.session()
				drew := false
				s.each = func(string) {
					w.mu.Lock()
					defer w.mu.Unlock()
					for _, made := range w.tasks {
						if s.n == k && made.Size > 0 {
							made.shapes, drew = append(made.shapes, w.numbered(hers)), true
						}
					}
				}
				if killed {
					s.faults = at(k, after)
				}
				j.try(s)
				if r := j.run(t, w.session()); !r.OK() {
					t.Errorf("%+v", r)
				}
				if drew {
					j.once(t, w, hers)
				} else {
					j.once(t, w)
				}
			})
		}
	}
}

func TestAPredictionThatAPersonDeletedIsNotPutAgain(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, p := existing()
		j := predicting()
		made := w.addTask("t", p, marker("a", "b"), "a", "b")
		made.shapes = []cvat.Shape{w.numbered(j.predicted[0]), w.numbered(j.predicted[2])} // of the other two batches each one is gone
		if r := only(t, j.run(t, w.session())); r.Outcome != Done {
			t.Errorf("%+v", r)
		}
		want := []string{"auto0 0", "auto0 2", "auto0 4"}
		if diff := cmp.Diff(want, w.drawn()); diff != "" {
			t.Error(diff)
		}
	})
}

// Shapes of another file are in the task of a run that died: nothing is added to them.
func TestPredictionsThatChangedUnderWayAreNotAddedToTheOldOnes(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, p := existing()
		j := predicting()
		made := w.addTask("t", p, marker("a", "b"), "a", "b")
		made.shapes = []cvat.Shape{w.numbered(box(0, 99, "auto"))}
		r := only(t, j.run(t, w.session()))
		want := []string{"task 2 has 1 shape of source auto that are not in predictions.json: no others were added"}
		if diff := cmp.Diff(want, r.Warnings); diff != "" || r.Outcome != Done {
			t.Errorf("%+v\n%s", r, diff)
		}
		if diff := cmp.Diff([]string{"auto0 99"}, w.drawn()); diff != "" {
			t.Error(diff)
		}
	})
}
