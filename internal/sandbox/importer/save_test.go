package importer

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSegmentsAreCVATs(t *testing.T) {
	type want struct {
		size, overlap int
		list          []Segment
	}
	two, nine, one := 2, 9, 1
	for name, test := range map[string]struct {
		frames, size int
		overlap      *int
		want
	}{
		"of ten":                      {25, 10, nil, want{10, 0, []Segment{{0, 9}, {10, 19}, {20, 24}}}},
		"overlapping by two":          {25, 10, &two, want{10, 2, []Segment{{0, 9}, {8, 17}, {16, 24}}}},
		"by half a segment at most":   {25, 10, &nine, want{10, 5, []Segment{{0, 9}, {5, 14}, {10, 19}, {15, 24}}}},
		"size 0 is one job":           {25, 0, nil, want{25, 0, []Segment{{0, 24}}}},
		"above the frames is one job": {2, 5, &one, want{2, 1, []Segment{{0, 1}}}},
		"one frame left":              {25, 24, &one, want{24, 1, []Segment{{0, 23}, {23, 24}}}},
		"single frames":               {3, 1, &nine, want{1, 0, []Segment{{0, 0}, {1, 1}, {2, 2}}}},
	} {
		list, size, overlap := Segments(test.frames, test.size, test.overlap)
		if diff := cmp.Diff(test.want, want{size, overlap, list}, cmp.AllowUnexported(want{}, Segment{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestGroundTruthPerJobPicksInEverySegment(t *testing.T) {
	list, _, overlap := Segments(20, 6, new(2))
	count := 2
	picked, err := perJob(rand.New(rand.NewPCG(1, 2)), list, overlap, &ValidationParams{PerJobCount: &count})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, f := range picked {
		if seen[f] {
			t.Errorf("frame %d is picked twice in %v", f, picked)
		}
		seen[f] = true
	}
	for _, s := range list {
		n := 0
		for f := s.Start; f <= s.Stop; f++ {
			if seen[f] {
				n++
			}
		}
		if n < count {
			t.Errorf("%d of %v in %+v", n, picked, s)
		}
	}
}
