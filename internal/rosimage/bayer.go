package rosimage

import "encoding/binary"

// bayer interpolates a colour filter's pattern bilinearly: each missing colour is
// the mean of the two or four neighbours that have it. redX and redY say where in
// the first two by two pixels red is.
//
// The outermost rows and columns, which lack neighbours, repeat the ones next to
// them. That is what OpenCV does, and so every tool of ROS.
func bayer(bits, redX, redY int) func(grid, Options) (*picture, error) {
	return func(g grid, _ Options) (*picture, error) {
		if g.width < 3 || g.height < 3 {
			return nil, malformed("a Bayer pattern of %d x %d pixels is too small for its colours", g.width, g.height)
		}
		d := demosaic{grid: g, redX: redX, redY: redY}
		p := &picture{width: g.width, height: g.height, channels: 3, bits: bits, row: d.row8}
		if bits == 16 {
			p.row = d.rows16()
		}
		return p, nil
	}
}

type demosaic struct {
	grid
	redX, redY int
}

// around is the row whose neighbours row y is made of.
func (d demosaic) around(y int) int { return min(max(y, 1), d.height-2) }

func (d demosaic) row8(dst []byte, y int) {
	y = d.around(y)
	interpolate(dst, d.row(y-1), d.row(y), d.row(y+1), d.phase(y))
}

// rows16 is row8 for 16-bit samples, with memory of its own to swap their bytes in.
func (d demosaic) rows16() func(dst []byte, y int) {
	var in [3][]uint16
	for i := range in {
		in[i] = make([]uint16, d.width)
	}
	out := make([]uint16, 3*d.width)
	return func(dst []byte, y int) {
		y = d.around(y)
		for i := range in {
			d.words(in[i], y-1+i)
		}
		interpolate(out, in[0], in[1], in[2], d.phase(y))
		for i, v := range out {
			binary.BigEndian.PutUint16(dst[2*i:], v)
		}
	}
}

// A phase says what is where in a row: its colour next to green is red or blue,
// in the columns of one parity; the third colour is above and below.
type phase struct {
	own, other int // channels
	parity     int // of the columns of own
}

func (d demosaic) phase(y int) phase {
	if y&1 == d.redY {
		return phase{own: 0, other: 2, parity: d.redX}
	}
	return phase{own: 2, other: 0, parity: 1 - d.redX}
}

// interpolate makes a row of RGB of three rows of samples.
func interpolate[T uint8 | uint16](dst, up, mid, down []T, p phase) {
	n := len(mid)
	up, down, dst = up[:n], down[:n], dst[:3*n]
	for x := 1; x < n-1; x++ {
		px := dst[3*x : 3*x+3 : 3*x+3]
		if x&1 == p.parity {
			px[p.own] = mid[x]
			px[1] = mean4(up[x], down[x], mid[x-1], mid[x+1])
			px[p.other] = mean4(up[x-1], up[x+1], down[x-1], down[x+1])
		} else {
			px[p.own] = mean2(mid[x-1], mid[x+1])
			px[1] = mid[x]
			px[p.other] = mean2(up[x], down[x])
		}
	}
	copy(dst[:3], dst[3:6])
	copy(dst[3*n-3:], dst[3*n-6:3*n-3])
}

func mean2[T uint8 | uint16](a, b T) T { return T((uint32(a) + uint32(b) + 1) / 2) }
func mean4[T uint8 | uint16](a, b, c, d T) T {
	return T((uint32(a) + uint32(b) + uint32(c) + uint32(d) + 2) / 4)
}
