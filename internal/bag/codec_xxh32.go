package bag

import (
	"encoding/binary"
	"math/bits"
)

// lz4Sound says whether what was unpacked from src fits src's checksum, which
// is not checked otherwise: it takes longer than the unpacking. Only a single
// frame, which is what recorders write, is checked.
func lz4Sound(src, data []byte) bool {
	f, err := parseLZ4Frame(src)
	if err != nil || !f.frameChecksum {
		return true
	}
	rest, err := f.each(func(lz4Frame, []byte, bool) error { return nil })
	if err != nil || len(rest) != 0 {
		return true
	}
	return binary.LittleEndian.Uint32(src[len(src)-4:]) == xxh32(data)
}

const (
	prime1 = 2654435761
	prime2 = 2246822519
	prime3 = 3266489917
	prime4 = 668265263
	prime5 = 374761393
)

// xxh32 is the checksum of LZ4 frames, with seed 0: https://xxhash.com.
func xxh32(b []byte) uint32 {
	n := uint32(len(b))
	h := uint32(prime5)
	if len(b) >= 16 {
		var one, two uint32 = prime1, prime2 // as variables, for sums that overflow
		v := [4]uint32{one + two, two, 0, -one}
		for ; len(b) >= 16; b = b[16:] {
			for i := range v {
				v[i] = bits.RotateLeft32(v[i]+binary.LittleEndian.Uint32(b[4*i:])*prime2, 13) * prime1
			}
		}
		h = bits.RotateLeft32(v[0], 1) + bits.RotateLeft32(v[1], 7) + bits.RotateLeft32(v[2], 12) + bits.RotateLeft32(v[3], 18)
	}
	h += n
	for ; len(b) >= 4; b = b[4:] {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(b)*prime3, 17) * prime4
	}
	for _, c := range b {
		h = bits.RotateLeft32(h+uint32(c)*prime5, 11) * prime1
	}
	h = (h ^ h>>15) * prime2
	h = (h ^ h>>13) * prime3
	return h ^ h>>16
}
