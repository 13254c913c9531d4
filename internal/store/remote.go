package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// ErrChanged is what reading says of a file that is no longer the one that was opened.
var ErrChanged = errors.New("it changed while it was read")

// A ranger asks a server for n bytes of one version of one file, from off on. What it gives may end early.
type ranger func(ctx context.Context, off, n int64) (io.ReadCloser, error)

// A remoteFile reads ranges of a file on a server. Small reads are served from a few pieces that it keeps: a read
// that goes on where a piece ends fetches four times as much as the one before, up to largestPiece; any other fetches
// smallestPiece. So a walk through a file costs few requests, and a look into its index few bytes.
type remoteFile struct {
	get  ranger
	size int64
	path string

	mu     sync.Mutex
	pieces []piece // the one used last at the end
}

// smallestPiece is small compared with a recording's chunks (768 KiB by default), since each has its index behind it.
const (
	smallestPiece = 1 << 10
	largestPiece  = 2 << 20
	keptPieces    = 8 // so at most 16 MiB a file
)

type piece struct {
	off  int64
	data []byte
}

func (p piece) end() int64 { return p.off + int64(len(p.data)) }

func (f *remoteFile) Size() int64 { return f.size }

func (f *remoteFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pieces = nil
	return nil
}

// ReadAt reads what no piece has from the server.
func (f *remoteFile) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, &fs.PathError{Op: "read", Path: f.path, Err: fs.ErrInvalid}
	}
	n := 0
	for n < len(b) {
		at := off + int64(n)
		if at >= f.size {
			return n, io.EOF
		}
		kept, want := f.find(at, int64(len(b)-n))
		if kept != nil {
			n += copy(b[n:], kept)
			continue
		}
		if want > largestPiece {
			whole := b[n : n+int(min(int64(len(b)-n), f.size-at))]
			if err := f.fetch(whole, at); err != nil {
				return n, err
			}
			n += len(whole)
			continue
		}
		p := piece{at, make([]byte, min(want, f.size-at))}
		if err := f.fetch(p.data, at); err != nil {
			return n, err
		}
		f.keep(p)
	}
	return n, nil
}

// find gives what a piece has from at on, or how much is to be fetched there for a read of n bytes.
func (f *remoteFile) find(at, n int64) (kept []byte, want int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	want = smallestPiece
	for i, p := range f.pieces {
		if p.off <= at && at < p.end() {
			f.pieces = append(slices.Delete(f.pieces, i, i+1), p)
			return p.data[at-p.off:], 0
		}
		if p.end() == at {
			want = min(4*int64(len(p.data)), largestPiece)
		}
	}
	return nil, max(want, n)
}

func (f *remoteFile) keep(p piece) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.pieces) == keptPieces {
		f.pieces = slices.Delete(f.pieces, 0, 1)
	}
	f.pieces = append(f.pieces, p)
}

// How often a range that ends early is asked for again, and how long one request may take: a minute, and what its
// bytes need on a slow line. A request that brings less than leastProgress counts as one that brought nothing.
const (
	tries         = 5
	slowestBPS    = 64 << 10
	leastProgress = 64 << 10
)

// fetch fills b from off on. A connection that breaks is made again, for what is still missing: only tries in a row
// that bring next to nothing are an error.
func (f *remoteFile) fetch(b []byte, off int64) error {
	n, failed := 0, 0
	for n < len(b) {
		got, err := f.try(b[n:], off+int64(n))
		n += got
		if err == nil || n == len(b) {
			continue
		}
		if got >= leastProgress {
			failed = 0
		}
		if failed++; failed == tries || !temporary(err) {
			return &fs.PathError{Op: fmt.Sprintf("read bytes %d to %d of", off+int64(n), off+int64(len(b))), Path: f.path, Err: err}
		}
		time.Sleep(backoff(failed))
	}
	return nil
}

func (f *remoteFile) try(b []byte, off int64) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute+time.Duration(len(b)/slowestBPS)*time.Second)
	defer cancel()
	body, err := f.get(ctx, off, int64(len(b)))
	if err != nil {
		return 0, err
	}
	defer body.Close()
	return io.ReadFull(body, b)
}

// temporary says of all but what is decided for good, by a server or before one is asked, that asking again may help.
func temporary(err error) bool {
	for _, final := range []error{fs.ErrNotExist, fs.ErrPermission, fs.ErrInvalid, ErrChanged, errNoRanges, errAddress} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// backoff grows from a tenth of a second, and differs between readers that failed at once.
func backoff(failed int) time.Duration {
	wait := 100 * time.Millisecond << failed
	return wait/2 + rand.N(wait/2)
}
