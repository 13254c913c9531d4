package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"sync"
)

// blockSize is how much of a [File] is read, and checked, at once.
const blockSize = 1 << 20

// Sums are what was measured of a file that is sent as it is.
type Sums struct {
	Size   int64 // bytes
	SHA256 [sha256.Size]byte
	blocks []uint32 // CRC-32 (Castagnoli) of each blockSize bytes
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sum reads r to its end.
func Sum(ctx context.Context, r io.Reader) (Sums, error) {
	var s Sums
	whole, block := sha256.New(), make([]byte, blockSize)
	for ctx.Err() == nil {
		n, err := io.ReadFull(r, block)
		if n > 0 {
			whole.Write(block[:n])
			s.blocks = append(s.blocks, crc32.Checksum(block[:n], castagnoli))
			s.Size += int64(n)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			whole.Sum(s.SHA256[:0])
			return s, nil
		}
		if err != nil {
			return s, err
		}
	}
	return s, ctx.Err()
}

// Content is an open file, or what can be read as one.
type Content = interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// A File is one file that is sent as it is, in place of a [Zip]. Each block is checked as it is read, so that what is sent
// is what was measured, wherever a piece begins. Its methods may be called concurrently.
type File struct {
	name, hash string
	sums       Sums
	open       func() (Content, error)

	mu     sync.Mutex
	r      Content
	block  []byte // the last one that was read
	at     int64  // where it begins
	closed bool
	also   io.Closer // what is closed with it; may be nil
}

// CloseToo makes Close close c, once nothing is read any more.
func (f *File) CloseToo(c io.Closer) { f.also = c }

// NewFile is a file under a name; hash is what the marker of its task names.
func NewFile(name, hash string, sums Sums, open func() (Content, error)) *File {
	return &File{name: name, hash: hash, sums: sums, open: open}
}

// Name is the file name to upload it under.
func (f *File) Name() string { return f.name }

// Hash is what the marker of its task names.
func (f *File) Hash() string { return f.hash }

// Size is its length in bytes.
func (f *File) Size() int64 { return f.sums.Size }

// OrderName is empty: frames of a file have the order in which they are in it.
func (f *File) OrderName() string { return "" }

// Order is nil: a file has none.
func (f *File) Order() []byte { return nil }

// ReadAt reads whole blocks, and keeps the last one for the read that goes on there. Errors are io.EOF at the end, a
// [*ChangedError] where the file is not what was measured, and those of opening and reading it.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read %s at negative offset %d", f.name, off)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= f.sums.Size {
			return n, io.EOF
		}
		if err := f.load(at - at%blockSize); err != nil {
			return n, err
		}
		n += copy(p[n:], f.block[at-f.at:])
	}
	return n, nil
}

// load makes the block that begins at a place the last one.
func (f *File) load(at int64) error {
	if len(f.block) > 0 && f.at == at {
		return nil
	}
	if err := f.reopen(); err != nil {
		return err
	}
	if f.block == nil {
		f.block = make([]byte, blockSize)
	}
	block := f.block[:min(blockSize, f.sums.Size-at)]
	f.block = f.block[:0]
	n, err := f.r.ReadAt(block, at)
	if f.closed {
		closed := f.r.Close()
		if f.r = nil; err == nil {
			err = closed
		}
	}
	switch {
	case n == len(block) && (err == nil || errors.Is(err, io.EOF)):
	case errors.Is(err, io.EOF):
		return f.changed("shrank from %d to %d bytes", f.sums.Size, at+int64(n))
	default:
		return err
	}
	if crc := crc32.Checksum(block, castagnoli); crc != f.sums.blocks[at/blockSize] {
		return f.changed("has other bytes at %d to %d", at, at+int64(len(block)))
	}
	f.block, f.at = block, at
	return nil
}

func (f *File) reopen() error {
	if f.r != nil {
		return nil
	}
	r, err := f.open()
	if errors.Is(err, fs.ErrNotExist) {
		return &ChangedError{Name: f.name, What: "is gone", Err: err}
	}
	if err != nil {
		return err
	}
	if r.Size() != f.sums.Size {
		r.Close()
		return f.changed("has %d bytes, and had %d", r.Size(), f.sums.Size)
	}
	f.r = r
	return nil
}

func (f *File) changed(format string, args ...any) error {
	return &ChangedError{Name: f.name, What: fmt.Sprintf(format, args...)}
}

// Close closes the file. A later ReadAt still works, and leaves it closed.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed, f.block = true, nil
	var err error
	if f.r != nil {
		err, f.r = f.r.Close(), nil
	}
	if f.also != nil {
		err = errors.Join(err, f.also.Close())
	}
	return err
}
