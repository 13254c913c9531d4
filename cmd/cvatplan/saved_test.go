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
	if total < 15 {
		t.Fatalf("%d requests: that cannot be all of an apply", total)
	}
	return total
}
