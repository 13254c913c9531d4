package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// lookers are the commands that look at a server; a plan that was saved before is in $plan.
var lookers = map[string][]string{
	"plan":         {"plan"},
	"check frames": {"plan", "--check", "frames"},
	"saved":        {"plan", "--out", "$fresh"},
	"status":       {"status", "--by", "assignee"},
	"ids":          {"frames", "--ids"},
	"apply":        {"apply", "--check", "frames"},
	"apply saved":  {"apply", "$plan"},
}

func (s *site) looker(t *testing.T, name, saved string) []string {
	t.Helper()
	args := slices.Clone(lookers[name])
	for i, a := range args {
		args[i] = strings.NewReplacer("$plan", saved, "$fresh", filepath.Join(t.TempDir(), "fresh.plan")).Replace(a)
	}
	return args
}

// No command is mistaken about a project in which another run is at work: GETs are no
// snapshot, but nothing that is there is taken for a colleague's, for something that was moved
// or renamed, or for a change of what a plan was made of. First, all of that run happens
// between two requests of the command.
func TestWhoLooksWhileAnotherRunAppliesIsNotMistaken(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 2, frames: 2})
	for name := range lookers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := 0
			for j := 1; ; j++ {
				if fewest() && j > 1 {
					break
				}
				if !everything() && j > 3 && j%9 != 0 {
					continue
				}
				if !d.overtaken(t, name, j) {
					break
				}
				held++
			}
			t.Logf("held at %d requests", held)
		})
	}
}

// overtaken holds the command at its j-th request until another run has done everything.
func (d *dataset) overtaken(t *testing.T, name string, j int) (held bool) {
	t.Run(fmt.Sprint("at request ", j), func(t *testing.T) {
		s, srv, saved := savedSite(t, d)
		hold := srv.Hold(cvattest.Rule{Nth: j}, cvattest.BeforeHandling)
		p := s.start(t, 0, s.looker(t, name, saved)...)
		select {
		case <-hold.Held():
			held = true
		case <-p.done:
			hold.Release()
		}
		s.next(t, 1)
		hold.Release()
		<-p.done
		p.wants(t, exitOK)
		s.whole(t)
	})
	return held
}

// Then the command comes and goes between two requests of the run.
func TestWhoLooksAtEachStepOfAnotherRunIsNotMistaken(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 2})
	total := newTable(d, nil).count(t)
	for k := 1; k <= total; k++ {
		if !everything() && k%5 != 0 || skipped(k/5, 2) {
			continue
		}
		t.Run(fmt.Sprint("at request ", k), func(t *testing.T) {
			t.Parallel()
			s, srv, saved := savedSite(t, d)
			hold := srv.Hold(cvattest.Rule{Nth: k}, cvattest.BeforeHandling)
			p := s.start(t, 1, "apply")
			select {
			case <-hold.Held():
			case <-p.done: // it waited less often for the import than another run
			}
			for name := range lookers {
				if !strings.HasPrefix(name, "apply") { // two that apply: see TestTwoAtOnceInterleavedAtEveryRequest
					s.inProcess(t, exitOK, append(s.looker(t, name, saved), s.manifest())...)
				}
			}
			s.apply(t, 0, saved)
			hold.Release()
			<-p.done
			p.wants(t, exitOK)
			s.whole(t)
		})
	}
}
