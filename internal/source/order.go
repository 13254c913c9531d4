package source

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/natsort"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// order is the permutation that puts names as CVAT's sorting_method does: order[k] is
// which of them is at k. predefined keeps them as they are given; random, which is
// CVAT's own shuffle, is byte order here.
func order(names []string, method string) []int {
	at := make([]int, len(names))
	for i := range at {
		at[i] = i
	}
	if method == "predefined" {
		return at
	}
	sortBy(at, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	if method == "natural" {
		natsort.Sort(at, names)
	}
	return at
}

// InOrder reports whether frames of these names are in the order of a sorting_method.
func InOrder(names []string, method string) bool { return slices.IsSorted(order(names, method)) }

// sortBy sorts indices; equal elements keep their order.
func sortBy(at []int, compare func(a, b int) int) {
	slices.SortFunc(at, func(a, b int) int {
		if c := compare(a, b); c != 0 {
			return c
		}
		return a - b
	})
}

// inTime puts a bag's paths in the order in which they were taken, as far as their
// names tell: by their time stamps if all carry one, which are then returned too, else
// naturally.
func inTime(paths []string) ([]string, []int64) {
	paths = frame.Pick(paths, order(paths, "natural"))
	stamps := make([]int64, len(paths))
	for i, p := range paths {
		stamp, ok := stampOf(p)
		if !ok {
			return paths, nil
		}
		stamps[i] = stamp
	}
	at := order(paths, "predefined")
	sortBy(at, func(a, b int) int { return cmp.Compare(stamps[a], stamps[b]) })
	return frame.Pick(paths, at), frame.Pick(stamps, at)
}

// firstStamp is the earliest stamp of the paths; false if none carries one.
func firstStamp(paths []string) (first int64, found bool) {
	for _, p := range paths {
		if stamp, ok := stampOf(p); ok && (!found || stamp < first) {
			first, found = stamp, true
		}
	}
	return first, found
}

// countsSeconds reports whether a selection counts from the bag's first frame.
func countsSeconds(f manifest.Frames) bool {
	return f.Start != nil && f.Start.Seconds != nil || f.Stop != nil && f.Stop.Seconds != nil
}
