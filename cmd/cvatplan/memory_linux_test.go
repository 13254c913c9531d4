package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// A file of 19 KB whose one chunk is 600 MB, nearly all of it one message of zeros, took 4 GB to apply.
func TestAChunkLargerThanTheMemoryIsApplied(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{})
	bomb, err := os.ReadFile("../../internal/bag/testdata/field/one_big_chunk.mcap")
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(d.checkouts[0], "data"), 0o755))
	must(t, os.WriteFile(filepath.Join(d.checkouts[0], "data", "bomb.mcap"), bomb, 0o644))
	must(t, os.WriteFile(filepath.Join(d.checkouts[0], "cvatplan.yaml"), []byte(`version: 1
server: {url: "https://cvat.example.com"}
root: data
project: {name: Orchard, create: true, labels: [apple]}
cameras: [{name: cam, frames: {bad: skip}}]
bags: [bomb.mcap]
`), 0o644))
	srv := cvattest.Start(t)
	s := newSite(t, d, srv.URL, srv.Token)
	s.env = append(s.env, "GOGC=100") // as users have it
	p := s.apply(t, 0, "--auto-approve")
	const most = 400 << 10 // KiB; also of a program that looks for races
	if used := p.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > most {
		t.Errorf("%d KiB of memory", used)
	}
}
