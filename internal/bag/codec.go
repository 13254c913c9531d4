package bag

import (
	"errors"
	"fmt"

	"github.com/cvatplan/cvatplan/internal/memory"
)

// A codec is how the bytes of a chunk are compressed.
type codec uint8

const (
	plain codec = iota
	lz4Codec
	bz2Codec
	zstdCodec
)

// codecs are the names that files use.
var codecs = map[string]codec{"": plain, "none": plain, "lz4": lz4Codec, "bz2": bz2Codec, "zstd": zstdCodec}

// errCodec is a compression that no reader of this format knows.
var errCodec = errors.New("unknown compression")

// errImplausible is a claimed size that the compressed bytes cannot make.
var errImplausible = errors.New("claims more than its bytes can hold")

// errClaim is a wrong size, which alone does not make the bytes doubtful.
var errClaim = errors.New("claimed")

// decompress unpacks src, which claims to hold exactly full bytes, into buf or,
// if that is too small, into new memory. No memory is taken for a claim before
// src shows that it may be true. What could be unpacked before an error is
// returned with it.
func decompress(c codec, buf, src []byte, full int64) ([]byte, error) {
	var out []byte
	var err error
	switch c {
	case lz4Codec:
		out, err = unpackLZ4(buf, src, full)
	case bz2Codec:
		out, err = unpackBZ2(buf, src, full)
	case zstdCodec:
		out, err = unpackZstd(buf, src, full)
	default:
		return nil, errCodec
	}
	if err == nil && int64(len(out)) != full {
		err = fmt.Errorf("%d bytes unpacked, %d %w", len(out), full, errClaim)
	}
	return out, err
}

// sized is buf with n bytes, or new memory if it is too small, as large as the budget grants it.
func sized(buf []byte, n int64) []byte {
	if int64(cap(buf)) < n {
		return make([]byte, n, memory.Round(n))
	}
	return buf[:n]
}
