package dataset

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/annotation"
)

// drawn makes a mask of a picture of dots and hashes.
func drawn(left, top int, rows ...string) annotation.Shape {
	var runs []float64
	run, value := 0.0, byte('.')
	for _, c := range []byte(strings.Join(rows, "")) {
		if c != value {
			runs, run, value = append(runs, run), 0, c
		}
		run++
	}
	runs = append(runs, run)
	box := []float64{float64(left), float64(top), float64(left + len(rows[0]) - 1), float64(top + len(rows) - 1)}
	return annotation.Shape{Type: "mask", Points: append(runs, box...)}
}

func TestAMaskIsOutlinedAlongItsPixels(t *testing.T) {
	tests := map[string]struct {
		rows []string
		want []ring
	}{
		"one pixel":     {[]string{"#"}, []ring{{3, 2, 4, 2, 4, 3, 3, 3}}},
		"a square":      {[]string{"##", "##"}, []ring{{3, 2, 5, 2, 5, 4, 3, 4}}},
		"a hole":        {[]string{"###", "#.#", "###"}, []ring{{3, 2, 6, 2, 6, 5, 3, 5}, {4, 4, 5, 4, 5, 3, 4, 3}}},
		"a corner":      {[]string{"#.", ".#"}, []ring{{3, 2, 4, 2, 4, 3, 3, 3}, {4, 3, 5, 3, 5, 4, 4, 4}}},
		"other corner":  {[]string{".#", "#."}, []ring{{4, 2, 5, 2, 5, 3, 4, 3}, {3, 3, 4, 3, 4, 4, 3, 4}}},
		"nothing":       {[]string{".."}, nil},
		"an open angle": {[]string{"##", "#."}, []ring{{3, 2, 5, 2, 5, 3, 4, 3, 4, 4, 3, 4}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, outline(drawn(3, 2, tt.rows...))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is drawn back from the outline, and from COCO's runs, is what was drawn.
func TestOutlinesAndRunsHoldEachPixel(t *testing.T) {
	const width, height = 14, 12
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		rows := make([]string, 1+random.IntN(9))
		w := 1 + random.IntN(9)
		for i := range rows {
			var b strings.Builder
			for range w {
				b.WriteByte(".##"[random.IntN(3)])
			}
			rows[i] = b.String()
		}
		s := drawn(2, 1, rows...)
		m, _ := maskOf(s)
		rings := outline(s)
		counts, n := m.runs(width, height)
		var column []bool
		for i, c := range counts {
			for range c {
				column = append(column, i%2 == 1)
			}
		}
		if len(column) != width*height || float64(n) != area(rings) {
			t.Fatalf("%v: %d pixels in the runs, %d set, area %v", rows, len(column), n, area(rings))
		}
		for y := range height {
			for x := range width {
				want := m.set(x, y)
				if column[x*height+y] != want {
					t.Fatalf("%v: pixel %d %d is not in the runs", rows, x, y)
				}
				if len(rings) > 0 && inside(rings, x, y) != want || len(rings) > 0 && inside([]ring{join(rings)}, x, y) != want {
					t.Fatalf("%v: pixel %d %d is not in the outline", rows, x, y)
				}
			}
		}
	}
}

// inside counts how often rings wind around the middle of a pixel.
func inside(rings []ring, x, y int) bool {
	px, py, n := float64(x)+0.5, float64(y)+0.5, 0
	for _, r := range rings {
		for i := 0; i+1 < len(r); i += 2 {
			j := (i + 2) % len(r)
			ax, ay, bx, by := r[i], r[i+1], r[j], r[j+1]
			if (ay > py) != (by > py) && px < (bx-ax)*(py-ay)/(by-ay)+ax {
				if by > ay {
					n++
				} else {
					n--
				}
			}
		}
	}
	return n != 0
}

func TestRunsThatDoNotFitTheirBoxDoNoHarm(t *testing.T) {
	for name, points := range map[string][]float64{
		"none":      {},
		"no box":    {1, 2, 3},
		"too long":  {0, 1e300, 0, 0, 1, 1},
		"too short": {1, 1, 0, 0, 3, 3},
		"negative":  {-5, 3, 0, 0, 1, 1},
		"turned":    {1, 1, 5, 5, 0, 0},
		"huge":      {1, 1, 0, 0, 1e9, 1e9},
		"outside":   {0, 4, -1, -1, 0, 0},
		"far":       {0, 4, 50, 50, 51, 51},
	} {
		t.Run(name, func(t *testing.T) {
			s := annotation.Shape{Type: "mask", Points: points}
			outline(s)
			if m, ok := maskOf(s); ok {
				counts, _ := m.runs(4, 4)
				sum := 0
				for _, c := range counts {
					sum += c
				}
				if sum != 16 {
					t.Errorf("runs %v of 16 pixels", counts)
				}
			}
		})
	}
}
