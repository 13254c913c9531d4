package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

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
		w.importError = func(made *fakeTask, _ int) string {
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
		if !strings.Contains(r.Crash.Error(), "boom in a") || !strings.Contains(r.Crash.Error(), "run_test.go") || r.OK() {
			t.Errorf("%+v", r)
		}
		if diff := cmp.Diff(map[string]Outcome{"a": Stopped, "b": Stopped}, outcomes(r)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStopEndsARunAtTheNextBoundary(t *testing.T) {
	j := one("a", "b")
	for k := 1; k <= requests(t, j, false)+1; k++ {
		bubble(t, "", func(t *testing.T) {
			w := newFakeServer()
			s := w.session()
			p := j.planned(t, s)
			planned := s.n
			until, stop := context.WithCancel(context.Background())
			defer stop()
			stopping := &job{tasks: j.tasks, apply: Options{Until: until}}
			s.each = func(string) {
				if s.n == planned+k {
					stop()
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

func (m *memory) Lock(server string, task int, file string) Hint {
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
		s := w.session()
		s.inPieces = true
		if r := only(t, j.run(t, s)); r.Outcome != Failed || !r.Retryable || len(m.kept) != 1 {
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

func TestLabelsThatAnotherRunAddsAtTheSameTimeAreFine(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w := newFakeServer()
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
		w := newFakeServer()
		r := one("a").run(t, w.session())
		if !r.Project.Created || r.Project.ID != 1 || len(r.Hints) != 1 || !strings.Contains(advice.Words(r.Hints[0]), "id: 1") {
			t.Errorf("%+v", r)
		}
	})
}

func TestWithoutAProjectNoTaskIsBegun(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w := newFakeServer()
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

// A colleague who renames a task while a run makes it, or moves it to another project: the run reads it once by its id, says
// what was done, and ends. It creates no second one.
func TestATaskThatIsTakenUnderWayEndsItsRunAtOnce(t *testing.T) {
	t.Run("renamed", func(t *testing.T) {
		takenUnderWay(t, func(task *cvat.Task) { task.Name = "mine" }, `task %d was renamed from "t" to "mine"`)
	})
	t.Run("moved", func(t *testing.T) {
		elsewhere := 4711
		takenUnderWay(t, func(task *cvat.Task) { task.ProjectID = &elsewhere }, `task %d was moved out of project 1 into project 4711`)
	})
	t.Run("moved out", func(t *testing.T) {
		takenUnderWay(t, func(task *cvat.Task) { task.ProjectID = nil }, `task %d was moved out of project 1 into no project`)
	})
}

func takenUnderWay(t *testing.T, take func(*cvat.Task), says string) {
	t.Helper()
	j := one("a", "b")
	refused := 0
	for _, beforehand := range []bool{false, true} { // whether an earlier run created it
		for k := 1; k <= requests(t, j, true)+1; k++ {
			bubble(t, fmt.Sprint(beforehand, " ", k), func(t *testing.T) {
				w := newFakeServer()
				if beforehand {
					w.addTask("t", w.labelled("").id, marker("a", "b"))
				}
				s := w.session()
				s.inPieces = true
				p := j.planned(t, s)
				planned, taken := s.n, 0
				s.each = func(string) {
					for _, task := range w.tasks {
						if s.n >= planned+k && taken == 0 {
							take(&task.Task)
							taken = s.n
						}
					}
				}
				began := time.Now()
				w.importTime = time.Hour
				r := j.carryOut(s, p)
				if taken == 0 {
					return // all was done before
				}
				ids := slices.Collect(maps.Keys(w.tasks))
				if r.Tasks[0].Outcome == Refused {
					refused++
				}
				task := r.Tasks[0]
				refused := task.Outcome == Refused && task.ID == ids[0] && strings.Contains(task.Reason.Text, fmt.Sprintf(says, ids[0]))
				if len(ids) != 1 || !refused && task.Outcome != Done {
					t.Errorf("tasks %d, and %+v", ids, task)
				}
				if n := s.n - taken; n > 12 || time.Since(began) > time.Minute {
					t.Errorf("taken at %d: %d more requests, %s: %q", k, n, time.Since(began), s.log[taken:])
				}
			})
		}
	}
	if refused < 10 {
		t.Errorf("%d runs noticed", refused)
	}
}

// CVAT refuses to create a task while another import holds the project (409 after 10 s): a long import fails nothing.
func TestACreationThatIsRefusedWhileAnImportRunsIsMadeAfterIt(t *testing.T) {
	bubble(t, "the import ends", func(t *testing.T) {
		w, _ := existing()
		s := w.session()
		j := one("a")
		p := j.planned(t, s)
		began := time.Now()
		s.refuse = func(op string) error {
			if op == "POST tasks" && time.Since(began) < 25*time.Minute {
				return status("POST", http.StatusConflict, "This resource is currently busy with another operation. Please try again in a moment.")
			}
			return nil
		}
		if r := j.carryOut(s, p); !r.OK() || time.Since(began) > 26*time.Minute {
			t.Errorf("after %s: %+v", time.Since(began), r)
		}
		j.whole(t, w)
	})
	bubble(t, "it never does", func(t *testing.T) {
		w, _ := existing()
		s := w.session()
		j := one("a")
		p := j.planned(t, s)
		began := time.Now()
		s.refuse = func(op string) error {
			if op == "POST tasks" {
				return status("POST", http.StatusConflict, "This resource is currently busy with another operation. Please try again in a moment.")
			}
			return nil
		}
		if r := only(t, j.carryOut(s, p)); r.Outcome != Failed || !r.Retryable || time.Since(began) < defaultWaitTimeout {
			t.Errorf("after %s: %+v", time.Since(began), r)
		}
	})
}
