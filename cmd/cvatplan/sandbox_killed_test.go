package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cvatplan/cvatplan/internal/sandbox"
)

const importHeld = "an import is held"

// heldMain is the program with an embedded server whose imports stand still for ever at the
// step that $HELD_AT names.
func heldMain() {
	collectLater(os.Getenv)
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	a.hooks.Import = func(_ context.Context, _ int, s sandbox.ImportStep) {
		if string(s) == os.Getenv("HELD_AT") {
			fmt.Fprintln(os.Stderr, importHeld)
			select {}
		}
	}
	os.Exit(a.run(os.Args[1:]))
}

var steps = []sandbox.ImportStep{sandbox.BeforeStart, sandbox.BeforeSave}

// The server of `sandbox:DIR` lives in the program: killed with it while it imports, it
// takes the import up again in the next run.
func TestKilledWithItsServerWhileImporting(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 2, frames: 3})
	for _, step := range steps {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "sandbox")
			s := newSite(t, d, "sandbox:"+data, "")
			p := s.with("cvatplan-held", "HELD_AT="+string(step)).start(t, 0, "apply")
			p.until(t, importHeld)
			p.kill()
			s.next(t, 1)
			s.run(t, 0, "plan", "--detailed-exitcode", "--check", "frames").wants(t, exitOK)
			_, s.url = s.serve(t, data, "127.0.0.1:0")
			s.token = sandbox.AccessToken
			s.whole(t)
		})
	}
}

// A server that is killed while it imports, and comes back at the same address, fails no
// run that waits for it.
func TestKilledServerComesBackWhileARunWaits(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 2, frames: 3})
	for _, step := range steps {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			s := newSite(t, d, "", sandbox.AccessToken)
			server, url := s.with("cvatplan-held", "HELD_AT="+string(step)).serve(t, data, "127.0.0.1:0")
			s.url = url
			run := s.start(t, 0, "apply")
			server.until(t, importHeld)
			server.kill()
			s.serve(t, data, url[len("http://"):])
			<-run.done
			run.wants(t, exitOK)
			s.whole(t)
		})
	}
}

// serve starts `cvatplan sandbox` and returns its URL.
func (s *site) serve(t *testing.T, data, address string) (server *process, url string) {
	t.Helper()
	server = s.start(t, 0, "sandbox", "--data", data, "--listen", address)
	return server, server.until(t, "listening on ")
}
