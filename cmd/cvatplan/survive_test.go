package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// everything says whether the whole tables are to be run, as .ci/run does.
func everything() bool { return os.Getenv("CVATPLAN_SURVIVE") == "all" }

// fewest says whether as little of the tables as still tries each of their ways is enough: with -short.
func fewest() bool { return testing.Short() && !everything() }

// skipped says whether case k of a table is left out: with -short, all but each n-th are, from the first one on.
func skipped(k, n int) bool { return fewest() && k%n != 1 }

// A death is where a run is killed: at the k-th request that it sends.
type death struct {
	k    int
	mode cvattest.Point
	wake string // late: where in the next run the dead one's request is handled; see wakes
}

func (d death) String() string {
	mode := map[cvattest.Point]string{cvattest.BeforeHandling: "before", cvattest.AfterHandling: "after", cvattest.Late: "late at " + d.wake}
	return mode[d.mode]
}

// wakes are requests of the next run right before which the dead one's is handled.
var wakes = map[string]cvattest.Rule{
	"first request":  {Nth: 1},
	"third request":  {Nth: 3},
	"first write":    {Writes: true, Nth: 1},
	"Upload-Finish":  {Header: "Upload-Finish", Nth: 1},
	"import's start": nth(starts, 1),
	"last write":     {Method: "PATCH", Path: "/api/tasks/*", Nth: 1},
}

const notReached = "not reached"

// TestKilledAtEveryRequest is kill -9 of the real program at every request of an apply, in
// three ways: before the request is handled, before its answer is sent, and late, where it
// is handled only while the next run is under way. The next run, in another checkout, ends
// it; after a late one a third may have to clean up.
func TestKilledAtEveryRequest(t *testing.T) {
	t.Parallel()
	for name, s := range killed() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := newTable(newDataset(t, s), s.flags())
			total := table.count(t)
			for k := 1; k <= total; k++ {
				for i, d := range deaths(k) {
					if skipped(k+i, 7) { // each third request has one death left
						continue
					}
					if (s.served != "" || s.predicted > 0) && !everything() && (k+i)%5 != 1 { // most requests are as for one task
						continue
					}
					t.Run(fmt.Sprint(k, " ", d), func(t *testing.T) {
						t.Parallel()
						table.die(t, d)
					})
				}
			}
			t.Cleanup(func() { table.print(t, total) })
		})
	}
}

func killed() map[string]shape {
	shapes := map[string]shape{
		"one task":                    {tasks: 1, frames: 2},
		"one task of a cloud storage": {tasks: 1, frames: 2, served: onCloud},
		"one task with predictions":   {tasks: 1, frames: 2, predicted: 3},
	}
	if everything() {
		shapes["one task in three chunks"] = shape{tasks: 1, frames: 2, pixels: 310}
		shapes["three tasks"] = shape{tasks: 3, frames: 2}
		shapes["one task of point clouds"] = shape{tasks: 1, frames: 2, clouds: true}
		shapes["one task of point clouds of a cloud storage"] = shape{tasks: 1, frames: 2, clouds: true, served: onCloud}
		shapes["one task of the share"] = shape{tasks: 1, frames: 2, served: onShare}
		shapes["one task of a video of a cloud storage"] = shape{tasks: 1, video: true, served: onCloud}
		shapes["one task of a video in three pieces"] = shape{tasks: 1, video: true}
		shapes["one task with context images"] = shape{tasks: 1, frames: 2, related: true}
		shapes["an order of its own"] = shape{tasks: 1, frames: 3, settings: "sorting_method: predefined"}
	}
	return shapes
}

func deaths(k int) []death {
	all := []death{{k, cvattest.BeforeHandling, ""}, {k, cvattest.AfterHandling, ""}}
	for wake := range wakes {
		if everything() || wake == "first write" {
			all = append(all, death{k, cvattest.Late, wake})
		}
	}
	return all
}

