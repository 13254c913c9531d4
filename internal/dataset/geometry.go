package dataset

import (
	"math"
	"slices"

	"github.com/cvatplan/cvatplan/internal/annotation"
)

// A ring is a closed line: x y x y …, its first point not repeated.
type ring []float64

// ellipseSteps is how many corners stand for an ellipse: of one of 1,000 pixels they are half a pixel off at most.
const ellipseSteps = 72

// outline is what a shape encloses; nil of one that encloses nothing, or whose numbers are too large to compute with. A
// mask's is in several rings, the holes among them running the other way round.
func outline(s annotation.Shape) []ring {
	rings := border(s)
	if slices.ContainsFunc(rings, func(r ring) bool { return !annotation.Finite(r...) }) {
		return nil
	}
	return rings
}

func border(s annotation.Shape) []ring {
	p := s.Points
	switch {
	case s.Type == "rectangle" && len(p) == 4:
		return []ring{rotate(ring{p[0], p[1], p[2], p[1], p[2], p[3], p[0], p[3]}, (p[0]+p[2])/2, (p[1]+p[3])/2, s.Rotation)}
	case s.Type == "ellipse" && len(p) == 4:
		return []ring{rotate(ellipse(p[0], p[1], math.Abs(p[2]-p[0]), math.Abs(p[1]-p[3])), p[0], p[1], s.Rotation)}
	case s.Type == "polygon" && len(p) >= 6 && len(p)%2 == 0:
		return []ring{ring(p)}
	case s.Type == "mask":
		if m, ok := maskOf(s); ok {
			return m.rings()
		}
	}
	return nil
}

func ellipse(x, y, rx, ry float64) ring {
	r := make(ring, 0, 2*ellipseSteps)
	for i := range ellipseSteps {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / ellipseSteps)
		r = append(r, round(x+rx*cos), round(y+ry*sin))
	}
	return r
}

// rotate turns a ring clockwise, as seen, by degrees about a point.
func rotate(r ring, x, y, degrees float64) ring {
	if degrees == 0 {
		return r
	}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	out := make(ring, 0, len(r))
	for i := 0; i+1 < len(r); i += 2 {
		dx, dy := r[i]-x, r[i+1]-y
		out = append(out, round(x+dx*cos-dy*sin), round(y+dx*sin+dy*cos))
	}
	return out
}

// round makes what was computed the same on every processor.
func round(x float64) float64 {
	if math.Abs(x) > 1e9 {
		return x
	}
	return math.Round(x*1e6)/1e6 + 0
}

// A box is the smallest upright rectangle around something.
type box struct{ left, top, right, bottom float64 }

func boxOf(rings []ring) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, r := range rings {
		for i := 0; i+1 < len(r); i += 2 {
			b.left, b.right = min(b.left, r[i]), max(b.right, r[i])
			b.top, b.bottom = min(b.top, r[i+1]), max(b.bottom, r[i+1])
		}
	}
	return b
}

func (b box) width() float64  { return round(b.right - b.left) }
func (b box) height() float64 { return round(b.bottom - b.top) }

func (b box) ring() ring {
	return ring{b.left, b.top, b.right, b.top, b.right, b.bottom, b.left, b.bottom}
}

// clip is the part of the box that is in the picture; false where there is none.
func (b box) clip(width, height int) (box, bool) {
	c := box{max(b.left, 0), max(b.top, 0), min(b.right, float64(width)), min(b.bottom, float64(height))}
	return c, c.left < c.right && c.top < c.bottom
}

// area is what rings enclose, holes taken off.
func area(rings []ring) float64 {
	var twice float64
	for _, r := range rings {
		for i := 0; i+1 < len(r); i += 2 {
			j := (i + 2) % len(r)
			twice += r[i]*r[j+1] - r[j]*r[i+1]
		}
	}
	return round(math.Abs(twice) / 2)
}

// join makes one line of several rings, as formats with one polygon a shape need it: lines there and back, which
// enclose nothing, lead from the first ring to each other one.
func join(rings []ring) ring {
	joined := slices.Clone(rings[0])
	for _, r := range rings[1:] {
		joined = append(joined, rings[0][:2]...)
		joined = append(joined, r...)
		joined = append(joined, r[:2]...)
	}
	if len(rings) > 1 {
		joined = append(joined, rings[0][:2]...)
	}
	return joined
}
