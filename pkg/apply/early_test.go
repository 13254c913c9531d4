package apply

import (
	"errors"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

// large is a plan whose tasks are, by what it says, too large to be read in a moment.
func large(t *testing.T, j *job, s *session) plan.Plan {
	p := j.planned(t, s)
	for i := range p.Changes {
		p.Changes[i].Bytes = soonCreated + 1
	}
	return p
}

func TestALargeFirstTaskIsReadOnceWhileItsProjectIsMadeReady(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w := newFakeServer()
		s := w.session()
		j := one("a", "b")
		read, reads := make(chan struct{}), 0
		j.files = func(_ string, frames []string) Images {
			reads++
			close(read)
			return Images{Archive: archiveOf(j.content(frames)...)}
		}
		s.each = func(op string) {
			if op == "POST projects" {
				<-read
			}
		}
		if r := j.carryOut(s, large(t, j, s)); !r.OK() || reads != 1 {
			t.Errorf("read %d times: %+v", reads, r)
		}
		j.whole(t, w)
	})
}

func TestWhatWasReadForNothingIsGivenBack(t *testing.T) {
	refused := errors.New("no projects today")
	for name, crash := range map[string]bool{"the project fails": false, "and the reading panics": true} {
		bubble(t, name, func(t *testing.T) {
			s := newFakeServer().session()
			j := one("a", "b")
			released := false
			j.files = func(_ string, frames []string) Images {
				if crash {
					panic("boom")
				}
				return Images{Archive: archiveOf(frames...), Release: func() { released = true }}
			}
			s.refuse = func(op string) error {
				if op == "POST projects" {
					return refused
				}
				return nil
			}
			r := j.carryOut(s, large(t, j, s))
			if !errors.Is(r.Err, refused) || r.Tasks[0].Outcome != Stopped || released == crash || (r.Crash != nil) != crash {
				t.Errorf("released %v: %+v", released, r)
			}
		})
	}
}

// Nothing of an early reading is kept beyond its task's end: not what the task took, nor what it left.
func TestAnEarlyReadingEndsWithItsTask(t *testing.T) {
	for name, taken := range map[string]bool{"taken": true, "left": false} {
		t.Run(name, func(t *testing.T) {
			released := 0
			z := archiveOf("a")
			e := &early{index: 3, cancel: func() {}, files: Images{Archive: z, Release: func() { released++ }}}
			other, own := &task{run: &run{early: e}, index: 2}, &task{run: &run{early: e}, index: 3}
			if taken {
				got, err := own.read(t.Context())
				if err != nil || got.Archive != Archive(z) || e.files.Archive != nil {
					t.Errorf("%v, %v; %v is kept", got, err, e.files)
				}
			}
			other.run.early.dropOf(other.index)
			if released != 0 {
				t.Error("the end of another task gave it back")
			}
			own.run.early.dropOf(own.index)
			own.run.early.drop() // at the run's end
			if want := map[bool]int{true: 0, false: 1}[taken]; released != want || e.files.Archive != nil {
				t.Errorf("given back %d times, %v is kept", released, e.files)
			}
		})
	}
}
