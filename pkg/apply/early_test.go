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
