package remux

// A bitReader reads the headers of H.264, H.265 and AV1. Behind the end it gives zeros, and says so
// in short: no number that it gives makes its reader allocate or loop further than the bytes that are there.
type bitReader struct {
	data  []byte
	at    int // bits
	short bool
}

// maxHeader is how many bytes of a NAL unit are read for its header: parameter sets are smaller, and the part of
// a slice header that is read is far smaller.
const maxHeader = 4096

// readNAL reads a NAL unit behind its header of so many bytes, without the bytes that prevent start codes.
func readNAL(nal []byte, header int) *bitReader {
	nal = nal[min(header, len(nal)):]
	nal = nal[:min(maxHeader, len(nal))]
	data := make([]byte, 0, len(nal))
	zeros := 0
	for _, b := range nal {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if data = append(data, b); b == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return &bitReader{data: data}
}

func (r *bitReader) bit() uint32 {
	if r.at >= 8*len(r.data) {
		r.short = true
		return 0
	}
	b := r.data[r.at/8] >> (7 - r.at%8) & 1
	r.at++
	return uint32(b)
}

func (r *bitReader) flag() bool { return r.bit() == 1 }

// bits reads n bits, at most 32.
func (r *bitReader) bits(n int) uint32 {
	var v uint32
	for range n {
		v = v<<1 | r.bit()
	}
	return v
}

func (r *bitReader) skip(n int) {
	if r.at+n > 8*len(r.data) {
		r.short = true
		n = 8*len(r.data) - r.at
	}
	r.at += n
}

// ue reads an unsigned number in Exp-Golomb code, below 2^32-1.
func (r *bitReader) ue() uint32 {
	zeros := 0
	for !r.flag() {
		if zeros++; r.short || zeros > 31 {
			r.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

// most reads a number that may be at most so large; of a larger one the header is broken.
func (r *bitReader) most(largest uint32) int {
	v := r.ue()
	if v > largest {
		r.short = true
		return 0
	}
	return int(v)
}

// se reads a signed number in Exp-Golomb code.
func (r *bitReader) se() int64 {
	v := int64(r.ue())
	if v%2 == 1 {
		return (v + 1) / 2
	}
	return -v / 2
}
