package rosimage

import "encoding/binary"

// A picture is pixels on their way to a file, made a row at a time, so that no
// whole picture stands in memory between the message and the file.
type picture struct {
	width, height int
	channels      int // 1 grey, 3 RGB, 4 RGBA
	bits          int // of a sample: 8, or 16 in big endian order as PNG has it
	row           func(dst []byte, y int)
}

// stride is the bytes of a row.
func (p *picture) stride() int { return p.width * p.channels * p.bits / 8 }

// picture finds the message's pixels, and checks that they are all there.
func (m *Message) picture(o Options) (*picture, error) {
	if m.Partial {
		return nil, ErrShort
	}
	if !m.Kind.holdsPixels() {
		return m.unpack(o)
	}
	e, ok := encodings[m.Encoding]
	if !ok {
		return nil, m.unsupported()
	}
	g, err := m.grid(e)
	if err != nil {
		return nil, err
	}
	return e.open(g, o)
}

// A grid is rows of pixels inside a message, with bounds that were checked.
type grid struct {
	width, height int // pixels
	rowBytes      int // without padding
	step          int // with it
	bigEndian     bool
	data          []byte
}

// row is the bytes of row y.
func (g grid) row(y int) []byte {
	at := y * g.step
	return g.data[at : at+g.rowBytes : at+g.rowBytes]
}

// words reads row y as 16-bit numbers.
func (g grid) words(dst []uint16, y int) {
	src := g.row(y)
	for x := range dst {
		if g.bigEndian {
			dst[x] = binary.BigEndian.Uint16(src[2*x:])
		} else {
			dst[x] = binary.LittleEndian.Uint16(src[2*x:])
		}
	}
}

// grid checks width, height and step against the bytes that there are. Each is
// first compared with their number, so that no product can overflow.
func (m *Message) grid(e encoding) (grid, error) {
	n := len(m.Data)
	if m.Width <= 0 || m.Height <= 0 {
		return grid{}, malformed("%s of %d x %d pixels", m.Encoding, m.Width, m.Height)
	}
	if m.Width > n || m.Height > n {
		return grid{}, m.tooShort()
	}
	if e.even && m.Width%2 != 0 {
		return grid{}, malformed("%s needs an even width, not %d", m.Encoding, m.Width)
	}
	g := grid{width: m.Width, height: m.Height, rowBytes: m.Width * e.size, step: m.Step, bigEndian: m.BigEndian, data: m.Data}
	if g.step == 0 {
		g.step = g.rowBytes
	}
	if g.step < g.rowBytes {
		return grid{}, malformed("step %d is less than the %d bytes of a row of %s", g.step, g.rowBytes, m.Encoding)
	}
	// The last row may come without its padding.
	if need := uint64(g.height-1)*uint64(g.step) + uint64(g.rowBytes); need > uint64(n) {
		return grid{}, m.tooShort()
	}
	return g, nil
}

func (m *Message) tooShort() error {
	return malformed("%s of %d x %d pixels with step %d does not fit in %d bytes", m.Encoding, m.Width, m.Height, m.Step, len(m.Data))
}