func (s shape) flags() []string { return []string{"--upload-chunk", "256KiB"} }

// A table is the deaths of one dataset.
type table struct {
	*dataset
	flags []string

	mu      sync.Mutex
	request map[int]string   // by k
	ends    map[int][]string // by k: how the runs after each death ended
	cases   int
}

func newTable(d *dataset, flags []string) *table {
	return &table{dataset: d, flags: flags, request: map[int]string{}, ends: map[int][]string{}}
}

// count is how many requests an apply sends that nothing happens to.
func (b *table) count(t *testing.T) int {
	srv := cvattest.Start(t)
	b.serve(t, srv)
	s := newSite(t, b.dataset, srv.URL, srv.Token)
	s.apply(t, 0, b.flags...)
	total := len(srv.Seen())
	s.whole(t)
	if t.Failed() || total < 13 {
		t.Fatalf("%d requests: that cannot be all of an apply", total)
	}
	return total
}

// die lets one run die and others go on.
func (b *table) die(t *testing.T, d death) {
	srv := cvattest.Start(t)
	b.serve(t, srv)
	s := newSite(t, b.dataset, srv.URL, srv.Token)
	hold := srv.Hold(cvattest.Rule{Nth: d.k}, d.mode)
	at := s.killedAt(t, srv, hold, d, b.flags)
	inTime := d.mode != cvattest.Late || s.applyWhileHandled(t, srv.Gate, hold, d.wake, b.flags)
	s.next(t, 1, b.flags...)
	if !inTime && strings.HasPrefix(at, "PATCH ") && strings.HasSuffix(at, "/annotations/") {
		b.note(d, at, false) // handled after the next run's end: a window that docs/reliability.md states
		return
	}
	s.whole(t)
	if lost := srv.Losses(); len(lost) > 0 {
		t.Errorf("deleted with its frames: %v", lost)
	}
	b.note(d, at, t.Failed())
}

// killedAt is a run that is killed where hold says. It tells the request; a run that polls
// an import less often than another may end before it comes there.
func (s *site) killedAt(t *testing.T, srv *cvattest.Server, hold *cvattest.Hold, d death, flags []string) string {
	t.Helper()
	p := s.start(t, 0, append([]string{"apply"}, flags...)...)
	select {
	case <-hold.Held():
		p.kill()
		r := srv.Seen()[d.k-1]
		return r.Method + " " + r.Path
	case <-p.done:
		hold.Release()
		p.wants(t, exitOK)
		return notReached
	}
}

// applyWhileHandled is the next run, in whose midst the dead run's request is handled; false: after its end, since it sent no
// request such as wake.
func (s *site) applyWhileHandled(t *testing.T, gate *cvattest.Gate, hold *cvattest.Hold, wake string, flags []string) (amid bool) {
	t.Helper()
	awake := gate.Hold(wakes[wake], cvattest.BeforeHandling)
	p := s.start(t, 1, append([]string{"apply"}, flags...)...)
	select {
	case <-awake.Held():
		amid = true
	case <-p.done:
	}
	hold.Release()
	select {
	case <-hold.Handled():
	case <-p.done: // the death was not reached
	}
	awake.Release()
	<-p.done
	p.wants(t, exitOK)
	return amid
}

func (b *table) note(d death, request string, failed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	outcome := "whole"
	if failed {
		outcome = "NOT WHOLE"
	}
	if request == notReached {
		outcome = request
	} else {
		b.request[d.k] = request
	}
	b.cases++
	b.ends[d.k] = append(b.ends[d.k], d.String()+": "+outcome)
}

func (b *table) print(t *testing.T, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var text strings.Builder
	for k := 1; k <= total; k++ {
		slices.Sort(b.ends[k])
		fmt.Fprintf(&text, "%3d  %-50.50s  %s\n", k, b.request[k], strings.Join(b.ends[k], ", "))
	}
	t.Logf("killed at each of %d requests, %d cases\n%s", total, b.cases, &text)
}
