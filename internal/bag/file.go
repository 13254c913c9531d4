package bag

import (
	"context"
	"fmt"
	"io"
)

// A file is one file of a recording. Every read is checked against its size
// before memory is taken for it, so that no claimed length can ask for more
// than the file holds.
type file struct {
	f    content
	name string // for messages
	size int64
}

// content is what a file reads: one of the store, a temporary file, or two of them as one.
type content interface {
	io.ReaderAt
	io.Closer
}

// openFile opens what is a file.
func openFile(ctx context.Context, at location) (*file, error) {
	if info, err := at.stat(ctx); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w: not a regular file", at, ErrNotRecording)
	}
	f, err := at.store.Open(ctx, at.name)
	if err != nil {
		return nil, err
	}
	return &file{f: f, name: at.String(), size: f.Size()}, nil
}

func (f *file) Close() error { return f.f.Close() }

// magic is what the file begins with. A beginning that cannot be read is not an empty one.
func (f *file) magic() (string, error) {
	b, err := f.read(nil, 0, min(f.size, 16))
	return string(b), err
}

// read gives the n bytes at off, in buf if they fit there.
func (f *file) read(buf []byte, off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off > f.size || n > f.size-off {
		return nil, fmt.Errorf("%d bytes at byte %d of a file of %d: %w", n, off, f.size, io.ErrUnexpectedEOF)
	}
	buf = sized(buf, n)
	if _, err := f.f.ReadAt(buf, off); err != nil {
		return nil, fmt.Errorf("read %d bytes at byte %d: %w", n, off, err)
	}
	return buf, nil
}

// A span is a stretch of bytes that records are read from: a part of a file or
// a decompressed chunk. What at gives is valid until the next call.
type span interface {
	at(off, n int64) ([]byte, error)
	end() int64
}

// inMemory is a span over bytes at hand.
type inMemory []byte

func (m inMemory) end() int64 { return int64(len(m)) }

func (m inMemory) at(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off > m.end() || n > m.end()-off {
		return nil, fmt.Errorf("%d bytes at byte %d of %d: %w", n, off, m.end(), io.ErrUnexpectedEOF)
	}
	return m[off : off+n], nil
}

// A window is a span over a part of a file that is read a little ahead, so that
// hopping from record to record costs one small read each, never a payload.
type window struct {
	f           *file
	start, stop int64 // the part of the file
	ahead       int64 // bytes that are read at least
	buf         []byte
	pos         int64 // in the span, of buf
}

// windowAhead suits the index records after a chunk: 16 bytes a message.
const windowAhead = 8 << 10

func newWindow(f *file, start, stop int64) *window {
	start = min(max(start, 0), f.size)
	return &window{f: f, start: start, stop: min(max(stop, start), f.size), ahead: windowAhead}
}

func (w *window) end() int64 { return w.stop - w.start }

func (w *window) at(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off > w.end() || n > w.end()-off {
		return nil, fmt.Errorf("%d bytes at byte %d, where %d end: %w", n, w.start+off, w.stop, io.ErrUnexpectedEOF)
	}
	if off < w.pos || off+n > w.pos+int64(len(w.buf)) {
		buf, err := w.f.read(w.buf[:0], w.start+off, min(max(n, w.ahead), w.end()-off))
		if err != nil {
			return nil, err
		}
		w.buf, w.pos = buf, off
	}
	return w.buf[off-w.pos : off-w.pos+n], nil
}
