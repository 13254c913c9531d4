package apply

import (
	"fmt"
	"slices"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const vanished = "rest_framework.exceptions.NotFound: The file 'b' not found on the cloud storage 'lab'\n"

func TestServedFilesAreNamedOnceInTheirOrder(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w := newFakeServer()
		s := w.session()
		j := oneServed("b", "a")
		r := only(t, j.run(t, s))
		if r.Outcome != Done || r.Sent != 0 {
			t.Errorf("%+v", r)
		}
		made := w.tasks[r.ID]
		if p := made.params; p.SortingMethod != predefined || !p.UseCache || *p.CloudStorageID != bucket.Storage || !slices.Equal(p.ServerFiles, []string{"b", "a"}) {
			t.Errorf("%+v", p)
		}
		j.whole(t, w)
	})
}

// CVAT takes no name twice: a retry that names the files is a 500, for good.
func TestAFailedImportOfServedFilesStartsAgainWithoutThem(t *testing.T) {
	for name, failures := range map[string]int{"in the same run": 1, "in the next run": maxFailures} {
		bubble(t, name, func(t *testing.T) {
			w := newFakeServer()
			w.importError = func(_ *fakeTask, attempt int) string {
				if attempt <= failures {
					return vanished
				}
				return ""
			}
			j := oneServed("a", "b")
			s := w.session()
			if first := only(t, j.run(t, s)); failures == maxFailures && (first.Outcome != Failed || !first.Retryable) {
				t.Errorf("%+v", first)
			}
			next := w.session()
			if r := j.run(t, next); !r.OK() {
				t.Errorf("%+v %q", r, next.log)
			}
			if n := len(slices.DeleteFunc(append(s.log, next.log...), func(op string) bool { return op != "import" })); n != 1 {
				t.Errorf("the files were named %d times", n)
			}
			j.whole(t, w)
		})
	}
}

// An image that is repaired in the storage makes the import well again: nothing of it was taken in.
func TestABrokenServedImageIsResumedOnceItIsRepaired(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w := newFakeServer()
		broken := true
		w.importError = func(*fakeTask, int) string {
			if broken {
				return poisoned
			}
			return ""
		}
		j := oneServed("a", "b")
		if r := only(t, j.run(t, w.session())); r.Outcome != Failed || r.Retryable {
			t.Errorf("%+v", r)
		}
		if c := j.planned(t, w.session()).Changes[0]; c.Action != plan.Resume {
			t.Errorf("%s: %s", c.Action, c.Reason.Text)
		}
		broken = false
		if r := j.run(t, w.session()); !r.OK() {
			t.Errorf("%+v", r)
		}
		j.whole(t, w)
	})
}

func TestAChangedListOfAnUnfinishedTaskIsReplaced(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, id := existing()
		begun := w.addTask("t", id, oneServed("a", "b").mark())
		begun.served, begun.Data, begun.state, begun.message, begun.user = []string{"a", "b"}, &begun.ID, cvat.StatusFailed, vanished, "ann"
		j := oneServed("a", "c")
		if r := only(t, j.run(t, w.session())); r.Outcome != Refused || r.Action != plan.Replace {
			t.Errorf("without leave: %+v", r)
		}
		j.plan.ReplaceEmpty = true
		if r := j.run(t, w.session()); !r.OK() {
			t.Errorf("%+v", r)
		}
		j.whole(t, w)
	})
}

// Two runs at each pair of their requests, as for archives: the files are named once only.
func TestTwoRunsOfServedFilesAtEachPairOfTheirRequests(t *testing.T) {
	j := oneServed("a", "b")
	total := requests(t, j, false) + 6
	for name, prepare := range map[string]func(w *fakeServer){
		"nothing":       func(*fakeServer) {},
		"an empty task": func(w *fakeServer) { w.addTask("t", w.labelled("").id, j.mark()) },
		"two empty tasks": func(w *fakeServer) {
			id := w.labelled("").id
			w.addTask("t", id, j.mark())
			w.addTask("t", id, j.mark())
		},
	} {
		for i := 1; i <= total; i++ {
			for k := 1; k <= total; k++ {
				if leftOut(i, k) {
					continue
				}
				bubble(t, fmt.Sprintf("%s, %d and %d", name, k, i), func(t *testing.T) { j.play(t, found(prepare), [2]bool{}, i, k) })
			}
		}
	}
}
