//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// A pipe that nobody writes to would be waited for without end, whichever option or variable names it.
func TestAPipeIsRefusedWhateverNamesIt(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 1})
	srv := cvattest.Start(t)
	s := newSite(t, d, srv.URL, srv.Token)
	pipe := filepath.Join(t.TempDir(), "pipe")
	must(t, syscall.Mkfifo(pipe, 0o666))
	for i, c := range []struct{ command, variable string }{
		{"plan --ca-file " + pipe, ""},
		{"status --since " + pipe, ""},
		{"plan " + pipe, ""},
		{"show " + pipe, ""},
		{"plan --step-summary", "GITHUB_STEP_SUMMARY"},
		{"doctor --ca-file " + pipe, ""},
		{"frames --out " + pipe, ""},
		{"version", "CVAT_ACCESS_TOKEN_FILE"},
		{"plan", "CVAT_ACCESS_TOKEN_FILE"},
		{"plan", "SSL_CERT_FILE"},
		{"plan", "AWS_CONFIG_FILE"},
	} {
		if skipped(i, 2) {
			continue
		}
		p := s.command(0, strings.Fields(c.command)...)
		if c.variable != "" {
			p.Env = append(p.Env, c.variable+"="+pipe)
		}
		if c.variable == "CVAT_ACCESS_TOKEN_FILE" {
			p.Env = append(p.Env, "CVAT_ACCESS_TOKEN=")
		}
		p.begin(t)
		<-p.done
		if refused := c.command != "version"; refused != (p.code() != exitOK) || refused && !strings.Contains(p.err.String(), "not a regular file") {
			t.Errorf("%s %s: exit code %d\n%s", c.command, c.variable, p.code(), &p.err)
		}
	}
}

// Whoever may open too few files is told to run again, wherever the limit strikes: nothing is wrong with the
// images, and no person has anything to decide.
func TestTooManyOpenFilesIsExitCode3(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 3, frames: 30})
	shell, err := exec.LookPath("sh")
	must(t, err)
	struck := 0
	t.Run("inspect, init and frames", func(t *testing.T) { filesRunOutOf(t, shell) })
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
		s.next(t, 1)
		s.whole(t)
	}
	if struck == 0 {
		t.Error("no limit struck")
	}
}

// filesRunOutOf looks at recordings and images with too few files: it is no answer that there are none.
func filesRunOutOf(t *testing.T, shell string) {
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	must(t, err)
	for _, command := range []string{
		"inspect $EXAMPLES/bags/data/row7_2026-03-05.mcap $EXAMPLES/quickstart/data/2026-03-04", "init $EXAMPLES/bags/data",
		"frames $EXAMPLES/quickstart/cvatplan.yaml",
	} {
		for limit := 8; limit < 10; limit++ {
			s := newSite(t, newDataset(t, shape{tasks: 1, frames: 1}), "", "").with("cvatplan", "EXAMPLES="+examples)
			p := s.command(0)
			p.Path, p.Args = shell, []string{"sh", "-c", fmt.Sprintf("rm cvatplan.yaml; ulimit -n %d; exec cvatplan %s", limit, command)}
			p.begin(t)
			<-p.done
			said := p.out.String() + p.err.String()
			if !strings.Contains(said, "too many open files") {
				continue
			}
			if code := p.ProcessState.ExitCode(); code != exitTaskFailed {
				t.Errorf("%s with %d files: exit code %d\n%s", command, limit, code, said)
			}
			if _, err := os.Stat(filepath.Join(p.Dir, "cvatplan.yaml")); err == nil {
				t.Errorf("%s with %d files wrote a manifest", command, limit)
			}
		}
	}
}
