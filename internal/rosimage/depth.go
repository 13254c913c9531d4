package rosimage

import (
	"encoding/binary"
	"math"
)

// A depths reads row y of a depth image as metres. What is unknown is 0 or less, or
// no number.
type depths func(metres []float64, y int)

// depth16 is whole millimetres (REP 118): without a range the picture is the
// samples themselves.
func depth16(g grid, o Options) (*picture, error) {
	if o.Depth == nil {
		return grey16(g, o)
	}
	buf := make([]uint16, g.width)
	return depthPicture(g.width, g.height, o, func(metres []float64, y int) {
		g.words(buf, y)
		for x, v := range buf {
			metres[x] = float64(v) / 1000
		}
	}), nil
}

// signed16 is depth16 of signed millimetres: what is below 0 is unknown.
func signed16(g grid, o Options) (*picture, error) {
	order := g.order()
	return depthPicture(g.width, g.height, o, func(metres []float64, y int) {
		src := g.row(y)
		for x := range metres {
			metres[x] = float64(int16(order.Uint16(src[2*x:]))) / 1000
		}
	}), nil
}

// depth32 is metres as 32-bit floats.
func depth32(g grid, o Options) (*picture, error) {
	order := g.order()
	return depthPicture(g.width, g.height, o, func(metres []float64, y int) {
		src := g.row(y)
		for x := range metres {
			metres[x] = float64(math.Float32frombits(order.Uint32(src[4*x:])))
		}
	}), nil
}

// depth64 is metres as 64-bit floats.
func depth64(g grid, o Options) (*picture, error) {
	order := g.order()
	return depthPicture(g.width, g.height, o, func(metres []float64, y int) {
		src := g.row(y)
		for x := range metres {
			metres[x] = math.Float64frombits(order.Uint64(src[8*x:]))
		}
	}), nil
}

// depthPicture is millimetres in 16 bits, or a range in 8.
func depthPicture(width, height int, o Options, read depths) *picture {
	metres := make([]float64, width)
	p := &picture{width: width, height: height, channels: 1, bits: 16}
	p.row = func(dst []byte, y int) { read(metres, y); putMillimetres(dst, metres) }
	if r := o.Depth; r != nil {
		p.bits = 8
		p.row = func(dst []byte, y int) { read(metres, y); r.put(dst, metres) }
	}
	return p
}

// putMillimetres writes 16-bit samples: 0 for unknown depths and for infinite
// ones, and 65535 for all beyond 65.535 m.
func putMillimetres(dst []byte, metres []float64) {
	for x, d := range metres {
		v := 0.0
		if known(d) {
			v = min(d*1000+0.5, math.MaxUint16)
		}
		binary.BigEndian.PutUint16(dst[2*x:], uint16(v))
	}
}

// put writes 8-bit samples.
func (r Range) put(dst []byte, metres []float64) {
	scale := 255 / (r.Max - r.Min)
	for x, d := range metres {
		v := 0.0
		if known(d) {
			v = min(max((d-r.Min)*scale, 0), 255)
		}
		dst[x] = byte(v + 0.5)
	}
}

// known is false for NaN too.
func known(d float64) bool { return d > 0 && d <= math.MaxFloat32 }
