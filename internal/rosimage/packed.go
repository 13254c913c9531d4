package rosimage

// grey8 is a byte a pixel, as it is.
func grey8(g grid, _ Options) (*picture, error) {
	return &picture{
		width: g.width, height: g.height, channels: 1, bits: 8,
		row: func(dst []byte, y int) { copy(dst, g.row(y)) },
	}, nil
}

// grey16 is two bytes a pixel; with a range, millimetres.
func grey16(g grid, o Options) (*picture, error) {
	if o.Depth != nil {
		return depth16(g, o)
	}
	return &picture{
		width: g.width, height: g.height, channels: 1, bits: 16,
		row: func(dst []byte, y int) { g.copy16(dst, y) },
	}, nil
}

// copy16 copies row y of 16-bit samples in big endian order.
func (g grid) copy16(dst []byte, y int) {
	src := g.row(y)
	if g.bigEndian {
		copy(dst, src)
		return
	}
	dst = dst[:len(src)]
	for i := 0; i+1 < len(src); i += 2 {
		dst[i], dst[i+1] = src[i+1], src[i]
	}
}

// packed is pixels of interleaved samples; from says where in a pixel each channel
// of the picture is.
func packed(bits int, from ...int) func(grid, Options) (*picture, error) {
	return func(g grid, _ Options) (*picture, error) {
		p := &picture{width: g.width, height: g.height, channels: len(from), bits: bits}
		if bits == 16 {
			p.row = func(dst []byte, y int) { g.copy16(dst, y); swap16(dst, 2*len(from), from[0] != 0) }
		} else {
			p.row = func(dst []byte, y int) { copy(dst, g.row(y)); swap8(dst, len(from), from[0] != 0) }
		}
		return p, nil
	}
}

// swap8 exchanges red and blue in pixels of n bytes.
func swap8(px []byte, n int, swap bool) {
	for ; swap && len(px) >= n; px = px[n:] {
		px[0], px[2] = px[2], px[0]
	}
}

// swap16 is swap8 for samples of two bytes.
func swap16(px []byte, n int, swap bool) {
	for ; swap && len(px) >= n; px = px[n:] {
		px[0], px[1], px[4], px[5] = px[4], px[5], px[0], px[1]
	}
}
