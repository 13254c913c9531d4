package rosimage

import "encoding/binary"

// rvlHead is the size that compressed_depth_image_transport puts before RVL data:
// width and height, each a 32-bit little endian number.
const rvlHead = 8

// unpackRVL reads RVL, "Fast Lossless Depth Image Compression" (Wilson, 2017): runs
// of zeros alternate with runs of differences to the sample before.
func unpackRVL(b []byte) (grid, error) {
	width, height := rvlSize(b)
	if err := checkDepthSize(width, height, MaxDepthPixels); err != nil {
		return grid{}, err
	}
	n := width * height
	pix := make([]byte, 2*n)
	if err := readRVL(b, n, pix); err != nil {
		return grid{}, err
	}
	return depthGrid(width, height, 2*width, pix), nil
}

// checkRVL says what unpackRVL would.
func checkRVL(b []byte) error {
	width, height := rvlSize(b)
	if err := checkDepthSize(width, height, MaxDepthPixels); err != nil {
		return err
	}
	return readRVL(b, width*height, nil)
}

// readRVL reads n samples, into pix if that is not nil.
func readRVL(b []byte, n int, pix []byte) error {
	r := nibbles{b: b[rvlHead:]}
	if got := r.runs(n, pix); got < n {
		return malformed("RVL data ends at pixel %d of %d", got, n)
	}
	return nil
}

// rvlSize is 0, 0 for data that is too short to say.
func rvlSize(b []byte) (width, height int) {
	if len(b) < rvlHead {
		return 0, 0
	}
	return clampSize(binary.LittleEndian.Uint32(b)), clampSize(binary.LittleEndian.Uint32(b[4:]))
}

// nibbles reads numbers of four bits a piece, from 32-bit little endian words,
// highest bits first.
type nibbles struct {
	b    []byte
	word uint32
	left int // nibbles in word
}

// runs reads so many samples, big endian into pix if that is not nil, and returns how many there were. Each turn
// reads a nibble at least, so it ends with the data.
func (r *nibbles) runs(total int, pix []byte) int {
	n := 0
	var last int32
	for n < total {
		zeros, ok := r.number()
		if !ok || zeros > uint32(total-n) {
			return n
		}
		n += int(zeros) // pix is zero already
		values, ok := r.number()
		if !ok || values > uint32(total-n) {
			return n
		}
		for range values {
			zigzag, ok := r.number()
			if !ok {
				return n
			}
			last += int32(zigzag>>1) ^ -int32(zigzag&1)
			if pix != nil {
				binary.BigEndian.PutUint16(pix[2*n:], uint16(last))
			}
			n++
		}
	}
	return n
}

// number reads three bits of each nibble, lowest first; the fourth says that more follow.
func (r *nibbles) number() (v uint32, ok bool) {
	for shift := 0; shift < 32; shift += 3 {
		if r.left == 0 {
			if len(r.b) < 4 {
				return 0, false
			}
			r.word, r.b, r.left = binary.LittleEndian.Uint32(r.b), r.b[4:], 8
		}
		nibble := r.word >> 28
		r.word <<= 4
		r.left--
		v |= nibble & 7 << shift
		if nibble&8 == 0 {
			return v, true
		}
	}
	return 0, false
}
