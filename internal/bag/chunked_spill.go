package bag

import (
	"bytes"
	"compress/bzip2"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/once"
)

// A stretch is records that lie plain in a file.
type stretch struct {
	*file
	at, size int64
	release  func()
}

// plainly gives a chunk's records as they lie in the recording, or in the temporary file that a
// chunk is unpacked to which is too large for the memory.
func (c *chunked) plainly(ctx context.Context, n int32) (stretch, error) {
	k := &c.chunks[n]
	if k.codec == plain {
		return stretch{c.file, k.data, k.size, func() {}}, nil
	}
	if k.full > c.opts.MaxChunk {
		return stretch{}, c.opts.tooLarge("chunk", k.full)
	}
	s := c.spills.take(n)
	f, err := s.file.Get(ctx, func(ctx context.Context) (*file, error) { return c.spillOut(ctx, k) })
	release := func() { c.spills.put(s) }
	if err != nil {
		release()
		if ctx.Err() == nil {
			c.spills.forget(s)
		}
		return stretch{}, err
	}
	return stretch{f, 0, f.size, release}, nil
}

func (c *chunked) ready(ctx context.Context, n int32) (func(), error) {
	s, err := c.plainly(ctx, n)
	return s.release, err
}

// mostSpills is how many chunks are kept in temporary files although nothing reads them:
// messages of chunks that overlap in time alternate between them.
const mostSpills = 8

// spills are the chunks that were unpacked to temporary files last.
type spills struct {
	mu   sync.Mutex
	list []*spill // newest last
}

type spill struct {
	chunk int32
	users int
	file  once.Value[*file]
}

func (l *spills) take(n int32) *spill {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.list, func(s *spill) bool { return s.chunk == n })
	s := &spill{chunk: n}
	if i >= 0 {
		s = l.list[i]
		l.list = slices.Delete(l.list, i, i+1)
	}
	s.users++
	l.list = append(l.list, s)
	return s
}

// put gives a spill back, and closes the oldest ones that nothing reads.
func (l *spills) put(s *spill) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.users--
	l.close(mostSpills)
}

// forget drops one that could not be unpacked: the disk may have room the next time. One whose reader gave up stays, since
// others may wait for it.
func (l *spills) forget(s *spill) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(l.list, func(o *spill) bool { return o == s })
}

func (l *spills) close(most int) {
	for i := 0; len(l.list) > most && i < len(l.list); {
		s := l.list[i]
		if s.users > 0 {
			i++
			continue
		}
		if f := s.file.Made(); f != nil {
			f.Close() // it was only read
		}
		l.list = slices.Delete(l.list, i, i+1)
	}
}

// spillWindow is how far back a large zstd frame may refer whose header says only that
// it is one segment: what zstd's levels up to 19 write.
const spillWindow = 32 << 20

// spillOut streams a chunk to a temporary file. Of a chunk that is cut short, what there is of it is kept.
func (c *chunked) spillOut(ctx context.Context, k *chunk) (*file, error) {
	if k.codec == zstdCodec {
		bound, err := zstdBound(newWindow(c.file, k.data, k.data+k.size))
		if bound < k.full && err == nil {
			return nil, fmt.Errorf("zstd: %d bytes of %w", k.full, errImplausible)
		}
	}
	if k.codec == lz4Codec && k.full > 255*k.size {
		return nil, fmt.Errorf("lz4: %d bytes of %w", k.full, errImplausible)
	}
	granted, err := c.opts.Memory.Wait(ctx, memory.Size{Bytes: min(spillWindow, k.full)})
	if err != nil {
		return nil, err
	}
	defer granted.Done(nil)
	f, err := c.spillWith(ctx, k, spillWindow)
	if err != nil && k.codec == zstdCodec && !ofTheMachine(err) && ctx.Err() == nil && !k.cut {
		f, err = c.spillWith(ctx, k, zstdWindow) // what --ultra writes
	}
	return f, err
}

func (c *chunked) spillWith(ctx context.Context, k *chunk, window int) (*file, error) {
	out, err := newTemp(c.opts.TempDir, k.full)
	if err != nil {
		return nil, err
	}
	crc := k.crc
	if k.headless {
		if crc, err = c.chunkCRC(newWindow(c.file, k.pos, k.data), 0, k); err != nil {
			out.Close()
			return nil, err
		}
	}
	w := &upTo{ctx: ctx, w: out, left: k.full, summed: crc != 0}
	damage := unpackStream(w, io.NewSectionReader(c.file.f, k.data, k.size), k.codec, window)
	n := k.full - w.left
	f := &file{f: out, name: c.file.name, size: n}
	if w.err == nil {
		w.err = out.Truncate(n)
	}
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case w.err != nil:
		err = resourceError{w.err}
	case k.cut:
	case n < k.full:
		err = fmt.Errorf("%d bytes unpacked, %d %w (%v)", n, k.full, errClaim, damage)
	case crc != 0 && w.crc != crc:
		err = errChecksum
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// unpackStream unpacks until its writer has all that was claimed.
func unpackStream(w io.Writer, src *io.SectionReader, c codec, window int) error {
	var err error
	switch c {
	case zstdCodec:
		var dec *zstd.Decoder
		dec, err = zstd.NewReader(windowed(src, window), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return err
		}
		defer dec.Close()
		_, err = dec.WriteTo(w)
	case lz4Codec:
		_, err = io.Copy(w, lz4.NewReader(src))
	case bz2Codec:
		_, err = io.Copy(w, bzip2.NewReader(src))
	default:
		err = errCodec
	}
	return err
}

// windowed gives a frame that is one segment, for which a decoder would take memory for all
// of it, a window instead. A frame that refers farther back is then damaged.
func windowed(src *io.SectionReader, window int) io.Reader {
	head := make([]byte, min(src.Size(), zstd.HeaderMaxSize))
	var h zstd.Header
	if _, err := src.ReadAt(head, 0); err != nil || h.Decode(head) != nil || !h.SingleSegment || h.DictionaryID != 0 || h.FrameContentSize <= uint64(window) {
		return src
	}
	descriptor := byte(3 << 6) // the content's size in 8 bytes
	if h.HasCheckSum {
		descriptor |= 1 << 2
	}
	log := byte(0)
	for 1<<(log+10) < window {
		log++
	}
	own := append([]byte(zstdMagic), descriptor, log<<3)
	own = binary.LittleEndian.AppendUint64(own, h.FrameContentSize)
	return io.MultiReader(bytes.NewReader(own), io.NewSectionReader(src, int64(h.HeaderSize), src.Size()-int64(h.HeaderSize)))
}

// upTo writes so many bytes, and ends the unpacking behind them. Zeros are left out of the
// file, whose holes read as zeros: of a chunk that is a bomb of them, nothing is written.
type upTo struct {
	ctx    context.Context
	w      io.WriterAt
	at     int64
	left   int64
	summed bool
	crc    uint32
	err    error // of w
}

var zeros [64 << 10]byte

var errEnough = errors.New("more than was claimed")

func (u *upTo) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	n := int(min(int64(len(p)), u.left))
	for done := 0; done < n; {
		part := p[done:min(n, done+len(zeros))]
		if !bytes.Equal(part, zeros[:len(part)]) {
			if _, u.err = u.w.WriteAt(part, u.at); u.err != nil {
				return done, u.err
			}
		}
		if u.summed {
			u.crc = crc32.Update(u.crc, crc32.IEEETable, part)
		}
		done += len(part)
		u.at += int64(len(part))
		u.left -= int64(len(part))
	}
	if n < len(p) {
		return n, errEnough
	}
	return n, nil
}
