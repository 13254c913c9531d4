//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

var signals = map[string]struct {
	signal syscall.Signal
	code   int
}{
	"SIGINT":  {syscall.SIGINT, exitInterrupted},
	"SIGTERM": {syscall.SIGTERM, exitTerminated},
}

const ending = "interrupted: ending as soon as"

// The first signal lets the piece that is on its way arrive, and sends no other; the next
// run sends the rest, and no byte twice.
func TestTheFirstSignalEndsAtAPiecesEnd(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 4, pixels: 420})
	total := d.pieces(t)
	for name, c := range signals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			s := newSite(t, d, srv.URL, srv.Token)
			piece := srv.Hold(nth(pieces, 3), cvattest.BeforeHandling)
			p := s.start(t, 0, "apply", "--upload-chunk", "256KiB")
			piece.Wait(t)
			must(t, p.Process.Signal(c.signal))
			p.until(t, ending)
			piece.Release()
			<-p.done
			p.wants(t, c.code)
			for _, want := range []string{"stopped    run_00", "1 stopped", "768.0 KiB sent"} {
				if !strings.Contains(p.out.String(), want) {
					t.Errorf("no %q in the report:\n%s", want, &p.out)
				}
			}
			if n := srv.Count(pieces); n != 3 {
				t.Errorf("%d pieces were sent", n)
			}
			s.next(t, 1, "--upload-chunk", "256KiB")
			if n := srv.Count(pieces); n != total {
				t.Errorf("%d pieces were sent of an archive of %d", n, total)
			}
			s.whole(t)
		})
	}
}

// The second signal ends at once, whatever is on its way.
func TestTheSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 2})
	for name, c := range signals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			s := newSite(t, d, srv.URL, srv.Token)
			sending := srv.Hold(nth(starts, 1), cvattest.BeforeHandling)
			p := s.start(t, 0, "apply")
			sending.Wait(t)
			must(t, p.Process.Signal(c.signal))
			p.until(t, ending)
			must(t, p.Process.Signal(c.signal))
			<-p.done
			p.wants(t, c.code)
			srv.Clear()
			s.next(t, 1)
			s.whole(t)
		})
	}
}

// An interrupt while the server imports ends the wait; the next run goes on with it.
func TestASignalEndsTheWaitForAnImport(t *testing.T) {
	t.Parallel()
	srv := cvattest.Start(t)
	s := newSite(t, newDataset(t, shape{tasks: 2, frames: 2}), srv.URL, srv.Token)
	imports := srv.HoldImports(sandbox.BeforeSave)
	p := s.start(t, 0, "apply")
	imports.Wait(t)
	must(t, p.Process.Signal(syscall.SIGINT))
	<-p.done
	p.wants(t, exitInterrupted)
	if !strings.Contains(p.out.String(), "2 stopped") {
		t.Errorf("%s", &p.out)
	}
	imports.Release()
	s.next(t, 1)
	s.whole(t)
}

// A signal while nothing is written yet ends at once, and says that nothing was.
func TestASignalWhilePlanningWritesNothing(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 1})
	for _, command := range []string{"plan", "apply", "status", "doctor"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			s := newSite(t, d, srv.URL, srv.Token)
			look := srv.Hold(cvattest.Rule{Path: "/api/projects"}, cvattest.BeforeHandling)
			p := s.start(t, 0, command)
			look.Wait(t)
			must(t, p.Process.Signal(syscall.SIGTERM))
			<-p.done
			p.wants(t, exitTerminated)
			if n := srv.Count(cvattest.Rule{Writes: true}); n != 0 || !strings.Contains(p.err.String(), "interrupted; nothing was written") {
				t.Errorf("%d writes\n%s", n, &p.err)
			}
		})
	}
}
