package rosimage

// planes is the colour that follows a plane of luma: one of each colour for down x down
// pixels, in wide times as many bytes as luma has for as many rows. The padding behind
// its last row, which may be missing, is tail halves of that behind a row of luma.
type planes struct{ down, wide, tail int }

// rows is how many rows of colour a picture has.
func (p planes) rows(height int) int { return (height + p.down - 1) / p.down }

// need is how many bytes luma and colour have.
func (p planes) need(g grid) uint64 {
	rows := uint64(g.height) + uint64(p.wide)*uint64(p.rows(g.height)) // of g.step bytes
	return rows*uint64(g.step) - uint64(g.step-g.rowBytes)*uint64(p.tail)/2
}

// luma is the height of a picture whose message counts the rows of colour too, as
// OpenCV's matrices do; 0 if it cannot be one.
func (p planes) luma(height int) int {
	if p.down == 2 && height%3 == 0 {
		return height / 3 * 2
	}
	if p.down == 1 && height%3 == 0 {
		return height / 3
	}
	return 0
}

// semiPlanar is luma, then rows of interleaved colour, u and v at these bytes of each
// pair, for every down x down pixels.
func semiPlanar(down, u, v int) func(grid, Options) (*picture, error) {
	return func(g grid, _ Options) (*picture, error) {
		step := g.step * 2 / down
		colour := g.data[g.height*g.step:]
		return planar(g, down, func(x, y int) (byte, byte) {
			pair := colour[y*step+2*x:]
			return pair[u], pair[v]
		}), nil
	}
}

// i420 is luma, then a plane of u and one of v, whose rows are half as long as luma's.
func i420(g grid, _ Options) (*picture, error) {
	step := g.step / 2
	u := g.data[g.height*g.step:]
	v := u[(g.height+1)/2*step:]
	return planar(g, 2, func(x, y int) (byte, byte) { return u[y*step+x], v[y*step+x] }), nil
}

// planar joins luma with the colour that at gives for each down x down pixels.
func planar(g grid, down int, at func(x, y int) (u, v byte)) *picture {
	row := func(dst []byte, y int) {
		for x, l := range g.row(y) {
			r, gr, b := chroma(at(x/down, y/down))
			luma(dst[3*x:3*x+3], l, r, gr, b)
		}
	}
	return &picture{width: g.width, height: g.height, channels: 3, bits: 8, row: row}
}
