package plan

import (
	"fmt"
	"testing"
)

func TestEachBagIsInOneShardOfAboutEqualSize(t *testing.T) {
	const bags = 8000
	for _, of := range []int{1, 2, 3, 8, 100} {
		in := make([]int, of)
		for b := range bags {
			owners := 0
			for k := range of {
				if (Shard{k + 1, of}).Has(fmt.Sprintf("2026-03-04/run_%d", b)) {
					in[k]++
					owners++
				}
			}
			if owners != 1 {
				t.Fatalf("bag %d is in %d of %d shards", b, owners, of)
			}
		}
		for k, n := range in {
			if mean := bags / of; n < mean/2 || n > mean*2 {
				t.Errorf("shard %d of %d has %d bags", k+1, of, n)
			}
		}
	}
}

// A bag's shard is part of what users rely on: another one would leave bags to nobody while machines are updated.
func TestABagsShardNeverChanges(t *testing.T) {
	for bag, want := range map[string]string{"2026-03-04": "8/8", "run7.mcap": "5/8", "caf\u00e9": "5/8", "cafe\u0301": "5/8"} {
		for k := range 8 {
			if s := (Shard{k + 1, 8}); s.Has(bag) != (s.String() == want) {
				t.Errorf("%q is in shard %s: %t", bag, s, s.Has(bag))
			}
		}
	}
}

func TestAShardIsWrittenAsItIsRead(t *testing.T) {
	for _, text := range []string{"1/1", "2/8", "100/100"} {
		var s Shard
		if err := s.UnmarshalText([]byte(text)); err != nil || s.String() != text {
			t.Errorf("%s: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "1", "/", "0/2", "3/2", "-1/2", "a/b", "1/2/3", "1/0", "1/99999999999999999999"} {
		var s Shard
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: %v", text, s)
		}
	}
	if (Shard{}).String() != "" || !(Shard{}).Has("any") {
		t.Error("the zero shard is not all bags")
	}
}

func TestThePlansOfAllShardsAreThePlan(t *testing.T) {
	var want []Desired
	for i := range 50 {
		want = append(want, Desired{Task: fmt.Sprintf("cam_run%d", i), Bag: fmt.Sprintf("run%d", i), Frames: []string{"a"}})
	}
	have := Actual{Exists: true, Scope: Scope{ProjectID: 1}, Tasks: []Task{{ID: 1, Name: "cam_run1", ProjectID: 1, Size: 1}, {ID: 2, Name: "other", ProjectID: 1, Size: 1}}}
	found := map[string]int{}
	for k := range 4 {
		for _, c := range Diff(want, have, Options{Shard: Shard{k + 1, 4}}).Changes {
			found[c.Task+" "+string(c.Action)]++
		}
	}
	for _, c := range Diff(want, have, Options{}).Changes {
		times := 1
		if c.Action == Unmanaged {
			times = 4 // each shard sees it
		}
		if found[c.Task+" "+string(c.Action)] != times {
			t.Errorf("%s is %s in %d shards", c.Task, c.Action, found[c.Task+" "+string(c.Action)])
		}
	}
}
