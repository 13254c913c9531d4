package annotation

import "math"

// likeness is how much of what two shapes cover together both cover, from 0 to 1. Only
// rectangles (as if not rotated) and polygons are ever alike.
func likeness(a, b *Shape) float64 {
	if a.Type != b.Type || a.LabelID != b.LabelID {
		return 0
	}
	switch a.Type {
	case Rectangle:
		return covered(box(a.Points), box(b.Points))
	case Polygon:
		p, q := outline(a.Points, false), outline(b.Points, false)
		if !simple(p) || !simple(q) {
			return 0
		}
		return covered(p, q)
	}
	return 0
}

func box(p []Float) []point {
	x1, y1, x2, y2 := float64(p[0]), float64(p[1]), float64(p[2]), float64(p[3])
	return []point{{x1, y1}, {x2, y1}, {x2, y2}, {x1, y2}}
}

func covered(p, q []point) float64 {
	areaP, areaQ := math.Abs(area(p)), math.Abs(area(q))
	if areaP == 0 || areaQ == 0 {
		return 0
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
