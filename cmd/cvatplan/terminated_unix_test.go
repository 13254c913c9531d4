//go:build unix

package main

import (
	"syscall"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// TestATerminatedApplyIsFinishedByTheNext is a CI job that is cancelled.
func TestATerminatedApplyIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	srv := cvattest.Start(t)
	s := newSite(t, newDataset(t, shape{tasks: 2, frames: 1}), srv.URL, srv.Token)
	hold := srv.Hold(cvattest.Rule{Writes: true, Nth: 2}, cvattest.AfterHandling)
	p := s.start(t, 0, "apply")
	<-hold.Held()
	must(t, p.Process.Signal(syscall.SIGTERM))
	hold.Release()
	<-p.done
	p.wants(t, exitTerminated)
	s.next(t, 1)
	s.whole(t)
}
