package remux

import (
	"fmt"
	"hash/crc32"
	"io"
	"sort"
	"sync"
)

// A ChangedError is a message that is no longer what it was when it was scanned.
type ChangedError struct{ Message int }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("message %d is not what it was when it was first read", e.Message)
}

// A Fetch reads a message's payload again. It is used until the next call.
type Fetch func(message int) ([]byte, error)

// Reader makes any range of the file, again and again. One message is held at a time; reads that
// go on where the last one ended fetch each message once. Its method may be called concurrently.
func (m *Movie) Reader(fetch Fetch) io.ReaderAt {
	s := NewScanner(m.Codec)
	s.prefixes = m.prefixes
	return &reader{movie: m, fetch: fetch, scanner: s, at: -1}
}

type reader struct {
	movie   *Movie
	fetch   Fetch
	scanner *Scanner // for the bytes of a unit

	mu   sync.Mutex
	at   int // the sample that is held; -1: none
	data []byte
}

// ReadAt reads from the file. Its errors are io.EOF, a [*ChangedError] and those of the [Fetch].
func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read video at negative offset %d", off)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for n < len(p) {
		at := off + int64(n)
		switch header := int64(len(r.movie.header)); {
		case at >= r.movie.Size():
			return n, io.EOF
		case at < header:
			n += copy(p[n:], r.movie.header[at:])
			continue
		}
		starts := r.movie.starts
		i := sort.Search(len(starts), func(i int) bool { return starts[i] > at }) - 1
		if err := r.hold(i); err != nil {
			return n, err
		}
		n += copy(p[n:], r.data[at-starts[i]:])
	}
	return n, nil
}

// hold makes the bytes of a sample.
func (r *reader) hold(i int) error {
	if r.at == i {
		return nil
	}
	r.at = -1
	s := r.movie.samples[i]
	payload, err := r.fetch(int(s.message))
	if err != nil {
		return err
	}
	units, err := r.scanner.codec.split(payload)
	if err != nil || int(s.part) >= len(units) {
		return &ChangedError{int(s.message)}
	}
	r.data = r.data[:0]
	for _, piece := range r.scanner.bytes(s, units[s.part]) {
		r.data = append(r.data, piece...)
	}
	if len(r.data) != int(s.size) || crc32.ChecksumIEEE(r.data) != s.crc {
		return &ChangedError{int(s.message)}
	}
	r.at = i
	return nil
}
