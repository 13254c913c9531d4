package annotation

import (
	"math"
	"slices"
)

// A morph turns one outline into another. Each point of one side has a partner on the
// other: the one that lies at the nearest share of the outline's length. Where many
// points go to few, those that come to lie close together are thinned out.
type morph struct {
	closed      bool
	left, right []point
	partners    [][]int // of each left point, in order
}

type point struct{ x, y float64 }

func (p point) distance(q point) float64 { return math.Hypot(p.x-q.x, p.y-q.y) }

func newMorph(a, b []Float, closed bool) *morph {
	m := &morph{closed: closed, left: outline(a, closed), right: outline(b, closed)}
	l, r := shares(m.left), shares(m.right)
	m.partners = make([][]int, len(m.left))
	taken := make([]bool, len(m.right))
	for i, share := range l {
		j := nearest(share, r)
		m.partners[i], taken[j] = []int{j}, true
	}
	for j, share := range r {
		if !taken[j] {
			i := nearest(share, l)
			m.partners[i] = append(m.partners[i], j)
		}
	}
	for _, p := range m.partners {
		slices.Sort(p)
	}
	return m
}

// outline are the points as pairs; a closed one ends where it begins.
func outline(flat []Float, closed bool) []point {
	var all []point
	for i := 0; i+1 < len(flat); i += 2 {
		all = append(all, point{float64(flat[i]), float64(flat[i+1])})
	}
	if closed && len(all) > 0 {
		all = append(all, all[0])
	}
	return all
}

func length(points []point) float64 {
	sum := 0.0
	for i := 1; i < len(points); i++ {
		sum += points[i-1].distance(points[i])
	}
	return sum
}

// shares are how much of the outline's length lies before each point, from 0 to 1.
func shares(points []point) []float64 {
	all := make([]float64, len(points))
	total, sum := length(points), 0.0
	for i := 1; i < len(points); i++ {
		sum += points[i-1].distance(points[i])
		all[i] = sum / total
	}
	return all
}

// nearest is the first place in a list whose value is nearest to v.
func nearest(v float64, in []float64) int {
	best := 0
	for i := range in {
		if math.Abs(v-in[i]) < math.Abs(v-in[best]) {
			best = i
		}
	}
	return best
}

// at is the outline at a part of the way, from 0 to 1.
func (m *morph) at(part float64) []Float {
	var moved []point
	first := make([]int, len(m.left)) // of each left point's pairs in moved
	for i, l := range m.left {
		first[i] = len(moved)
		for _, j := range m.partners[i] {
			r := m.right[j]
			moved = append(moved, point{l.x + (r.x-l.x)*part, l.y + (r.y-l.y)*part})
		}
	}
	thinned := m.thin(moved, first)
	if m.closed {
		thinned = thinned[:len(thinned)-1]
	}
	flat := make([]Float, 0, 2*len(thinned))
	for _, p := range thinned {
		flat = append(flat, Float(p.x), Float(p.y))
	}
	return flat
}

// thin goes along the left points. Runs of points that have one partner each are thinned
// by the left outline's measure, a point with several partners by the right one's.
func (m *morph) thin(moved []point, first []int) []point {
	var out []point
	run := -1 // where a run began
	end := func(last int) {
		if run < 0 {
			return
		}
		if run == last {
			out = append(out, moved[first[run]])
			return
		}
		out = append(out, spaced(moved[first[run]:first[last]+1], m.left[run:last+1])...)
	}
	for i, partners := range m.partners {
		switch {
		case len(partners) > 1:
			end(i - 1)
			run = -1
			out = append(out, spaced(moved[first[i]:first[i]+len(partners)], m.right[partners[0]:partners[len(partners)-1]+1])...)
		case run < 0:
			run = i
		case partners[0] != m.partners[run][0]:
			end(i - 1)
			run = i
		}
	}
	end(len(m.left) - 1)
	return out
}

// spaced leaves out points that are closer to the last one kept than half the mean
// spacing of the original; two ends that are so close become one.
func spaced(moved, original []point) []point {
	closest := length(original) / float64(2*len(original))
	kept := []point{moved[0]}
	for _, p := range moved[1 : len(moved)-1] {
		if p.distance(kept[len(kept)-1]) >= closest {
			kept = append(kept, p)
		}
	}
	last := moved[len(moved)-1]
	if len(kept) == 1 && kept[0].distance(last) < closest {
		return []point{{(kept[0].x + last.x) / 2, (kept[0].y + last.y) / 2}}
	}
	return append(kept, last)
}
