package choose

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pick judges looks as "hash/sharpness", hashes in ones: 3/5 has three bits. "-" cannot be used.
func pick(s Settings, after string, looks string) []int {
	p := Picker{Settings: s}
	if after != "" {
		look, _ := parseLook(after)
		p.After(look)
	}
	for i, text := range strings.Fields(looks) {
		look, ok := parseLook(text)
		p.Add(i, look, ok)
	}
	p.Flush()
	return p.Kept
}

func parseLook(text string) (l Look, ok bool) {
	var ones int
	_, err := fmt.Sscanf(text, "%d/%f", &ones, &l.Sharpness)
	l.Hash = 1<<ones - 1
	return l, err == nil
}

func TestOfEachGroupTheSharpestAndOfThoseTheDistinctAreKept(t *testing.T) {
	tests := map[string]struct {
		settings     Settings
		after, looks string
		want         []int
	}{
		"none asked for":                {Settings{}, "", "0/1 0/1 0/1", []int{0, 1, 2}},
		"one of each two":               {Settings{SharpestOf: 2}, "", "0/1 0/2 0/4 0/3", []int{1, 2}},
		"a tie is the first's":          {Settings{SharpestOf: 3}, "", "0/1 0/2 0/2", []int{1}},
		"the last group is not full":    {Settings{SharpestOf: 3}, "", "0/1 0/2 0/1 0/9 0/5", []int{1, 3}},
		"sharpness of 0":                {Settings{SharpestOf: 2}, "", "0/0 0/0", []int{0}},
		"one that cannot be used":       {Settings{SharpestOf: 2}, "", "- 0/1 0/1 -", []int{1, 2}},
		"a group of none":               {Settings{SharpestOf: 2}, "", "- - 0/1 0/2", []int{3}},
		"other than the one before":     {Settings{Distinct: 3}, "", "0/0 2/0 3/0 5/0 6/0", []int{0, 2, 4}},
		"as the last but one is new":    {Settings{Distinct: 5}, "", "0/0 5/0 0/0 1/0", []int{0, 1, 2}},
		"1 leaves out what looks alike": {Settings{Distinct: 1}, "", "4/0 4/0 5/0", []int{0, 2}},
		"bad ones are passed over":      {Settings{Distinct: 3}, "", "- 0/0 - 3/0", []int{1, 3}},
		"both":                          {Settings{SharpestOf: 2, Distinct: 3}, "", "0/1 9/2 9/2 0/1 5/1 6/2", []int{1, 5}},
		"after one that was kept":       {Settings{Distinct: 3}, "4/0", "4/0 6/0 7/0", []int{2}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, pick(tt.settings, tt.after, tt.looks)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whenever a bag is looked at while it grows, and however often, what was chosen stays, and in the end it is what one
// look at the whole bag chooses.
func TestABagThatGrowsKeepsWhatWasChosen(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		s := Settings{SharpestOf: random.IntN(6), Distinct: random.IntN(5)}
		looks := make([]Look, random.IntN(60))
		for i := range looks {
			looks[i] = Look{Hash: random.Uint64N(8), Sharpness: float64(random.IntN(4))}
		}
		judge := func(kept []int, from, to int) []int {
			p := Picker{Settings: s}
			if len(kept) > 0 {
				p.After(looks[kept[len(kept)-1]])
			}
			for i := from; i < to; i++ {
				p.Add(i, looks[i], true)
			}
			return append(kept, p.Kept...)
		}
		whole := judge(nil, 0, s.Judged(len(looks), true))
		var kept []int
		for judged, size := 0, 0; size < len(looks); {
			size = min(size+1+random.IntN(9), len(looks))
			before := slices.Clone(kept)
			kept = judge(kept, s.Begin(judged), s.Judged(size, true))
			judged = s.Judged(size, true)
			if !slices.Equal(before, kept[:len(before)]) {
				t.Fatalf("seed %d: %v became %v", seed, before, kept)
			}
		}
		if !slices.Equal(kept, whole) {
			t.Errorf("seed %d, %+v: step by step %v, at once %v", seed, s, kept, whole)
		}
	}
}

// Where no further part is made, a group of which some frames were judged is decided.
func TestAGroupThatWasDecidedIsNotJudgedAgain(t *testing.T) {
	s := Settings{SharpestOf: 5}
	for judged, want := range map[int]int{0: 0, 1: 5, 5: 5, 12: 15} {
		if got := s.Begin(judged); got != want {
			t.Errorf("after %d frames the next is %d, want %d", judged, got, want)
		}
	}
	if got := s.Judged(12, false); got != 12 {
		t.Errorf("%d of 12 are judged", got)
	}
}

func TestAlgorithmsAreNamedWithTheirVersions(t *testing.T) {
	for want, s := range map[string]Settings{
		"": {SharpestOf: 1}, "laplacian/1": {SharpestOf: 2}, "dhash64/1": {Distinct: 6}, "laplacian/1 dhash64/1": {SharpestOf: 2, Distinct: 1},
	} {
		if got := s.By(); got != want || s.Any() != (want != "") {
			t.Errorf("%+v is by %q, want %q", s, got, want)
		}
	}
}
