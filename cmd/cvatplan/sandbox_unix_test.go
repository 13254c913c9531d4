//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheSandboxTellsItsAddressFirstAndKeepsItsTasks(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "served")
	d := newDataset(t, shape{tasks: 1, frames: 1})
	for _, want := range []string{"Apply: 1 done", "1 unchanged"} {
		server := newSite(t, d, "", "").start(t, 0, "sandbox", "--data", data)
		url := server.until(t, "listening on ")
		if got := server.out.String(); !regexp.MustCompile(`^listening on http://127\.0\.0\.1:\d+\n$`).MatchString(got) {
			t.Errorf("it says %q", got)
		}
		if got := newSite(t, d, url, "sandbox").apply(t, 0).out.String(); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
		must(t, server.Process.Signal(os.Interrupt))
		<-server.done
		server.wants(t, exitOK)
	}
}
