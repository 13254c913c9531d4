package bag

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

const zstdMagic = "\x28\xb5\x2f\xfd"

const (
	// zstdWindow is the largest window accepted: what zstd --ultra -22 makes.
	zstdWindow = 128 << 20
	// zstdBlock is the most that one block of a zstd frame may unpack to.
	zstdBlock = 128 << 10
	// zstdSlack lets the decoder copy in whole words at the end of its memory.
	zstdSlack = 16
)

// zstdAll unpacks whole chunks, several at once, and never takes memory of its own for them.
var zstdAll = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithDecoderMaxWindow(zstdWindow),
		zstd.WithDecodeAllCapLimit(true))
})

func unpackZstd(buf, src []byte, full int64) ([]byte, error) {
	src = withoutPadding(src)
	bound, err := zstdBound(inMemory(src))
	if err != nil {
		return salvageZstd(buf, src, min(full, bound), err)
	}
	if bound < full {
		return nil, fmt.Errorf("zstd: %d bytes of %w", full, errImplausible)
	}
	all, initErr := zstdAll()
	if initErr != nil {
		return nil, initErr
	}
	return all.DecodeAll(src, sized(buf, min(full, bound)+zstdSlack)[:0])
}

// withoutPadding is src without what lies behind its frames and is none: zeros, or the rest of a buffer, which some
// writers leave there. Whether the frames hold all is seen by the chunk's size.
func withoutPadding(src []byte) []byte {
	if end, ok := zstdEnd(src); ok {
		return src[:end]
	}
	return src
}

// zstdEnd is where the frames of src end; false if one is damaged.
func zstdEnd(src []byte) (end int64, ok bool) {
	for end < int64(len(src)) && (end == 0 || beginsZstd(src[end:])) {
		var h zstd.Header
		if h.Decode(src[end:]) != nil {
			return 0, false
		}
		end += int64(h.HeaderSize)
		if h.Skippable {
			end += int64(h.SkippableSize)
			continue
		}
		_, last, err := zstdFrameBound(inMemory(src), end)
		if err != nil {
			return 0, false
		}
		end = last + 4*int64(btoi(h.HasCheckSum))
	}
	return end, end <= int64(len(src))
}

// beginsZstd tells a frame, one that is to be skipped too.
func beginsZstd(b []byte) bool {
	return len(b) >= 4 && (string(b[:4]) == zstdMagic || b[0]&0xf0 == 0x50 && string(b[1:4]) == "\x2a\x4d\x18")
}

// salvaging lets one frame at a time be salvaged, as each may ask for a window's memory.
var salvaging sync.Mutex

// salvageZstd unpacks the blocks before the damage, which are n bytes at most.
func salvageZstd(buf, src []byte, n int64, damage error) ([]byte, error) {
	salvaging.Lock()
	defer salvaging.Unlock()
	dec, err := zstd.NewReader(bytes.NewReader(src), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	out := sized(buf, n)
	got, _ := io.ReadFull(dec, out)
	return out[:got], fmt.Errorf("zstd: %w", damage)
}

// zstdBound is the most that s can unpack to, from its block headers, which is
// near the truth, as all blocks but a frame's last are full; what precedes an
// error counts.
func zstdBound(s span) (bound int64, err error) {
	for off := int64(0); off < s.end(); {
		b, err := s.at(off, min(s.end()-off, zstd.HeaderMaxSize))
		if err != nil {
			return bound, err
		}
		var h zstd.Header
		if err := h.Decode(b); err != nil {
			return bound, err
		}
		off += int64(h.HeaderSize)
		if h.Skippable {
			off += int64(h.SkippableSize)
			continue
		}
		n, end, err := zstdFrameBound(s, off)
		bound += n
		if err != nil {
			return bound, err
		}
		off = end + 4*int64(btoi(h.HasCheckSum))
	}
	return bound, nil
}

var errZstd = errors.New("damaged zstd frame")

// zstdFrameBound walks the blocks behind one frame's header.
func zstdFrameBound(s span, off int64) (bound, end int64, err error) {
	for {
		b, err := s.at(off, 3)
		if err != nil {
			return bound, off, err
		}
		word := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		last, kind, size := word&1 == 1, word>>1&3, int64(word>>3)
		stored, makes := size, min(size, zstdBlock)
		switch kind {
		case 1: // one byte, repeated
			stored = 1
		case 2:
			makes = zstdBlock
		case 3:
			return bound, off, errZstd
		}
		off += 3 + stored
		if off > s.end() {
			return bound, off, errZstd
		}
		bound += makes
		if last {
			return bound, off, nil
		}
	}
}

// zstdMessage tells a message that was compressed by itself: rosbag2 does so in
// the mode "message". No CDR message begins with these bytes, as its first is 0.
func zstdMessage(data []byte) bool {
	return len(data) > 4 && string(data[:4]) == zstdMagic
}

// messageBound is the most that a message unpacks to which was compressed by itself.
func messageBound(src []byte) (int64, error) {
	bound, err := zstdBound(inMemory(src))
	if err != nil {
		return 0, fmt.Errorf("zstd message: %w", err)
	}
	var h zstd.Header
	if err := h.Decode(src); err == nil && h.HasFCS { // of the first frame; there is one
		bound = min(bound, int64(min(h.FrameContentSize, 1<<62)))
	}
	return bound, nil
}

// unpackMessage unpacks one into buf, which has room for its bound and [zstdSlack].
func unpackMessage(src, buf []byte) ([]byte, error) {
	all, err := zstdAll()
	if err != nil {
		return nil, err
	}
	return all.DecodeAll(src, buf[:0])
}

// unpackFile streams a file that was compressed as a whole; damage is what is
// wrong with it, err what went wrong with writing. The decoder's own concurrency
// would cost more than it gains: much of a picture is stored as it is.
func unpackFile(w io.Writer, r io.Reader) (n int64, damage, err error) {
	dec, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return 0, nil, err
	}
	defer dec.Close()
	behind := newBehindWriter(w)
	n, damage = dec.WriteTo(behind)
	return n, damage, behind.Close()
}
