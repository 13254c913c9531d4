package choose

import "image"

// A Look is what an image shows, in two numbers.
type Look struct {
	Hash      uint64  // images that look alike differ in few bits
	Sharpness float64 // of images of one size the sharper has more; in squares of 8-bit shades
}

// maxSide bounds the picture whose sharpness is measured, in pixels a side.
const maxSide = 1024

// The cells of a hash.
const columns, rows = 9, 8

// Of looks at an image. Its memory is the shrunk picture's, two bytes a pixel.
func Of(img image.Image) Look {
	g := newGrey(img)
	if g.width <= 0 || g.height <= 0 {
		return Look{}
	}
	cells := newCells(g.width, g.height)
	small := newShrunk(g.width, g.height)
	row := make([]uint16, g.width)
	for y := range g.height {
		g.row(row, y)
		cells.add(row, y)
		small.add(row)
	}
	small.end()
	return Look{Hash: cells.hash(), Sharpness: small.laplacian() / float64(g.scale*g.scale)}
}

// cells are the sums of what each cell of a hash covers: the picture is thought of as columns times as wide and
// rows times as high, so that borders between cells are whole numbers and nothing is rounded on the way.
type cells struct {
	width, height int
	sums          [rows][columns]uint64
	line          [columns]uint64
}

func newCells(width, height int) *cells { return &cells{width: width, height: height} }

func (c *cells) add(row []uint16, y int) {
	c.line = [columns]uint64{}
	each(c.width, columns, row, &c.line)
	for cell, from := y*rows/c.height, y*rows; from < (y+1)*rows; cell++ {
		to := min((cell+1)*c.height, (y+1)*rows)
		for x, v := range c.line {
			c.sums[cell][x] += v * uint64(to-from)
		}
		from = to
	}
}

// each adds the pixels of a row to the n cells that share it.
func each(width, n int, row []uint16, line *[columns]uint64) {
	cell, border := 0, width
	for x, v := range row {
		from, to := x*n, (x+1)*n
		for to > border {
			line[cell] += uint64(v) * uint64(border-from)
			from = border
			cell++
			border += width
		}
		line[cell] += uint64(v) * uint64(to-from)
		if to == border {
			cell++
			border += width
		}
	}
}

func (c *cells) hash() (hash uint64) {
	area := uint64(c.width) * uint64(c.height)
	for _, line := range c.sums {
		for x := 1; x < columns; x++ {
			hash <<= 1
			if (line[x]+area/2)/area > (line[x-1]+area/2)/area {
				hash |= 1
			}
		}
	}
	return hash
}

// shrunk is a picture of which each pixel is the average of a square of another's.
type shrunk struct {
	factor, width, height int
	source                int // width of the other
	pix                   []uint16
	sums                  []uint64
	lines                 int // in sums
}

func newShrunk(width, height int) *shrunk {
	f := (max(width, height) + maxSide - 1) / maxSide
	s := &shrunk{factor: f, width: (width + f - 1) / f, height: (height + f - 1) / f, source: width}
	s.pix = make([]uint16, 0, s.width*s.height)
	s.sums = make([]uint64, s.width)
	return s
}

func (s *shrunk) add(row []uint16) {
	if s.factor == 1 {
		s.pix = append(s.pix, row...)
		return
	}
	for x := range s.sums {
		sum := uint64(0)
		for _, v := range row[x*s.factor : min((x+1)*s.factor, len(row))] {
			sum += uint64(v)
		}
		s.sums[x] += sum
	}
	if s.lines++; s.lines == s.factor {
		s.end()
	}
}

// end averages the rows that were added.
func (s *shrunk) end() {
	if s.lines == 0 {
		return
	}
	for x, sum := range s.sums {
		n := uint64(min(s.factor, s.source-x*s.factor) * s.lines)
		s.pix = append(s.pix, uint16((sum+n/2)/n))
		s.sums[x] = 0
	}
	s.lines = 0
}

// laplacian is the variance of the Laplacian. The sums are whole numbers, so their order does not matter; the
// conversions keep the few steps after them from being fused, which not all machines do.
func (s *shrunk) laplacian() float64 {
	var sum, squares int64
	for y := range s.height {
		here, up, down := s.line(y), s.line(mirrored(y-1, s.height)), s.line(mirrored(y+1, s.height))
		left := here[mirrored(-1, s.width)]
		for x, v := range here {
			right := here[mirrored(x+1, s.width)]
			change := int64(up[x]) + int64(down[x]) + int64(left) + int64(right) - 4*int64(v)
			sum += change
			squares += change * change
			left = v
		}
	}
	n := float64(s.width * s.height)
	mean := float64(sum) / n
	return float64(squares)/n - float64(mean*mean)
}

func (s *shrunk) line(y int) []uint16 { return s.pix[y*s.width : (y+1)*s.width] }

// mirrored is where a place beyond the border lies, the edge itself not repeated.
func mirrored(i, n int) int {
	switch {
	case n == 1:
		return 0
	case i < 0:
		return -i
	case i >= n:
		return 2*n - 2 - i
	}
	return i
}
