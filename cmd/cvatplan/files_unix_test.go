//go:build unix

package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// Whoever may open too few files is told to run again, wherever the limit strikes: nothing is wrong with the
// images, and no person has anything to decide.
func TestTooManyOpenFilesIsExitCode3(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 3, frames: 30})
	shell, err := exec.LookPath("sh")
	must(t, err)
	struck := 0
	for limit := 10; limit < 30; limit += 2 {
		if skipped(limit/2, 2) {
			continue
		}
		srv := cvattest.Start(t)
		s := newSite(t, d, srv.URL, srv.Token)
		p := s.command(0)
		p.Path, p.Args = shell, []string{"sh", "-c", fmt.Sprintf("ulimit -n %d; exec cvatplan apply", limit)}
		p.begin(t)
		<-p.done
		said := p.out.String() + p.err.String()
		if !strings.Contains(said, "too many open files") {
			continue // enough, or too few even to begin
		}
		struck++
		if code := p.ProcessState.ExitCode(); code != exitTaskFailed {
			t.Errorf("with %d files: exit code %d\n%s", limit, code, said)
		}
		s.apply(t, 1)
		s.whole(t)
	}
	if struck == 0 {
		t.Error("no limit struck")
	}
}
