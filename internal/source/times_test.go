package source

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Dates come from stamps, else from names, else from the bag's path; what tells none gives none.
func TestATaskTellsWhenItsFramesWereTaken(t *testing.T) {
	at := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		v, err := time.Parse("2006-01-02T15:04:05.999999999", s)
		check(t, err)
		return v
	}
	for name, c := range map[string]struct {
		bag         string
		frames      []string
		first, last string
		days        bool
	}{
		"stamps":                   {"run1", []string{"run1/cam_1700000009000000000.jpg", "run1/cam_1700000000250000000.jpg"}, "2023-11-14T22:13:20.25", "2023-11-14T22:13:29", false},
		"stamps before names":      {"2026-03-04", []string{"2026-03-04/1700000000.25.png"}, "2023-11-14T22:13:20.25", "2023-11-14T22:13:20.25", false},
		"dates in names":           {"run1", []string{"run1/IMG_20260305_101500.jpg", "run1/IMG_20260304_235959.jpg", "run1/x.jpg"}, "2026-03-04T00:00:00", "2026-03-05T00:00:00", true},
		"a bag's date":             {"orchard/2026-03-04_row2", []string{"a/0001.jpg"}, "2026-03-04T00:00:00", "2026-03-04T00:00:00", true},
		"a date above the bag":     {"2026_03_04/row2", []string{"row2/0001.jpg"}, "2026-03-04T00:00:00", "2026-03-04T00:00:00", true},
		"a simulation's stamps":    {"sim", []string{"sim/0000000012000000000.png"}, "", "", false},
		"a sequence of 13 digits":  {"run1", []string{"run1/0000000000001.jpg"}, "", "", false},
		"numbers, and no calendar": {"run_20261345", []string{"run_20261345/1.jpg"}, "", "", false},
		"no frames":                {"2026-03-04", nil, "2026-03-04T00:00:00", "2026-03-04T00:00:00", true},
		"nothing":                  {"run1", []string{"run1/0001.jpg"}, "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := Task{Bag: c.bag, frames: frames{names: c.frames}}.Times()
			if want := (Times{at(c.first), at(c.last), c.days}); got != want {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

// A manifest's frame names may hide the stamps that recordings and files' names carry.
func TestTimesAreTheFramesWhateverTheyAreCalled(t *testing.T) {
	root := t.TempDir()
	check(t, os.MkdirAll(filepath.Join(root, "x"), 0o755))
	for _, name := range []string{"cam_1700000000200000000.jpg", "cam_1700000000100000000.jpg"} {
		check(t, os.WriteFile(filepath.Join(root, "x", name), []byte("x"), 0o644))
	}
	for lines, want := range map[string]struct{ root, first, last string }{
		"bags: [x]": {root, "2023-11-14T22:13:20.1Z", "2023-11-14T22:13:20.2Z"},
		"cameras: [{name: jai_cam, topics: [/jai_cam/image_raw/compressed]}]\nbags: [{path: ros1/two_cams_none.bag, frames: {limit: 2}}]": {fixtures, "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.1Z"},
	} {
		tasks, _ := Scan(t.Context(), parse(t, "task: {frame_name: \"{index}.{ext}\"}\n"+lines), Options{Root: want.root})
		if len(tasks) != 1 {
			t.Fatalf("%d tasks of %s", len(tasks), lines)
		}
		got := tasks[0].Times()
		if first, last := got.First.Format(time.RFC3339Nano), got.Last.Format(time.RFC3339Nano); first != want.first || last != want.last || got.Days {
			t.Errorf("%s – %s, want %+v: %s", first, last, want, tasks[0].Frames())
		}
		check(t, tasks[0].Close())
	}
}
