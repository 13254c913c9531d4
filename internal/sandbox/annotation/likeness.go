package annotation

import (
	"math"
	"slices"
)

// likeness is how much of what two shapes cover together both cover, from 0 to 1. Only
// rectangles (as if not rotated) and polygons are ever alike.
func likeness(a, b *Shape) float64 {
	if a.Type != b.Type || a.LabelID != b.LabelID {
		return 0
	}
	switch a.Type {
	case Rectangle:
		return coveredBoxes(a.Points, b.Points)
	case Polygon:
		p, q := outline(a.Points, false), outline(b.Points, false)
		if !simple(p) || !simple(q) {
			return 0
		}
		return covered(p, q)
	}
	return 0
}

// coveredBoxes is covered for rectangles, without its rounding: what is equal is alike to
// the last bit, as limits are.
func coveredBoxes(a, b []Float) float64 {
	side := func(from, to int) float64 {
		low := math.Max(float64(min(a[from], a[to])), float64(min(b[from], b[to])))
		high := math.Min(float64(max(a[from], a[to])), float64(max(b[from], b[to])))
		return math.Max(0, high-low)
	}
	areaOf := func(p []Float) float64 { return math.Abs(float64((p[2] - p[0]) * (p[3] - p[1]))) }
	both := side(0, 2) * side(1, 3)
	if areaOf(a) == 0 || areaOf(b) == 0 {
		return 0
	}
	return both / (areaOf(a) + areaOf(b) - both)
}

func covered(p, q []point) float64 {
	areaP, areaQ := math.Abs(area(p)), math.Abs(area(q))
	if areaP == 0 || areaQ == 0 {
		return 0
	}
	if slices.Equal(p, q) {
		return 1
	}
	both := common(p, q)
	return both / (areaP + areaQ - both)
}

// area is positive for an outline that goes one way round, negative for the other.
func area(p []point) float64 {
	sum := 0.0
	for i := range p {
		sum += cross(p[i], p[(i+1)%len(p)])
	}
	return sum / 2
}

func cross(a, b point) float64 { return a.x*b.y - a.y*b.x }

// common is the area that lies in both of two simple polygons. Each is the sum of the
// signed triangles from one corner over its edges, so the common area is that of all
// pairs of triangles.
func common(p, q []point) float64 {
	o := p[0]
	shift := func(r []point) []point {
		moved := make([]point, len(r))
		for i := range r {
			moved[i] = point{r[i].x - o.x, r[i].y - o.y}
		}
		return moved
	}
	p, q = shift(p), shift(q)
	sum := 0.0
	for i := range p {
		for j := range q {
			sum += commonTriangles(p[i], p[(i+1)%len(p)], q[j], q[(j+1)%len(q)])
		}
	}
	if area(p)*area(q) < 0 {
		sum = -sum
	}
	return math.Max(0, sum)
}

// commonTriangles is the signed area common to the triangles from the origin over two edges.
func commonTriangles(a, b, c, d point) float64 {
	sign := 1.0
	if cross(a, b) < 0 {
		a, b, sign = b, a, -sign
	}
	if cross(c, d) < 0 {
		c, d, sign = d, c, -sign
	}
	clipped := []point{{}, a, b}
	for _, edge := range [][2]point{{{}, c}, {c, d}, {d, {}}} {
		clipped = clip(clipped, edge[0], edge[1])
	}
	return sign * math.Abs(area(clipped))
}

// clip keeps what of a convex outline lies to the left of a line.
func clip(p []point, from, to point) []point {
	side := func(r point) float64 {
		return (to.x-from.x)*(r.y-from.y) - (to.y-from.y)*(r.x-from.x)
	}
	var kept []point
	for i := range p {
		here, next := p[i], p[(i+1)%len(p)]
		s, t := side(here), side(next)
		if s >= 0 {
			kept = append(kept, here)
		}
		if s > 0 && t < 0 || s < 0 && t > 0 {
			part := s / (s - t)
			kept = append(kept, point{here.x + (next.x-here.x)*part, here.y + (next.y-here.y)*part})
		}
	}
	return kept
}

// simple tells whether no two edges of an outline cross.
func simple(p []point) bool {
	n := len(p)
	for i := range p {
		for j := i + 2; j < n; j++ {
			if i == 0 && j == n-1 {
				continue // neighbours
			}
			if crosses(p[i], p[(i+1)%n], p[j], p[(j+1)%n]) {
				return false
			}
		}
	}
	return true
}

func crosses(a, b, c, d point) bool {
	side := func(a, b, r point) float64 { return (b.x-a.x)*(r.y-a.y) - (b.y-a.y)*(r.x-a.x) }
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}
