package manifest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const layered = `
version: 1
project: {name: p}
cameras:
  - {name: left, task: {overlap: 1, subset: train, assignee: [alice, bob]}, frames: {every: 5, sharpest_of: 3, distinct: 6, limit: 9, spread: true, bad: skip}}
  - name: right
task: {overlap: 0, segment_size: 10, assignee: carol}
bags:
  - {path: "*", settle: 10m, cameras: [left], task: {segment_size: 20}, frames: {every_seconds: 0.5, spread: false}}
  - {path: "b", settle: 0s, task: {subset: "", assignee: []}, frames: {limit: 3, sharpest_of: 1, distinct: 0}}
  - {path: "c", cameras: [right, left]}
`

func TestLaterSettingsWinAndUnwrittenOnesStayNil(t *testing.T) {
	m := read(t, layered)
	left, all, b := &m.Cameras[0], &m.Bags[0], &m.Bags[1]
	for name, c := range map[string]struct {
		camera *Camera
		bags   []*Bag
		want   TaskSettings
	}{
		"the manifest's": {nil, nil, TaskSettings{Settings: Settings{Overlap: ptr(0), SegmentSize: ptr(10)}, Assignees: []string{"carol"}}},
		"a camera's over it": {left, nil, TaskSettings{
			Settings: Settings{Overlap: ptr(1), SegmentSize: ptr(10), Subset: ptr("train")}, Assignees: []string{"alice", "bob"},
		}},
		"a bag's over that": {left, []*Bag{all}, TaskSettings{
			Settings: Settings{Overlap: ptr(1), SegmentSize: ptr(20), Subset: ptr("train")}, Assignees: []string{"alice", "bob"},
		}},
		"a later entry's over all": {left, []*Bag{all, b}, TaskSettings{
			Settings: Settings{Overlap: ptr(1), SegmentSize: ptr(20), Subset: ptr("")}, Assignees: []string{},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, m.Settings(c.camera, c.bags)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFrameSelectionsMergeKeyByKey(t *testing.T) {
	m := read(t, layered)
	left, all, b := &m.Cameras[0], &m.Bags[0], &m.Bags[1]
	for name, c := range map[string]struct {
		camera *Camera
		bags   []*Bag
		want   Frames
	}{
		"nothing written": {&m.Cameras[1], nil, Frames{SharpestOf: 1, Distinct: ptr(0), Every: 1, Spread: ptr(false), Bad: "error"}},
		"no cameras":      {nil, []*Bag{b}, Frames{SharpestOf: 1, Distinct: ptr(0), Every: 1, Limit: 3, Spread: ptr(false), Bad: "error"}},
		"a camera's":      {left, nil, Frames{SharpestOf: 3, Distinct: ptr(6), Every: 5, Limit: 9, Spread: ptr(true), Bad: "skip"}},
		"a bag's over it, every_seconds in place of every": {left, []*Bag{all}, Frames{SharpestOf: 3, Distinct: ptr(6), EverySeconds: 0.5, Limit: 9, Spread: ptr(false), Bad: "skip"}},
		"a later entry's": {left, []*Bag{all, b}, Frames{SharpestOf: 1, Distinct: ptr(0), EverySeconds: 0.5, Limit: 3, Spread: ptr(false), Bad: "skip"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.want.Stamp, c.want.Encode, c.want.Quality = "header", "png", 90
			if diff := cmp.Diff(c.want, m.FramesOf(c.camera, c.bags), withoutPlaces); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTheLastEntryThatNamesCamerasDecides(t *testing.T) {
	m := read(t, layered)
	names := func(bags ...*Bag) (out []string) {
		for _, c := range m.CamerasOf(bags) {
			out = append(out, c.Name)
		}
		return out
	}
	got := [][]string{names(), names(&m.Bags[0]), names(&m.Bags[0], &m.Bags[1]), names(&m.Bags[0], &m.Bags[2])}
	want := [][]string{{"left", "right"}, {"left"}, {"left"}, {"left", "right"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTheLastEntryThatSettlesDecides(t *testing.T) {
	m := read(t, layered)
	got := []time.Duration{
		m.SettleOf(nil), m.SettleOf([]*Bag{&m.Bags[0], &m.Bags[2]}), m.SettleOf([]*Bag{&m.Bags[0], &m.Bags[1]}),
	}
	if diff := cmp.Diff([]time.Duration{0, 10 * time.Minute, 0}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDurationsKnowDaysAndWeeks(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "10m": 10 * time.Minute, "1.5h": 90 * time.Minute, "1d": 24 * time.Hour,
		"1w2d": 9 * 24 * time.Hour, "250ms": 250 * time.Millisecond, "0s": 0,
	} {
		if got, ok := parseDuration(text); !ok || got != want {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "10", "m", "-1s", "1 m", "1y", "1e3s", "1..5s", "99999999999999999999d", "5000000w"} {
		if got, ok := parseDuration(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}
