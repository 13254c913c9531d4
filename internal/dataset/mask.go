package dataset

import (
	"github.com/cvatplan/cvatplan/internal/annotation"
)

// A mask is the pixels of a shape: set(x, y) from left, top, within width and height.
type mask struct {
	left, top, width, height int
	pixels                   []bool // row by row
}

// maxMask bounds what a shape can make us take: CVAT refuses no box, however large.
const maxMask = 1 << 26 // pixels

// maskOf reads a shape's runs: of zeros first, then of ones, in turn, row by row. Runs that are too short or too long
// for the box, which CVAT does not refuse, fill what they fill. False where there is no box.
func maskOf(s annotation.Shape) (mask, bool) {
	n := len(s.Points) - 4
	if n < 0 {
		return mask{}, false
	}
	b := s.Points[n:]
	m := mask{left: int(b[0]), top: int(b[1]), width: int(b[2]) - int(b[0]) + 1, height: int(b[3]) - int(b[1]) + 1}
	if m.width <= 0 || m.height <= 0 || m.width > maxMask || m.height > maxMask || m.width*m.height > maxMask {
		return mask{}, false
	}
	m.pixels = make([]bool, m.width*m.height)
	at := 0
	for i, run := range s.Points[:n] {
		stop := len(m.pixels)
		if run >= 0 && run < float64(stop-at) {
			stop = at + int(run)
		}
		for ; at < stop; at++ {
			m.pixels[at] = i%2 == 1
		}
	}
	return m, true
}

func (m mask) set(x, y int) bool {
	x, y = x-m.left, y-m.top
	return x >= 0 && y >= 0 && x < m.width && y < m.height && m.pixels[y*m.width+x]
}

// runs are COCO's: of zeros first, in turn, column by column of the whole picture. Pixels beyond it are left out.
func (m mask) runs(width, height int) (counts []int, area int) {
	run, value := 0, false
	add := func(n int, set bool) {
		if n == 0 {
			return
		}
		if set != value {
			counts = append(counts, run)
			run, value = 0, set
		}
		run += n
		if set {
			area += n
		}
	}
	left, right := max(m.left, 0), min(m.left+m.width, width)
	top, bottom := max(m.top, 0), min(m.top+m.height, height)
	if left >= right || top >= bottom {
		return []int{width * height}, 0
	}
	add(left*height, false)
	for x := left; x < right; x++ {
		add(top, false)
		for y := top; y < bottom; y++ {
			add(1, m.set(x, y))
		}
		add(height-bottom, false)
	}
	add((width-right)*height, false)
	return append(counts, run), area
}

// A corner is where pixels meet.
type corner struct{ x, y int }

// rings are the lines between the pixels that are set and those that are not, along the pixels' edges, the set ones to
// the right of the line: clockwise around what is set, the other way around holes.
func (m mask) rings() []ring {
	next := map[corner][]corner{}
	edge := func(a, b corner) { next[a] = append(next[a], b) }
	var starts []corner
	for y := m.top; y < m.top+m.height; y++ {
		for x := m.left; x < m.left+m.width; x++ {
			if !m.set(x, y) {
				continue
			}
			if !m.set(x, y-1) {
				edge(corner{x, y}, corner{x + 1, y})
				starts = append(starts, corner{x, y})
			}
			if !m.set(x+1, y) {
				edge(corner{x + 1, y}, corner{x + 1, y + 1})
			}
			if !m.set(x, y+1) {
				edge(corner{x + 1, y + 1}, corner{x, y + 1})
			}
			if !m.set(x-1, y) {
				edge(corner{x, y + 1}, corner{x, y})
			}
		}
	}
	var rings []ring
	for _, start := range starts { // each ring has an edge that runs right, along the top of a pixel
		if r := follow(next, start); len(r) > 0 {
			rings = append(rings, r)
		}
	}
	return rings
}

// follow takes the edges of one ring off, from start, which runs right. Where two pixels meet at a corner alone it
// turns right, so that each keeps a ring of its own.
func follow(next map[corner][]corner, start corner) ring {
	take := func(a corner, i int) corner {
		b := next[a][i]
		next[a] = append(next[a][:i:i], next[a][i+1:]...)
		return b
	}
	first := -1
	for i, b := range next[start] {
		if b.y == start.y && b.x > start.x {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	var r ring
	before, at := start, take(start, first)
	r = append(r, float64(start.x), float64(start.y))
	// Coming down to where it began, it passes between two pixels that meet there alone, and goes on.
	for at != start || before.y < at.y && len(next[at]) > 0 {
		i := 0
		for k, b := range next[at] {
			if cross(before, at, b) > 0 {
				i = k
			}
		}
		after := take(at, i)
		if cross(before, at, after) != 0 {
			r = append(r, float64(at.x), float64(at.y))
		}
		before, at = at, after
	}
	if len(r) >= 4 && cross(before, at, corner{int(r[2]), int(r[3])}) == 0 { // it began in the middle of a line
		r = r[2:]
	}
	return r
}

// cross is above 0 where the way from a over b to c turns right, as seen, with y downwards.
func cross(a, b, c corner) int { return (b.x-a.x)*(c.y-b.y) - (b.y-a.y)*(c.x-b.x) }
