package main

import (
	"os"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// What cannot be written is an error that names the file, never a success, of whatever command.
func TestAFullDiskUnderStdoutIsAnErrorOfEveryCommand(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 1})
	srv := cvattest.Start(t)
	s := newSite(t, d, srv.URL, srv.Token)
	for i, command := range []string{
		"plan", "plan --output json", "plan --output html", "plan --output markdown", "plan --offline", "apply", "apply --output json",
		"status", "status --output json", "doctor", "frames", "frames --ids", "inspect data", "validate", "schema", "version", "completion bash",
		"--help", "plan --help", "--version", "init data --output -", "import 1 --output - --index out/index",
	} {
		if skipped(i, 3) {
			continue
		}
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		must(t, err)
		p := s.command(0, strings.Fields(command)...)
		p.Stdout = full
		p.begin(t)
		<-p.done
		must(t, full.Close())
		if p.code() != exitError || !strings.Contains(p.err.String(), "no space left on device") || !strings.Contains(p.err.String(), "/dev/stdout") {
			t.Errorf("%s: exit code %d\n%s", command, p.code(), &p.err)
		}
	}
}
