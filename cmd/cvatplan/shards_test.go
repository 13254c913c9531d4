package main

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// Eight machines apply a shard each, and each of them is killed in the middle of a request once: whoever starts
// them again, as a Kubernetes Indexed Job does, ends with one project and each task once. Wherever the images are.
func TestEightShardsThatAreKilledMakeEachTaskOnce(t *testing.T) {
	t.Parallel()
	rounds := 1
	if everything() {
		rounds = 12
	}
	for where, root := range map[string]string{"uploaded": "", "in a cloud storage": onCloud, "on the share": onShare} {
		if root != "" && fewest() {
			continue // what CVAT reads by itself is killed at each request elsewhere
		}
		d := newDataset(t, shape{tasks: 12, frames: 2, served: root})
		for round := range rounds {
			t.Run(fmt.Sprint(where, ", round ", round), func(t *testing.T) {
				t.Parallel()
				srv := cvattest.Start(t)
				d.serve(t, srv)
				killShards(t, newSite(t, d, srv.URL, srv.Token), srv, rand.New(rand.NewPCG(uint64(round), 14)))
			})
		}
	}
}

// killShards starts a process for each shard, kills each at one of the first requests, and starts them again, to their end.
func killShards(t *testing.T, s *site, srv *cvattest.Server, random *rand.Rand) {
	t.Helper()
	const shards = 8
	var holds []*cvattest.Hold
	for next := 0; len(holds) < shards; {
		next += 2 + random.IntN(8)
		at := []cvattest.Point{cvattest.BeforeHandling, cvattest.AfterHandling}[random.IntN(2)]
		holds = append(holds, srv.Hold(cvattest.Rule{Nth: next}, at))
	}
	var all []*process
	for k := 1; k <= shards; k++ {
		all = append(all, s.start(t, k%2, "apply", fmt.Sprintf("--shard=%d/%d", k, shards)))
	}
	for i, p := range all { // a request that is held is some process's: that one, or another, is killed with it
		select {
		case <-holds[i].Held():
		case <-p.done:
		}
		p.kill()
		holds[i].Release()
	}
	for _, h := range holds {
		h.Release()
	}
	for k := 1; k <= shards; k++ {
		all[k-1] = s.start(t, (k+1)%2, "apply", fmt.Sprintf("--shard=%d/%d", k, shards))
	}
	for _, p := range all {
		<-p.done
		p.wants(t, exitOK)
	}
	s.whole(t)
	s.oneProject(t)
	if lost := srv.Losses(); len(lost) > 0 {
		t.Errorf("deleted with its frames: %v", lost)
	}
}
