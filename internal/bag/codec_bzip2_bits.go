package bag

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// bitReader reads bits, the highest of a byte first.
type bitReader struct {
	src  []byte
	word uint64 // the next bits, from the top
	have uint   // how many of word's are good
	over bool   // bits were asked for that are not there
}

// fill makes at least 56 bits good, if there are so many left.
func (r *bitReader) fill() {
	if len(r.src) >= 8 {
		r.word |= binary.BigEndian.Uint64(r.src) >> r.have
		n := (63 - r.have) / 8
		r.src = r.src[n:]
		r.have += 8 * n
		return
	}
	for r.have <= 56 && len(r.src) > 0 {
		r.word |= uint64(r.src[0]) << (56 - r.have)
		r.src = r.src[1:]
		r.have += 8
	}
}

// bits reads up to 32 bits; behind the end they are 0, and over is set.
func (r *bitReader) bits(n uint) uint64 {
	if r.have < n {
		r.fill()
	}
	v := r.word >> (64 - n)
	r.skip(n)
	return v
}

func (r *bitReader) skip(n uint) {
	if n > r.have {
		r.over, r.word, r.have = true, 0, 0
		return
	}
	r.word <<= n
	r.have -= n
}

// align skips the rest of a byte.
func (r *bitReader) align() { r.skip(r.have % 8) }

func (r *bitReader) empty() bool { return r.have == 0 && len(r.src) == 0 }

const (
	bz2MaxCode = 20 // bits
	bz2Fast    = 10 // bits of a code that are looked up at once
)

// bz2Tree is a canonical Huffman code.
type bz2Tree struct {
	fast   [1 << bz2Fast]uint16   // symbol<<5 | length; 0 is a longer code
	first  [bz2MaxCode + 2]uint32 // the first code of each length, less the symbols of shorter ones
	limit  [bz2MaxCode + 2]uint32 // behind the last code of each length, at the top of 20 bits
	sorted [258]uint16            // symbols by length, then value
	count  int
}

// build makes the code of given lengths. Lengths that are too short to be a code
// are no error: like any other damage they show in the checksum.
func (t *bz2Tree) build(lengths []uint8) {
	t.fast = [1 << bz2Fast]uint16{}
	code, n := uint32(0), 0
	for length := uint8(1); length <= bz2MaxCode; length++ {
		code <<= 1
		t.first[length] = code - uint32(n)
		for symbol, l := range lengths {
			if l != length {
				continue
			}
			t.sorted[n] = uint16(symbol)
			t.quicken(code, length, uint16(symbol))
			n++
			code++
		}
		t.limit[length] = code << (bz2MaxCode - length)
	}
	t.count = n
}

// quicken enters a short code wherever the bits that follow it may lead.
func (t *bz2Tree) quicken(code uint32, length uint8, symbol uint16) {
	if length > bz2Fast || code >= 1<<length {
		return
	}
	from := code << (bz2Fast - length)
	for i := range uint32(1) << (bz2Fast - length) {
		t.fast[from+i] = symbol<<5 | uint16(length)
	}
}

// decode reads a symbol; it is negative if no code fits.
func (t *bz2Tree) decode(r *bitReader) int {
	if r.have < bz2MaxCode {
		r.fill()
	}
	if f := t.fast[r.word>>(64-bz2Fast)]; f != 0 {
		r.skip(uint(f & 31))
		return int(f >> 5)
	}
	bits := uint32(r.word >> (64 - bz2MaxCode))
	for length := uint(bz2Fast + 1); length <= bz2MaxCode; length++ {
		if bits >= t.limit[length] {
			continue
		}
		i := bits>>(bz2MaxCode-length) - t.first[length]
		if int(i) >= t.count {
			return -1
		}
		r.skip(length)
		return int(t.sorted[i])
	}
	return -1
}

// bz2Sum is a CRC-32 whose bits run the other way than [crc32]'s: of bytes
// reversed, it is that of the library, reversed.
func bz2Sum(b []byte) uint32 {
	var reversed [4096]byte
	sum := uint32(0)
	for len(b) > 0 {
		n := min(len(b), len(reversed))
		i := 0
		for ; i+8 <= n; i += 8 {
			binary.LittleEndian.PutUint64(reversed[i:], bits.ReverseBytes64(bits.Reverse64(binary.LittleEndian.Uint64(b[i:]))))
		}
		for ; i < n; i++ {
			reversed[i] = bits.Reverse8(b[i])
		}
		sum = crc32.Update(sum, crc32.IEEETable, reversed[:n])
		b = b[n:]
	}
	return bits.Reverse32(sum)
}
