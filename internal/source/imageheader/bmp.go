package imageheader

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A bitmap is what a BMP's header says, or that of a picture in an icon.
type bitmap struct {
	width, height int64
	bits          int64
	compression   uint32
	pixels        int64 // where they begin
	colour        int64 // bytes of one in the table
}

// bmpHeader judges a BMP by what Pillow opens.
func bmpHeader(r *io.SectionReader) (Header, error) {
	head := make([]byte, 14)
	if err := readFullAt(r, head, 0); err != nil {
		return Header{}, err
	}
	b, err := readBitmap(r, 14, int64(binary.LittleEndian.Uint32(head[10:])))
	h := Header{Width: int(b.width), Height: int(b.height)}
	if err == nil && b.cutOff(r, b.height) {
		err = errCutOff
	}
	return h, err
}

// cutOff reports whether so many rows are not all there.
func (b bitmap) cutOff(r *io.SectionReader, rows int64) bool {
	if b.compression == 1 || b.compression == 2 {
		return b.shortRuns(r, rows)
	}
	padding := b.row() - (b.width*b.bits+7)/8 // nobody reads the last one's
	return b.pixels+b.row()*rows-padding > r.Size()
}

// shortRuns counts the pixels of run-length encoded rows.
func (b bitmap) shortRuns(r *io.SectionReader, rows int64) bool {
	in := bufio.NewReader(io.NewSectionReader(r, b.pixels, max(r.Size()-b.pixels, 0)))
	at := b.pixels
	take := func() (int64, bool) {
		c, err := in.ReadByte()
		at++
		return int64(c), err == nil
	}
	pixels, x := int64(0), int64(0)
	for pixels < rows*b.width {
		run, ok := take()
		value, more := take()
		switch {
		case !ok || !more || run == 0 && value == 1: // the end
			return true
		case run > 0:
			run = min(run, max(b.width-x, 0))
			pixels, x = pixels+run, x+run
		case value == 0:
			pixels, x = (pixels+b.width-1)/b.width*b.width, 0
		case value == 2:
			right, _ := take()
			up, ok := take()
			if !ok {
				return true
			}
			pixels += right + up*b.width
			x = pixels % b.width
		default:
			length, each := value, int64(1)
			if b.compression == 2 {
				length, each = value/2, 2
			}
			for range length {
				if _, ok := take(); !ok {
					return true
				}
			}
			pixels, x = pixels+length*each, x+value
			if at%2 != 0 {
				take()
			}
		}
	}
	return false
}

// row is the bytes of one row of pixels, padded.
func (b bitmap) row() int64 { return (b.width*b.bits + 31) / 32 * 4 }

var (
	bmpHeaders = []uint32{12, 40, 52, 56, 64, 108, 124}
	bmpBits    = []int64{1, 4, 8, 16, 24, 32}
	// bmpMasks are the places of red, green, blue and alpha that Pillow knows, by the bits of a pixel.
	bmpMasks = map[int64][][4]uint32{
		32: {
			{0xff0000, 0xff00, 0xff, 0}, {0xff000000, 0xff0000, 0xff00, 0}, {0xff000000, 0xff00, 0xff, 0}, {0xff000000, 0xff0000, 0xff00, 0xff},
			{0xff, 0xff00, 0xff0000, 0xff000000}, {0xff0000, 0xff00, 0xff, 0xff000000}, {0xff000000, 0xff00, 0xff, 0xff0000}, {},
		},
		24: {{0xff0000, 0xff00, 0xff}},
		16: {{0xf800, 0x7e0, 0x1f}, {0x7c00, 0x3e0, 0x1f}},
	}
)

