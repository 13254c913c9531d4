package imageheader

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// gifHeader goes to the first picture of a GIF, over extensions and over bytes that are neither, as Pillow does, and follows the codes of its
// pixels: they cost little, and what is damaged in them shows. A picture that is larger than the GIF says is shown whole.
func gifHeader(file *io.SectionReader) (Header, error) {
	r := bufio.NewReader(file)
	head, err := take(r, 13)
	if err != nil {
		return Header{}, err
	}
	if err := skipColours(r, head[10]); err != nil {
		return Header{}, err
	}
	for n := 0; n < maxHeader; n++ {
		c, err := r.ReadByte()
		switch {
		case err != nil:
			return Header{}, err
		case c == ',':
			return gifPicture(r, head)
		case c == ';':
			return Header{}, errors.New("it has no picture")
		case c == '!':
			err = skipExtension(r)
		}
		if err != nil {
			return Header{}, err
		}
	}
	return Header{}, errors.New("its picture does not come")
}

// skipColours passes over a table of colours, if these flags say that there is one.
func skipColours(r *bufio.Reader, flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	return skip(r, 3<<(flags&7+1))
}

// skipExtension passes over the blocks of an extension, the last of which is empty.
func skipExtension(r *bufio.Reader) error {
	label, err := r.ReadByte()
	for first := true; err == nil; first = false {
		var n byte
		if n, err = r.ReadByte(); err != nil || n == 0 {
			return err
		}
		if first && label == 0xf9 && n < 4 { // times and transparency of a frame
			return fmt.Errorf("the control of a frame has %d bytes", n)
		}
		err = skip(r, int(n))
	}
	return err
}

// gifPicture judges the picture, behind its first byte.
func gifPicture(r *bufio.Reader, head []byte) (Header, error) {
	le := binary.LittleEndian
	b, err := take(r, 9)
	if err != nil {
		return Header{}, errCutOff
	}
	width, height := int(le.Uint16(b[4:])), int(le.Uint16(b[6:]))
	h := Header{
		Width:  max(int(le.Uint16(head[6:])), int(le.Uint16(b))+width),
		Height: max(int(le.Uint16(head[8:])), int(le.Uint16(b[2:]))+height),
	}
	if width == 0 || height == 0 {
		return h, fmt.Errorf("its picture has %d x %d pixels", width, height)
	}
	if err := skipColours(r, b[8]); err != nil {
		return h, errCutOff
	}
	bits, err := r.ReadByte()
	switch {
	case err != nil:
		return h, errCutOff
	case bits > gifMaxBits:
		return h, fmt.Errorf("its pixels have %d bits", bits)
	case tooLarge(h) != nil:
		return h, nil // which is said elsewhere
	}
	return h, (&gifCodes{r: r}).follow(uint(bits), width*height)
}

// gifMaxBits is the length of the longest code.
const gifMaxBits = 12

var errGIFCodes = errors.New("its pixels cannot be unpacked")

// gifCodes are the codes of a picture, in blocks.
type gifCodes struct {
	r     *bufio.Reader
	block int // bytes that are left of this block
	bits  uint32
	held  uint
}

// follow counts the pixels that the codes stand for, up to all: no more is kept of a code than how many they are.
func (g *gifCodes) follow(bits uint, want int) error {
	var lengths [1 << gifMaxBits]int
	clear := uint32(1) << bits
	for i := range clear {
		lengths[i] = 1
	}
	next, size, last, begun := clear+2, bits+1, uint32(0), false
	for want > 0 {
		code, err := g.next(size)
		switch {
		case err != nil, code == clear+1: // the end
			return errCutOff
		case code == clear:
			next, size, begun = clear+2, bits+1, false
			continue
		case !begun:
			if code > clear {
				return errGIFCodes
			}
			last, begun = code, true
			want--
			continue
		case code > next || code >= 1<<gifMaxBits:
			return errGIFCodes
		}
		if next < 1<<gifMaxBits {
			lengths[next] = lengths[last] + 1
			if next == 1<<size-1 && size < gifMaxBits {
				size++
			}
			next++
		}
		want -= lengths[code]
		last = code
	}
	return nil
}

// next is the next code of so many bits.
func (g *gifCodes) next(size uint) (uint32, error) {
	for g.held < size {
		c, err := g.r.ReadByte()
		if err != nil {
			return 0, err
		}
		if g.block == 0 {
			if g.block = int(c); g.block > 0 {
				_, err = g.r.Peek(g.block) // Pillow begins none that is not whole
			}
			if err != nil {
				return 0, err
			}
			continue
		}
		g.block--
		g.bits |= uint32(c) << g.held
		g.held += 8
	}
	code := g.bits & (1<<size - 1)
	g.bits >>= size
	g.held -= size
	return code, nil
}
