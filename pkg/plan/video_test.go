package plan

import (
	"slices"
	"testing"
)

func TestAVideosFramesAreNamedByTheirNumbersInIt(t *testing.T) {
	for _, tt := range []struct {
		video Video
		want  []string
		stop  int
		cuts  bool
	}{
		{Video{Total: 3, Step: 1, Count: 3}, []string{"frame_000000", "frame_000001", "frame_000002"}, 2, false},
		{Video{Total: 30, Start: 5, Step: 10, Count: 3}, []string{"frame_000005", "frame_000015", "frame_000025"}, 25, false},
		{Video{Total: 30, Start: 5, Step: 10, Count: 2}, []string{"frame_000005", "frame_000015"}, 15, true},
		{Video{Total: 30, Start: 0, Step: 1, Count: 1}, []string{"frame_000000"}, 0, true},
	} {
		if err := tt.video.Check(); err != nil {
			t.Error(err)
		}
		if got := tt.video.Names(); !slices.Equal(got, tt.want) || tt.video.Stop() != tt.stop || tt.video.CutsEnd() != tt.cuts {
			t.Errorf("%+v: %q, up to %d, cut %v", tt.video, got, tt.video.Stop(), tt.video.CutsEnd())
		}
	}
}

func TestWhatDescribesNoVideoIsRefused(t *testing.T) {
	for _, v := range []Video{{}, {Total: 5, Count: 5}, {Total: 5, Step: 1, Count: 6}, {Total: 5, Start: 4, Step: 2, Count: 2}, {Total: 5, Start: -1, Step: 1, Count: 2}, {Total: 1 << 40, Step: 1, Count: 1}} {
		if v.Check() == nil {
			t.Errorf("%+v is taken", v)
		}
	}
}

// What is taken is part of what a task's marker names; how long the file is besides is not.
func TestAnotherSelectionOfAVideoIsAnotherArchive(t *testing.T) {
	one := Video{File: "a.mp4", Total: 30, Step: 1, Count: 30}
	seen := map[string]bool{}
	for _, v := range []Video{one, {File: "b.mp4", Total: 30, Step: 1, Count: 30}, {File: "a.mp4", Total: 30, Start: 1, Step: 1, Count: 29}, {File: "a.mp4", Total: 30, Step: 2, Count: 15}} {
		hash := v.Identity(100, [32]byte{1})
		if _, ours := ParseMarker(Marker(hash)); !ours || seen[hash] {
			t.Errorf("%+v: %s", v, hash)
		}
		seen[hash] = true
	}
	if seen[one.Identity(101, [32]byte{1})] || seen[one.Identity(100, [32]byte{2})] {
		t.Error("another file is the same")
	}
}
