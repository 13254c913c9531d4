package bag

import (
	"io"
	"sync"
)

// behindSize is how much is written at a time, and behindCount how many of these may wait.
const (
	behindSize  = 1 << 20
	behindCount = 3
)

// A behindWriter writes on another core than the one that unpacks: half as
// long again is what writing a file takes in addition to its decompression.
type behindWriter struct {
	full, free chan []byte
	buf        []byte
	done       sync.WaitGroup
	mu         sync.Mutex
	err        error
}

func newBehindWriter(w io.Writer) *behindWriter {
	b := &behindWriter{full: make(chan []byte, behindCount), free: make(chan []byte, behindCount)}
	for range behindCount {
		b.free <- make([]byte, 0, behindSize)
	}
	b.done.Go(func() {
		for buf := range b.full {
			if b.failed() == nil {
				_, err := w.Write(buf)
				b.fail(err)
			}
			b.free <- buf[:0]
		}
	})
	return b
}

func (b *behindWriter) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

func (b *behindWriter) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// Write gives the error of an earlier write, if there was one.
func (b *behindWriter) Write(p []byte) (int, error) {
	if err := b.failed(); err != nil {
		return 0, err
	}
	n := len(p)
	for len(p) > 0 {
		if b.buf == nil {
			b.buf = <-b.free
		}
		m := min(len(p), cap(b.buf)-len(b.buf))
		b.buf = append(b.buf, p[:m]...)
		p = p[m:]
		if len(b.buf) == cap(b.buf) {
			b.full <- b.buf
			b.buf = nil
		}
	}
	return n, nil
}

// Close waits until all is written; it does not close what is written to.
func (b *behindWriter) Close() error {
	if len(b.buf) > 0 {
		b.full <- b.buf
	}
	close(b.full)
	b.done.Wait()
	return b.err
}
