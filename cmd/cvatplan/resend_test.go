package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

var locationPattern = regexp.MustCompile(`"location":"[^"]*"`)

// pieces picks the requests that carry the bytes of images.
var pieces = cvattest.Rule{Method: "PATCH", Path: "/api/tasks/*/data/*"}

// starts picks the requests that start an import: Upload-Finish, or one request for all.
var starts = cvattest.Rule{Method: "POST", Path: "/api/tasks/*/data/", Header: "Content-Type"}

// inPieces are flags with which an archive of more than 256 KiB travels in pieces.
var inPieces = []string{"--upload-chunk", "256KiB"}

func nth(r cvattest.Rule, n int) cvattest.Rule {
	r.Nth = n
	return r
}

// After a run was killed in the midst of a large upload, the next process sends again at
// most the one piece that was on its way.
func TestBytesAreNotSentTwiceByTheNextProcess(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 4, pixels: 420})
	total := d.pieces(t)
	for _, point := range []cvattest.Point{cvattest.BeforeHandling, cvattest.AfterHandling} {
		for i, percent := range []int{1, 50, 90, 100} {
			if skipped(i+int(point), 2) {
				continue
			}
			t.Run(fmt.Sprintf("%s at %d %%", death{mode: point}, percent), func(t *testing.T) {
				t.Parallel()
				srv := cvattest.Start(t)
				s := newSite(t, d, srv.URL, srv.Token)
				s.cut(t, srv, nth(pieces, max(1, total*percent/100)), point)
				s.apply(t, 1, "--upload-chunk", "256KiB")
				if n := srv.Count(pieces); n > total+1 {
					t.Errorf("%d pieces were sent of an archive of %d", n, total)
				}
				s.whole(t)
				if left := s.hints(t); len(left) > 0 {
					t.Errorf("hints of an upload that is done: %v", left)
				}
			})
		}
	}
}

// pieces is how many an upload of the only task has.
func (d *dataset) pieces(t *testing.T) int {
	srv := cvattest.Start(t)
	newSite(t, d, srv.URL, srv.Token).apply(t, 0, "--upload-chunk", "256KiB")
	return srv.Count(pieces)
}

// cut kills a run at a request, and looks at the hint that it leaves.
func (s *site) cut(t *testing.T, srv *cvattest.Server, at cvattest.Rule, point cvattest.Point) {
	t.Helper()
	hold := srv.Hold(at, point)
	p := s.start(t, 0, "apply", "--upload-chunk", "256KiB")
	hold.Wait(t)
	p.kill()
	hints := s.hints(t)
	if len(hints) != 1 {
		t.Fatalf("%d hints are kept", len(hints))
	}
	info, err := os.Stat(hints[0])
	must(t, err)
	if info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("the hint is %v", info.Mode())
	}
}

// hints are the files in which the program keeps where uploads stand.
func (s *site) hints(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.home, "state", "cvatplan", "*.json"))
	must(t, err)
	return found
}

// The hint is only a hint: whatever has become of it, the next run is as good.
func TestALostOrWrongHintLosesNothingButTime(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 2, pixels: 310})
	for name, spoil := range map[string]func(t *testing.T, hint string){
		"lost": func(t *testing.T, hint string) { must(t, os.RemoveAll(filepath.Dir(hint))) },
		"garbage": func(t *testing.T, hint string) {
			must(t, os.WriteFile(hint, []byte("\x00{\"version\":1,\"location\":\"../../x\"\x1b[2J"), 0o600))
		},
		"another upload's": func(t *testing.T, hint string) { rename(t, hint, "1_00000000-0000-0000-0000-000000000000") },
		"a path":           func(t *testing.T, hint string) { rename(t, hint, "../../../api/tasks/1") },
		"in the way": func(t *testing.T, hint string) {
			dir := filepath.Dir(hint)
			must(t, os.RemoveAll(dir))
			must(t, os.WriteFile(dir, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			s := newSite(t, d, srv.URL, srv.Token)
			s.cut(t, srv, nth(pieces, 2), cvattest.AfterHandling)
			spoil(t, s.hints(t)[0])
			s.next(t, 1, "--upload-chunk", "256KiB")
			s.whole(t)
		})
	}
}

// rename makes a hint point elsewhere.
func rename(t *testing.T, hint, location string) {
	t.Helper()
	text, err := os.ReadFile(hint)
	must(t, err)
	must(t, os.WriteFile(hint, locationPattern.ReplaceAll(text, []byte(`"location":"`+location+`"`)), 0o600))
}