// readBitmap reads the header at an offset; pixels is where the file says that they begin, 0 if it does not.
func readBitmap(r *io.SectionReader, at, pixels int64) (bitmap, error) {
	b := bitmap{pixels: pixels}
	size := make([]byte, 4)
	if err := readFullAt(r, size, at); err != nil {
		return b, err
	}
	n := binary.LittleEndian.Uint32(size)
	if !slices.Contains(bmpHeaders, n) {
		return b, fmt.Errorf("there is no header of %d bytes", n)
	}
	d := make([]byte, n)
	if err := readFullAt(r, d, at); err != nil {
		return b, err
	}
	colours := b.read(d)
	if !slices.Contains(bmpBits, b.bits) {
		return b, fmt.Errorf("there are no pixels of %d bits", b.bits)
	}
	if b.width == 0 || b.height == 0 {
		return b, fmt.Errorf("it has %d x %d pixels", b.width, b.height)
	}
	end := at + int64(n)
	masks, err := b.masks(r, d, end)
	if err != nil {
		return b, err
	}
	if b.colour = 4; n == 12 {
		b.colour = 3
	}
	table, err := b.table(colours, r.Size()-end)
	if err != nil {
		return b, err
	}
	if b.width > b.row() && b.ramp(r, end, table) {
		return b, errors.New("its colours are grey, one for each number: CVAT takes its pixels for bytes")
	}
	switch b.pixels {
	case end: // as if there were no table of colours
		b.pixels += table
	case 0:
		b.pixels = end + masks + table
	}
	return b, nil
}

// read takes the fields of a header, and gives how many colours its table has, 0 where the bits of a pixel say it.
func (b *bitmap) read(d []byte) (colours int64) {
	le := binary.LittleEndian
	if len(d) == 12 {
		b.width, b.height, b.bits = int64(le.Uint16(d[4:])), int64(le.Uint16(d[6:])), int64(le.Uint16(d[10:]))
		return 0
	}
	b.width, b.height, b.bits = int64(le.Uint32(d[4:])), int64(le.Uint32(d[8:])), int64(le.Uint16(d[14:]))
	if d[11] == 0xff { // from top to bottom
		b.height = 1<<32 - b.height
	}
	b.compression = le.Uint32(d[16:])
	return int64(le.Uint32(d[32:]))
}

// table is the bytes of the table of colours, of which Pillow reads what is there.
func (b bitmap) table(colours, room int64) (int64, error) {
	if b.bits > 8 {
		return 0, nil
	}
	if colours == 0 {
		colours = 1 << b.bits
	}
	if colours > 65536 || min(colours*b.colour, room) > 256*b.colour {
		return 0, fmt.Errorf("it has %d colours", colours)
	}
	return b.colour * colours, nil
}

// ramp reports whether the colours are black, the next lighter grey and so on: Pillow then reads a byte a pixel. Two of them are black and white.
func (b bitmap) ramp(r io.ReaderAt, at, table int64) bool {
	if table == 0 || b.bits > 8 || table > 4*256 {
		return false
	}
	each := b.colour
	colours := make([]byte, table)
	if readFullAt(r, colours, at) != nil || table/each == 2 {
		return false
	}
	for i := range table / each {
		if c := colours[i*each:]; int64(c[0]) != i || int64(c[1]) != i || int64(c[2]) != i {
			return false
		}
	}
	return true
}

// masks says how many bytes behind the header are masks, and whether Pillow knows such.
func (b bitmap) masks(r *io.SectionReader, d []byte, end int64) (int64, error) {
	switch {
	case b.compression == 0 || b.compression <= 2 && b.bits <= 8:
		return 0, nil
	case b.compression != 3:
		return 0, fmt.Errorf("its compression %d is none that CVAT opens", b.compression)
	}
	var behind int64
	number, from := 3, d
	switch {
	case len(d) >= 56:
		number, from = 4, d[40:]
	case len(d) >= 52:
		from = d[40:]
	default:
		from, behind = make([]byte, 12), 12
		if err := readFullAt(r, from, end); err != nil {
			return 0, err
		}
	}
	var have [4]uint32
	for i := range number {
		have[i] = binary.LittleEndian.Uint32(from[4*i:])
	}
	if b.bits != 32 {
		have[3] = 0
	}
	if !slices.Contains(bmpMasks[b.bits], have) {
		return 0, errors.New("its colours have places that CVAT does not open")
	}
	return behind, nil
}
