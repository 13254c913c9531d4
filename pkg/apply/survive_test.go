package apply

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// requests is how many a whole apply of j makes on an empty server, its plan's included.
func requests(t *testing.T, j *job, inPieces bool) (n int) {
	bubble(t, "count", func(t *testing.T) {
		w := newFakeServer()
		s := w.session()
		s.inPieces = inPieces
		j.run(t, s)
		j.whole(t, w)
		n = s.n
	})
	return n
}

// try is a run that may die under way, even while it plans. It relies on what the plan has just seen, as the
// program does; run looks again, as with a plan that is old.
func (j *job) try(s *session) Result {
	s.observed = time.Now()
	p, err := j.tryPlan(s)
	if err != nil {
		return Result{Err: err}
	}
	return j.carryOut(s, p)
}

// What a run leaves that dies at any request, before or after it is handled, the next
// run finishes, without leave to replace anything.
func TestKilledAtEveryRequestTheNextRunFinishes(t *testing.T) {
	for name, j := range map[string]*job{"served": oneServed("a", "b"), "context": oneWithContext(), "natural": one("a", "b"), "predefined": {tasks: map[string][]string{"t": {"b", "a"}}, settings: manifest.Settings{SortingMethod: ptr(predefined)}}} {
		for _, inPieces := range []bool{false, true} {
			total := requests(t, j, inPieces)
			if total < 12 {
				t.Fatalf("%d requests: that cannot be all", total)
			}
			for k := 1; k <= total; k++ {
				for what, f := range map[string]fault{"before": before, "after": after} {
					bubble(t, fmt.Sprintf("%s in %s, %s %d", name, wayOf(inPieces), what, k), func(t *testing.T) { j.dieAt(t, inPieces, k, f) })
				}
			}
		}
	}
}

func (j *job) dieAt(t *testing.T, inPieces bool, k int, f fault) {
	w := newFakeServer()
	s := w.session()
	s.faults, s.inPieces = at(k, f), inPieces
	j.try(s)
	if r := j.run(t, w.session()); !r.OK() {
		t.Errorf("the next run: %+v", r)
	}
	j.whole(t, w)
}

// A way is one for frames to get to the server.
type way struct {
	name     string
	job      *job
	inPieces bool
}

// oneWithContext is a task one of whose frames has two context images, so that its import is compared with them.
func oneWithContext() *job {
	j := one("a", "b")
	j.context = []string{"a", "a"}
	return j
}

func ways() []way {
	return []way{{"one request", one("a", "b"), false}, {"pieces", oneWithContext(), true}, {"names", oneServed("a", "b"), false}}
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
	for _, w := range ways() {
		total := requests(t, w.job, w.inPieces)
		for k := 1; k <= total; k++ {
			for wake := 1; wake <= total+6; wake++ {
				if leftOut(k, wake) {
					continue
				}
				bubble(t, fmt.Sprintf("%d of %s at %d", k, w.name, wake), func(t *testing.T) { w.job.comeLate(t, w.inPieces, k, wake) })
			}
		}
	}
}

func (j *job) comeLate(t *testing.T, inPieces bool, k, wake int) {
	w := newFakeServer()
	s := w.session()
	s.faults, s.inPieces = at(k, late), inPieces
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
}

// An answer that is lost while the process lives is looked up, not repeated blindly.
func TestALostAnswerIsLookedUp(t *testing.T) {
	for _, w := range ways() {
		for k := 1; k <= requests(t, w.job, w.inPieces); k++ {
			for what, f := range map[string]fault{"handled": lostHere, "not handled": neverCame, "handled late": lateHere} {
				bubble(t, fmt.Sprintf("%d of %s, %s", k, w.name, what), func(t *testing.T) { w.job.loseAnswer(t, w.inPieces, k, f) })
			}
		}
	}
}

func (j *job) loseAnswer(t *testing.T, inPieces bool, k int, f fault) {
	for wake := k + 1; wake <= k+8; wake++ { // where in the run a late request is handled
		w := newFakeServer()
		s := w.session()
		s.inPieces, s.wake = inPieces, wake
		writes := []string{"POST", "PATCH", "DELETE", "finish", "import"}
		s.faults = func(n int, op string) fault {
			if n == k && slices.ContainsFunc(writes, func(p string) bool { return strings.HasPrefix(op, p) }) {
				return f
			}
			return none
		}
		if r := j.run(t, s); !r.OK() {
			t.Errorf("woken at %d: %+v\n%q", wake, r, s.log)
		}
		w.wakeLate()
		if r := j.run(t, w.session()); !r.OK() {
			t.Errorf("woken at %d, the next run: %+v", wake, r)
		}
		j.whole(t, w)
		if f != lateHere {
			return
		}
	}
}

// Runs at the same time, with requests that take 5 to 10 ms each and creations that have
// an id for a while before they can be seen: one project, each task once, and none fails
// because of the others.
func TestRunsAtOnceMakeEachTaskOnce(t *testing.T) {
	for _, processes := range []int{2, 8} {
		for seed := range seeds(100) {
			bubble(t, fmt.Sprintf("%d processes, seed %d", processes, seed), func(t *testing.T) {
				w := newFakeServer()
				j := &job{tasks: map[string][]string{"t": {"a", "b"}, "u": {"c"}}}
				results := make([]Result, processes)
				var all sync.WaitGroup
				for i := range processes {
					s := w.session()
					s.jitter = rand.New(rand.NewPCG(seed, uint64(i)))
					s.inPieces = (int(seed)+i)%3 == 0
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
