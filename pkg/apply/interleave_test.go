package apply

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A scenario is what two runs of one job find, and what happens there once the second of
// them is held.
type scenario func(j *job, w *fakeServer, first *session) (end chan Result, then func())

// found: the first run begins only when the second is held.
func found(prepare func(w *fakeServer)) scenario {
	return func(_ *job, w *fakeServer, _ *session) (chan Result, func()) {
		prepare(w)
		return nil, w.reveal
	}
}

// invisible: the first run's creation has its id, the lower one, before the second run begins,
// and can be seen only once that is held.
func invisible(what string) scenario {
	return func(j *job, _ *fakeServer, first *session) (chan Result, func()) {
		at := newStop()
		first.hold = func(op string) time.Duration {
			if op == what {
				at.stay()
				first.hold = func(string) time.Duration { return 0 }
			}
			return 0
		}
		return j.begin(first, at), func() { close(at.released) }
	}
}

var scenarios = map[string]scenario{
	"nothing":                  found(func(*fakeServer) {}),
	"a project":                found(func(w *fakeServer) { w.labelled("") }),
	"a leftover project":       found(func(w *fakeServer) { w.labelled(plan.ProjectMarker) }),
	"two leftover projects":    found(func(w *fakeServer) { w.labelled(plan.ProjectMarker); w.labelled(plan.ProjectMarker) }),
	"a project and a leftover": found(func(w *fakeServer) { w.labelled(plan.ProjectMarker); w.labelled("") }),
	"a leftover project, another visible later": found(func(w *fakeServer) {
		w.labelled(plan.ProjectMarker).hidden = true
		w.labelled(plan.ProjectMarker)
	}),
	"an empty task of ours": found(func(w *fakeServer) { w.addTask("t", w.labelled("").id, marker("a", "b")) }),
	"two empty tasks of ours": found(func(w *fakeServer) {
		id := w.labelled("").id
		w.addTask("t", id, marker("a", "b"))
		w.addTask("t", id, marker("a", "b"))
	}),
	"an unverified task":                found(func(w *fakeServer) { w.addTask("t", w.labelled("").id, marker("a", "b"), "a", "b") }),
	"a project that is hidden at first": invisible("project"),
	"a task that is hidden at first":    invisible("task"),
}

func (w *fakeServer) labelled(tracker string) *fakeProject {
	p := w.projects[w.addProject("p", tracker)]
	p.labels = []cvat.Label{{Name: "apple"}}
	return p
}

func (w *fakeServer) reveal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.projects {
		p.hidden = false
	}
}

// Two runs at once: one of them is held before its i-th request while the other goes
// on to its k-th; then the one goes on to its end, and then the other. So it is for every i
// and k, those of their plans included: GETs are no snapshot. Neither fails because of the
// other, and all is there once. With -short, an eighth of the pairs.
func TestTwoRunsAtEachPairOfTheirRequests(t *testing.T) {
	j := one("a", "b")
	total := requests(t, j, true) + 6
	for name, m := range scenarios {
		for _, ways := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
			t.Run(fmt.Sprintf("%s, %s and %s", name, wayOf(ways[0]), wayOf(ways[1])), func(t *testing.T) {
				t.Parallel()
				for i := 1; i <= total; i++ {
					for k := 1; k <= total; k++ {
						if leftOut(i, k) {
							continue
						}
						bubble(t, fmt.Sprintf("%d and %d", k, i), func(t *testing.T) { j.play(t, m, ways, i, k) })
					}
				}
			})
		}
	}
}

// wayOf names how a session's archives travel.
func wayOf(inPieces bool) string {
	if inPieces {
		return "pieces"
	}
	return "one request"
}

func (j *job) play(t *testing.T, m scenario, inPieces [2]bool, i, k int) {
	w := newFakeServer()
	first, second := w.session(), w.session()
	first.inPieces, second.inPieces = inPieces[0], inPieces[1]
	firstEnd, then := m(j, w, first)
	secondAt := second.stopAt(i)
	secondEnd := j.begin(second, secondAt)
	firstAt := first.stopAt(first.n + k) // it is stopped, or has not begun
	then()
	if firstEnd == nil {
		firstEnd = j.begin(first, firstAt)
	} else {
		proceed(firstAt, firstEnd)
	}
	close(secondAt.released)
	results := []Result{<-secondEnd}
	close(firstAt.released)
	results = append(results, <-firstEnd)
	if second.delayed(i) && (w.twice("t") || len(w.violations) > 0) {
		return // the windows that docs/reliability.md states
	}
	for _, r := range append(results, j.run(t, w.session())) {
		if !r.OK() {
			t.Errorf("%+v\nfirst %q\nsecond %q", r, first.log, second.log)
		}
	}
	j.whole(t, w)
}

// delayed: its Upload-Finish, or its one request for all, was, or the reading right before it.
func (s *session) delayed(k int) bool {
	finish := slices.IndexFunc(s.log, func(op string) bool { return op == "finish" || op == "import" }) + 1
	return finish > 0 && (k == finish || k == finish-1)
}

func (w *fakeServer) twice(name string) bool {
	n := 0
	for _, t := range w.tasks {
		if t.Name == name && t.Size > 0 {
			n++
		}
	}
	return n > 1
}

// A stop is where a session is held.
type stop struct{ reached, released chan struct{} }

func newStop() stop { return stop{make(chan struct{}), make(chan struct{})} }

func (s stop) stay() {
	close(s.reached)
	<-s.released
}

// stopAt lets the session stand still before its k-th request.
func (s *session) stopAt(k int) stop {
	at := newStop()
	s.each = func(string) {
		if s.n == k {
			at.stay()
		}
	}
	return at
}

// begin runs j until it is held or is over.
func (j *job) begin(s *session, at stop) chan Result {
	end := make(chan Result, 1)
	go func() { end <- j.try(s) }()
	proceed(at, end)
	return end
}

func proceed(at stop, end chan Result) {
	select {
	case <-at.reached:
	case r := <-end:
		end <- r
	}
	synctest.Wait()
}

// leftOut says which pairs of a long table -short leaves out: seven of eight, so that of each row and column some stay.
func leftOut(i, k int) bool { return testing.Short() && (i+2*k)%8 != 0 }

// seeds is how many random orders are tried: all, or with -short the first ones.
func seeds(all uint64) uint64 {
	if testing.Short() {
		return 12
	}
	return all
}
