package source

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func TestSelectionPicksFrames(t *testing.T) {
	at := func(i int) *manifest.Instant { return &manifest.Instant{Index: &i} }
	after := func(s float64) *manifest.Instant { return &manifest.Instant{Seconds: &s} }
	clock := func(ms int64) *manifest.Instant {
		when := time.Unix(100, ms*1e6)
		return &manifest.Instant{Time: &when}
	}
	spread := true
	tests := map[string]struct {
		frames manifest.Frames
		want   []int
	}{
		"everything":                 {manifest.Frames{}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		"from a frame to a frame":    {manifest.Frames{Start: at(2), Stop: at(4)}, []int{2, 3, 4}},
		"every third":                {manifest.Frames{Every: 3}, []int{0, 3, 6, 9}},
		"every third from a frame":   {manifest.Frames{Start: at(1), Every: 3}, []int{1, 4, 7}},
		"the first three":            {manifest.Frames{Limit: 3}, []int{0, 1, 2}},
		"three, spread":              {manifest.Frames{Limit: 3, Spread: &spread}, []int{0, 4, 9}},
		"one, spread":                {manifest.Frames{Limit: 1, Spread: &spread}, []int{0}},
		"more than there are":        {manifest.Frames{Limit: 30, Spread: &spread, Start: at(8)}, []int{8, 9}},
		"every second, then limited": {manifest.Frames{Every: 2, Limit: 2}, []int{0, 2}},
		"from a second on":           {manifest.Frames{Start: after(0.75)}, []int{7, 8, 9}},
		"to a second":                {manifest.Frames{Stop: after(0.2)}, []int{0, 1}},
		"from a time to a time":      {manifest.Frames{Start: clock(200), Stop: clock(400)}, []int{2, 3, 4}},
		"every 0.25 s":               {manifest.Frames{EverySeconds: 0.25}, []int{0, 3, 5, 8}},
		"every 0.3 s, jitter or not": {manifest.Frames{EverySeconds: 0.3}, []int{0, 3, 6, 9}},
		"start beyond the end":       {manifest.Frames{Start: at(10)}, []int{}},
	}
	// Ten frames, 100 ms apart, after 100 s; the bag began 50 ms before them.
	var stamps []int64
	for i := range int64(10) {
		stamps = append(stamps, 100e9+i*100e6)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := selector{Frames: tt.frames, stamps: stamps, first: 100e9 - 50e6}
			got, err := s.pick(10)
			check(t, err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestASelectionByTimeNeedsStamps(t *testing.T) {
	second := 1.0
	for name, f := range map[string]manifest.Frames{
		"start": {Start: &manifest.Instant{Seconds: &second}}, "stop": {Stop: &manifest.Instant{Time: &time.Time{}}},
		"every_seconds": {EverySeconds: 1},
	} {
		if _, err := (selector{Frames: f}).pick(3); !errors.Is(err, errNoStamps) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The seconds of start and stop count from the bag's first frame, of whatever camera,
// so that the cameras' tasks show the same time.
func TestSecondsCountFromTheBagsFirstFrame(t *testing.T) {
	root := tree(t, "x/a_1700000000000000000.jpg", "x/a_1700000001000000000.jpg", "x/b_1700000000900000000.jpg", "x/b_1700000001900000000.jpg")
	got := scan(t, root, "cameras: [{name: a}, {name: b}]\nbags: [{path: x, frames: {start: 1s}}]")
	want := scanned{Tasks: []taskView{
		{Name: "a_x", Frames: "x/a_1700000001000000000.jpg"}, {Name: "b_x", Frames: "x/b_1700000001900000000.jpg"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
