package rosimage

import "encoding/binary"

// A picture is pixels on their way to a file, made a row at a time, so that no
// whole picture is in memory between the message and the file.
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
	if !m.holdsPixels() {
		return m.unpack(o)
	}
	e, ok := encodingOf(m.Encoding)
	if !ok {
		return nil, m.unsupported()
	}
	g, err := m.grid(e, len(m.Data))
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

// order is that of the samples' bytes.
func (g grid) order() binary.ByteOrder {
	if g.bigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
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

// grid checks width, height and step against n bytes of data. Each is first compared
// with their number, so that no product can overflow.
func (m *Message) grid(e encoding, n int) (grid, error) {
	if m.Width <= 0 || m.Height <= 0 {
		return grid{}, malformed("%s of %d x %d pixels", m.Encoding, m.Width, m.Height)
	}
	if m.Width > n || m.Height > n {
		return grid{}, m.tooShort(n)
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
	need := e.need(g)
	if e.chroma != nil && need > uint64(n) {
		if luma := e.chroma.luma(g.height); luma > 0 {
			g.height = luma
			need = e.need(g)
		}
	}
	if need > uint64(n) {
		return grid{}, m.tooShort(n)
	}
	return g, nil
}

// need is how many bytes a picture has. Its last row may come without its padding.
func (e encoding) need(g grid) uint64 {
	if e.chroma != nil {
		return e.chroma.need(g)
	}
	return uint64(g.height-1)*uint64(g.step) + uint64(g.rowBytes)
}

func (m *Message) tooShort(n int) error {
	return malformed("%s of %d x %d pixels with step %d does not fit in %d bytes", m.Encoding, m.Width, m.Height, m.Step, n)
}
