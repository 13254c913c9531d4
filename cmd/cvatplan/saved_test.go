package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// TestASavedPlanIsFinishedAfterAKillAtEveryRequest kills `apply F` wherever it may be, and runs it again in
// another checkout: what it has done by then is never taken for somebody else's change.
func TestASavedPlanIsFinishedAfterAKillAtEveryRequest(t *testing.T) {
	t.Parallel()
	data := newDataset(t, shape{tasks: 1, frames: 2})
	total := requestsOfASavedPlan(t, data)
	for k := 1; k <= total; k++ {
		if skipped(k, 6) {
			continue
		}
		for mode, point := range savedModes() {
			t.Run(fmt.Sprint(mode, "-", k), func(t *testing.T) {
				t.Parallel()
				s, srv, file := savedSite(t, data)
				hold := srv.Hold(cvattest.Rule{Nth: k}, point)
				p := s.start(t, 0, "apply", file)
				select {
				case <-hold.Held():
					p.kill()
				case <-p.done: // it waited less often for the import than another run
					p.wants(t, exitOK)
				}
				hold.Release()
				s.run(t, 1, "apply", file).wants(t, exitOK)
				s.whole(t)
				s.run(t, 0, "apply", file).wants(t, exitOK)
			})
		}
	}
}

func TestTheServerOfASavedPlanMayBeSpelledOtherwise(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"https://cvat.example.com", "https://cvat.example.com", true},
		{"https://cvat.example.com/", "https://CVAT.example.com", true},
		{"https://cvat.example.com/cvat/", "https://cvat.example.com/cvat", true},
		{"https://cvat.example.com", "http://cvat.example.com", false},
		{"https://cvat.example.com", "https://cvat.example.com:8443", false},
		{"https://cvat.example.com", "https://cvat.example.com.evil.example", false},
		{"https://cvat.example.com/a", "https://cvat.example.com/A", false},
		{"https://cvat.example.com", "https://user@cvat.example.com", false},
		{"sandbox:.sandbox", "sandbox:.sandbox", true},
		{"sandbox:a", "sandbox:A", false},
		{"https://%zz", "https://cvat.example.com", false},
	} {
		if got := sameServer(c.a, c.b); got != c.want || sameServer(c.b, c.a) != c.want {
			t.Errorf("%s, %s: %v", c.a, c.b, got)
		}
	}
}

func savedModes() map[string]cvattest.Point {
	if everything() {
		return map[string]cvattest.Point{"before": cvattest.BeforeHandling, "after": cvattest.AfterHandling}
	}
	return map[string]cvattest.Point{"after": cvattest.AfterHandling}
}

// savedSite is a server of its own, and a plan for it.
func savedSite(t *testing.T, data *dataset) (*site, *cvattest.Server, string) {
	t.Helper()
	srv := cvattest.Start(t)
	s := newSite(t, data, srv.URL, srv.Token)
	file := filepath.Join(t.TempDir(), "my.plan")
	s.run(t, 0, "plan", "--out", file).wants(t, exitOK)
	return s, srv, file
}

func requestsOfASavedPlan(t *testing.T, data *dataset) int {
	t.Helper()
	s, srv, file := savedSite(t, data)
	before := len(srv.Seen())
	s.run(t, 0, "apply", file).wants(t, exitOK)
	total := len(srv.Seen()) - before
	if total < 13 {
		t.Fatalf("%d requests: that cannot be all of an apply", total)
	}
	return total
}
