package apply

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

// requests is how many a whole apply of j makes in an empty world, its plan's included.
func requests(t *testing.T, j *job) (n int) {
	bubble(t, "count", func(t *testing.T) {
		w := newWorld()
		s := w.session()
		j.run(t, s)
		j.whole(t, w)
		n = s.n
	})
	return n
}

// try is a run that may die under way, even while it plans.
func (j *job) try(s *session) Result {
	p, err := j.tryPlan(s)
	if err != nil {
		return Result{Err: err}
	}
	return j.carryOut(s, p)
}

// What a run leaves that dies at any request, before or after it is handled, the next
// run finishes, without leave to replace anything.
func TestKilledAtEveryRequestTheNextRunFinishes(t *testing.T) {
	for name, j := range map[string]*job{"natural": one("a", "b"), "predefined": {tasks: map[string][]string{"t": {"b", "a"}}, settings: plan.Settings{SortingMethod: ptr(predefined)}}} {
		total := requests(t, j)
		if total < 12 {
			t.Fatalf("%d requests: that cannot be all", total)
		}
		for k := 1; k <= total; k++ {
			for what, f := range map[string]fault{"before": before, "after": after} {
				bubble(t, fmt.Sprintf("%s %s %d", name, what, k), func(t *testing.T) {
					w := newWorld()
					s := w.session()
					s.faults = at(k, f)
					j.try(s)
					if r := j.run(t, w.session()); !r.OK() {
						t.Errorf("the next run: %+v", r)
					}
					j.whole(t, w)
				})
			}
		}
	}
}

func at(k int, f fault) func(int, string) fault {
	return func(n int, _ string) fault {
		if n == k {
			return f
		}
		return none
	}
}

// A request of a dead run may be handled at any moment of the next one. What it makes
// then is found and removed, by that run or, if it comes after the last look, by a third.
func TestALateRequestOfADeadRunDoesNoHarm(t *testing.T) {
	j := one("a", "b")
	total := requests(t, j)
	for k := 1; k <= total; k++ {
		for wake := 1; wake <= total+6; wake++ {
			bubble(t, fmt.Sprintf("%d at %d", k, wake), func(t *testing.T) {
				w := newWorld()
				s := w.session()
				s.faults = at(k, late)
				j.try(s)
				next := w.session()
				next.wake = wake
				if r := j.run(t, next); !r.OK() {
					t.Errorf("the next run: %+v", r)
				}
				w.wakeLate()
				if r := j.run(t, w.session()); !r.OK() {
					t.Errorf("the third run: %+v", r)
				}
				j.whole(t, w)
			})
		}
	}
}

// An answer that is lost while the process lives is looked up, not repeated blindly.
func TestALostAnswerIsLookedUp(t *testing.T) {
	j := one("a", "b")
	for k := 1; k <= requests(t, j); k++ {
		bubble(t, fmt.Sprint(k), func(t *testing.T) {
			w := newWorld()
			s := w.session()
			writes := []string{"POST", "PATCH", "DELETE", "finish"}
			s.faults = func(n int, op string) fault {
				if n == k && slices.ContainsFunc(writes, func(p string) bool { return strings.HasPrefix(op, p) }) {
					return lostHere
				}
				return none
			}
			if r := j.run(t, s); !r.OK() {
				t.Errorf("%+v", r)
			}
			j.whole(t, w)
		})
	}
}

// Runs at the same time, with requests that take 5 to 10 ms each and creations that have
// an id for a while before they can be seen: one project, each task once, and none fails
// because of the others.
func TestRunsAtOnceMakeEachTaskOnce(t *testing.T) {
	for _, processes := range []int{2, 8} {
		for seed := range uint64(100) {
			bubble(t, fmt.Sprintf("%d processes, seed %d", processes, seed), func(t *testing.T) {
				w := newWorld()
				j := &job{tasks: map[string][]string{"t": {"a", "b"}, "u": {"c"}}}
				results := make([]Result, processes)
				var all sync.WaitGroup
				for i := range processes {
					s := w.session()
					s.jitter = rand.New(rand.NewPCG(seed, uint64(i)))
					if seed%3 == 1 {
						s.user = fmt.Sprint("user ", i)
					}
					if seed%2 == 1 && i == 0 {
						s.hold = func(string) time.Duration { return time.Duration(seed) * 5 * time.Millisecond }
					}
					all.Go(func() { results[i] = j.try(s) })
				}
				all.Wait()
				for i, r := range results {
					if !r.OK() {
						t.Errorf("process %d: %+v", i, r)
					}
				}
				if r := j.run(t, w.session()); !r.OK() {
					t.Errorf("the last run: %+v", r)
				}
				j.whole(t, w)
			})
		}
	}
}
