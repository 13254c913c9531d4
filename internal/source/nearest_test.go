package source

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOfTwoThatAreAsNearTheEarlierIsTaken(t *testing.T) {
	for name, c := range map[string]struct {
		times, candidates []int64
		within            int64
		want              []pairing
	}{
		"none at all":             {[]int64{5}, nil, 10, nil},
		"too far":                 {[]int64{5, 50}, []int64{16}, 10, nil},
		"just near enough":        {[]int64{5}, []int64{15}, 10, []pairing{{0, 0, 10}}},
		"a tie":                   {[]int64{10}, []int64{12, 8}, 10, []pairing{{0, 1, 2}}},
		"several of one time":     {[]int64{10}, []int64{11, 11, 11}, 10, []pairing{{0, 0, 1}}},
		"before all":              {[]int64{-3, 0}, []int64{4, 2}, 10, []pairing{{0, 1, 5}, {1, 1, 2}}},
		"one for many":            {[]int64{3, 1, 2}, []int64{2}, 10, []pairing{{0, 0, 1}, {1, 0, 1}, {2, 0, 0}}},
		"unsorted":                {[]int64{30, 10, 20}, []int64{21, 31, 11}, 1, []pairing{{0, 1, 1}, {1, 2, 1}, {2, 0, 1}}},
		"as far as numbers reach": {[]int64{math.MinInt64}, []int64{math.MaxInt64}, math.MaxInt64, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, nearest(c.times, c.candidates, c.within), cmp.AllowUnexported(pairing{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// byBruteForce compares each time with each candidate.
func byBruteForce(times, candidates []int64, within int64) []pairing {
	var pairs []pairing
	for i, t := range times {
		best := -1
		for k, c := range candidates {
			if best < 0 || distance(t, c) < distance(t, candidates[best]) || distance(t, c) == distance(t, candidates[best]) && c < candidates[best] {
				best = k
			}
		}
		if best >= 0 && distance(t, candidates[best]) <= uint64(within) {
			pairs = append(pairs, pairing{i, best, distance(t, candidates[best])})
		}
	}
	return pairs
}

func TestTheNearestIsWhatComparingAllWithAllFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	for round := range 5000 {
		span := int64(1 + r.IntN(60)) // few values: many ties and equals
		draw := func() []int64 {
			list := make([]int64, r.IntN(20))
			for i := range list {
				list[i] = r.Int64N(span) - span/2
			}
			return list
		}
		times, candidates, within := draw(), draw(), r.Int64N(span)
		if diff := cmp.Diff(byBruteForce(times, candidates, within), nearest(times, candidates, within), cmp.AllowUnexported(pairing{})); diff != "" {
			t.Fatalf("round %d: times %v, candidates %v, within %d: %s", round, times, candidates, within, diff)
		}
	}
}
