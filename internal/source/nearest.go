package source

import (
	"cmp"
	"slices"
)

// A pairing says which of the candidates is nearest to one of the times.
type pairing struct {
	time, candidate int    // their places
	apart           uint64 // ns
}

// nearest pairs each of the times, in nanoseconds and any order, with the candidate that is nearest to it, and leaves
// out those that have none within so many nanoseconds. Of two candidates that are as near the earlier one is taken, of
// several of one time the first. The pairings are in the order of the times' places.
func nearest(times, candidates []int64, within int64) []pairing {
	if len(candidates) == 0 {
		return nil
	}
	byTime := func(list []int64) []int {
		at := make([]int, len(list))
		for i := range at {
			at[i] = i
		}
		sortBy(at, func(a, b int) int { return cmp.Compare(list[a], list[b]) })
		return at
	}
	order := slices.CompactFunc(byTime(candidates), func(a, b int) bool { return candidates[a] == candidates[b] })
	var pairs []pairing
	k := 0 // of order, for the times so far
	for _, i := range byTime(times) {
		for k+1 < len(order) && distance(times[i], candidates[order[k+1]]) < distance(times[i], candidates[order[k]]) {
			k++
		}
		if apart := distance(times[i], candidates[order[k]]); apart <= uint64(within) {
			pairs = append(pairs, pairing{i, order[k], apart})
		}
	}
	slices.SortFunc(pairs, func(a, b pairing) int { return a.time - b.time })
	return pairs
}

// distance is |a - b|, which 64 bits hold without a sign only.
func distance(a, b int64) uint64 {
	if a < b {
		a, b = b, a
	}
	return uint64(a) - uint64(b)
}
