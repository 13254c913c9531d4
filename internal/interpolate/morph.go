package interpolate

import (
	"math"
	"slices"
)

// A point of a polygon or polyline.
type point struct{ x, y float64 }

// A morph is the way of a polygon or polyline from one keyframe to the next, which may have another number of points.
// Points are matched by how far along the curve they lie (0 to 1): each point of the first curve with the nearest of the
// second, and each point of the second that is left with the nearest of the first. The matched pairs move linearly; of
// pairs that share a point, those that lie close together are joined. Where "close" is a tie of floating point numbers
// (a quarter of the way between two straight steps, say), CVAT's own answer depends on its processor.
type morph struct {
	left, right []point
	pairs       [][]int // of each left point, the right ones that it moves to
	closed      bool
}

func newMorph(a, b Keyframe) morph {
	m := morph{left: pointsOf(a.Points), right: pointsOf(b.Points), closed: a.Kind == Polygon}
	if len(m.left) == 0 || len(m.right) == 0 {
		return m
	}
	if m.closed { // for the computation; at opens it again
		m.left, m.right = append(m.left, m.left[0]), append(m.right, m.right[0])
	}
	m.pairs = match(along(m.left), along(m.right))
	return m
}

// at gives the points at a share of the way, 0 to 1.
func (m morph) at(share float64) []float64 {
	var moved []point
	for i, p := range m.left {
		for _, j := range m.pairs[i] {
			q := m.right[j]
			moved = append(moved, point{p.x + (q.x-p.x)*share, p.y + (q.y-p.y)*share})
		}
	}
	reduced := reduce(moved, m.pairs, m.left, m.right)
	if m.closed {
		reduced = reduced[:max(len(reduced)-1, 0)]
	}
	flat := make([]float64, 0, 2*len(reduced))
	for _, p := range reduced {
		flat = append(flat, p.x, p.y)
	}
	return flat
}

func pointsOf(flat []float64) []point {
	points := make([]point, 0, len(flat)/2+1)
	for i := 0; i+1 < len(flat); i += 2 {
		points = append(points, point{flat[i], flat[i+1]})
	}
	return points
}

func distance(a, b point) float64 {
	return math.Sqrt((b.x-a.x)*(b.x-a.x) + (b.y-a.y)*(b.y-a.y))
}

func length(curve []point) float64 {
	var sum float64
	for i := 1; i < len(curve); i++ {
		sum += distance(curve[i-1], curve[i])
	}
	return sum
}

// along says of each point how far along its curve it lies, 0 to 1.
func along(curve []point) []float64 {
	whole, sum := length(curve), 0.0
	offsets := make([]float64, len(curve))
	for i := 1; i < len(curve) && whole > 0; i++ {
		sum += distance(curve[i-1], curve[i])
		offsets[i] = sum / whole
	}
	return offsets
}

// nearest is the first of ascending offsets that is nearest to a value.
func nearest(value float64, offsets []float64) int {
	i, _ := slices.BinarySearch(offsets, value)
	if i == len(offsets) || i > 0 && value-offsets[i-1] <= offsets[i]-value {
		i, _ = slices.BinarySearch(offsets, offsets[i-1])
	}
	return i
}

// match gives for each point of the left curve those of the right one that it moves to, in order.
func match(left, right []float64) [][]int {
	pairs := make([][]int, len(left))
	taken := make([]bool, len(right))
	for i, offset := range left {
		j := nearest(offset, right)
		pairs[i], taken[j] = []int{j}, true
	}
	for j, offset := range right {
		if !taken[j] {
			i := nearest(offset, left)
			pairs[i] = append(pairs[i], j)
		}
	}
	for _, p := range pairs {
		slices.Sort(p)
	}
	return pairs
}

// A reducer joins moved points that came of one point and lie close together.
type reducer struct {
	moved       []point
	pairs       [][]int
	first, last []int // of the moved points of each left point
	left, right []point
	out         []point
}

func reduce(moved []point, pairs [][]int, left, right []point) []point {
	r := reducer{moved: moved, pairs: pairs, left: left, right: right, first: make([]int, len(left)), last: make([]int, len(left))}
	n := 0
	for i, p := range pairs {
		r.first[i], r.last[i] = n, n+len(p)-1
		n += len(p)
	}
	open := -1 // the first of a run of left points that move to one right point
	for i := range left {
		switch {
		case len(pairs[i]) > 1:
			r.closeRun(open, i-1)
			open = -1
			r.spread(i)
		case open < 0:
			open = i
		case pairs[i][0] != pairs[open][0]:
			r.closeRun(open, i-1)
			open = i
		}
	}
	r.closeRun(open, len(left)-1)
	return r.out
}

// closeRun adds a run of left points that move to one right point.
func (r *reducer) closeRun(start, stop int) {
	switch {
	case start < 0:
	case start == stop:
		r.out = append(r.out, r.moved[r.first[start]])
	default:
		r.join(length(r.left[start:stop+1]), stop-start+1, r.first[start], r.first[stop])
	}
}

// spread adds the points of one left point that moves to several right ones.
func (r *reducer) spread(i int) {
	start, stop := r.pairs[i][0], r.pairs[i][len(r.pairs[i])-1]
	r.join(length(r.right[start:stop+1]), stop-start+1, r.first[i], r.last[i])
}

// join adds the moved points from start to stop, without those nearer to the one before than half the curve's mean step.
func (r *reducer) join(base float64, n, start, stop int) {
	least := base / float64(2*n)
	joined := []point{r.moved[start]}
	for i, before := start+1, start; i < stop; i++ {
		if distance(r.moved[before], r.moved[i]) >= least {
			joined = append(joined, r.moved[i])
			before = i
		}
	}
	joined = append(joined, r.moved[stop])
	if len(joined) == 2 && distance(joined[0], joined[1]) < least {
		joined = []point{{(joined[0].x + joined[1].x) / 2, (joined[0].y + joined[1].y) / 2}}
	}
	r.out = append(r.out, joined...)
}
