package interpolate

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// A measured track is what CVAT 2.73 made of keyframes.
type measured struct {
	Name     string
	Kind     Kind
	Keys     []Keyframe
	Start    int
	End      int
	Deleted  []int
	Keep     bool  `json:"keep_outside"`
	ThreeD   bool  `json:"three_d"`
	Position []row `json:"positions"`
}

// A row is frame, index of the keyframe, whether it is one, outside, points, rotation.
type row [6]json.RawMessage

func (r row) position(t *testing.T) Position {
	t.Helper()
	var p Position
	for i, to := range []any{&p.Frame, &p.Key, &p.Keyframe, &p.Outside, &p.Points, &p.Rotation} {
		if err := json.Unmarshal(r[i], to); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestPositionsAreThoseThatCVATExports(t *testing.T) {
	text, err := os.ReadFile("testdata/tracks.json")
	if err != nil {
		t.Fatal(err)
	}
	var tracks []measured
	if err := json.Unmarshal(text, &tracks); err != nil {
		t.Fatal(err)
	}
	for _, m := range tracks {
		t.Run(m.Name, func(t *testing.T) { m.compare(t) })
	}
}

func (m measured) compare(t *testing.T) {
	for i := range m.Keys {
		m.Keys[i].Kind = m.Kind
	}
	hidden := map[int]bool{}
	for _, f := range m.Deleted {
		hidden[f] = true
	}
	positions, err := Track(m.Keys, Options{
		Start: m.Start, End: m.End, KeepOutside: m.Keep, ThreeD: m.ThreeD,
		Deleted: func(frame int) bool { return hidden[frame] },
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for got := range positions {
		if n >= len(m.Position) {
			t.Fatalf("%d positions, and one more: %+v", n, got)
		}
		want := m.Position[n].position(t)
		if got.Frame != want.Frame || got.Key != want.Key || got.Keyframe != want.Keyframe || got.Outside != want.Outside ||
			!near(append(got.Points, got.Rotation), append(want.Points, want.Rotation)) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		n++
	}
	if n != len(m.Position) {
		t.Errorf("%d positions, want %d", n, len(m.Position))
	}
}

func near(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !(math.Abs(a[i]-b[i]) < 1e-6) {
			return false
		}
	}
	return true
}

func TestKeyframesOfSeveralKindsAreAnError(t *testing.T) {
	_, err := Track([]Keyframe{{Frame: 3, Kind: Polygon}, {Frame: 0, Kind: Rectangle}}, Options{End: 9})
	if err == nil || err.Error() != "keyframe on frame 3 is a polygon, the track's first one a rectangle: CVAT cannot interpolate between them" {
		t.Error(err)
	}
}

// What people draw may be damaged; no input panics, and no frame is given twice.
func FuzzTrack(f *testing.F) {
	f.Add([]byte{0, 4, 0, 0, 10, 10, 4, 3, 1, 1, 2, 2}, 9)
	kinds := []Kind{Rectangle, Ellipse, Cuboid, Polygon, Polyline, Points, Skeleton}
	f.Fuzz(func(t *testing.T, data []byte, end int) {
		if len(data) < 2 {
			return
		}
		kind := kinds[int(data[0])%len(kinds)]
		var keys []Keyframe
		for rest := data[1:]; len(rest) > 2; {
			n := min(int(rest[0]), len(rest)-2)
			k := Keyframe{Frame: int(rest[1]), Kind: kind, Outside: rest[1]%5 == 0}
			for _, b := range rest[2 : 2+n] {
				k.Points = append(k.Points, float64(b))
			}
			keys, rest = append(keys, k), rest[2+n:]
		}
		positions, err := Track(keys, Options{End: min(end, 300), ThreeD: data[0]%2 == 0})
		if err != nil {
			t.Fatal(err)
		}
		before := -1
		for p := range positions {
			if p.Frame <= before {
				t.Fatalf("frame %d after %d", p.Frame, before)
			}
			before = p.Frame
		}
	})
}
