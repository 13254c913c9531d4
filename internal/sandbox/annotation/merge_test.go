package annotation

import (
	"math"
	"testing"
)

func rectangle(x1, y1, x2, y2 Float) *Shape {
	return &Shape{Type: Rectangle, Points: []Float{x1, y1, x2, y2}}
}

func TestLikenessIsTheCommonShareOfTheArea(t *testing.T) {
	triangle := &Shape{Type: Polygon, Points: []Float{0, 0, 10, 0, 0, 10}}
	other := &Shape{Type: Polygon, Points: []Float{10, 10, 0, 10, 10, 0}}
	square := &Shape{Type: Polygon, Points: []Float{0, 0, 0, 10, 10, 10, 10, 0}}
	bow := &Shape{Type: Polygon, Points: []Float{0, 0, 10, 10, 10, 0, 0, 10}}
	notch := &Shape{Type: Polygon, Points: []Float{0, 0, 10, 0, 10, 10, 5, 5, 0, 10}} // 75 of the square's 100
	for name, test := range map[string]struct {
		a, b *Shape
		want float64
	}{
		"the same box":           {rectangle(11.8, 5.6, 28.8, 11.6), rectangle(11.8, 5.6, 28.8, 11.6), 1},
		"far off the origin":     {rectangle(1011.864, 5.59, 1028.864, 11.59), rectangle(1011.864, 5.59, 1028.864, 11.59), 1},
		"half":                   {rectangle(0, 0, 10, 10), rectangle(0, 0, 10, 20), 0.5},
		"a corner":               {rectangle(0, 0, 10, 10), rectangle(5, 5, 15, 15), 25.0 / 175},
		"apart":                  {rectangle(0, 0, 10, 10), rectangle(20, 20, 30, 30), 0},
		"no area":                {rectangle(0, 0, 10, 10), rectangle(0, 0, 0, 10), 0},
		"a triangle in a square": {triangle, square, 0.5},
		"triangles that touch":   {triangle, other, 0},
		"a hollow":               {notch, square, 0.75},
		"a bow is no area":       {bow, bow, 0},
		"another type":           {triangle, rectangle(0, 0, 10, 10), 0},
	} {
		if got := likeness(test.a, test.b); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
		if got := likeness(test.b, test.a); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%s, the other way round: %v, want %v", name, got, test.want)
		}
	}
}

func TestAssignmentCostsTheLeast(t *testing.T) {
	for _, test := range []struct {
		cost    [][]float64
		columns int
		want    []int
	}{
		{[][]float64{{1, 2}, {1, 4}}, 2, []int{1, 0}},
		{[][]float64{{4, 1, 3}, {2, 0, 5}, {3, 2, 2}}, 3, []int{1, 0, 2}},
		{[][]float64{{1}, {0}}, 1, []int{-1, 0}},
		{[][]float64{{5, 1}}, 2, []int{1}},
		{nil, 3, nil},
	} {
		got := assign(test.cost, test.columns)
		for i := range test.want {
			if got[i] != test.want[i] {
				t.Errorf("%v: %v, want %v", test.cost, got, test.want)
				break
			}
		}
	}
}
