package cvat

import (
	"fmt"
	"io"
	"sync"
)

// A source watches an upload's file being read: how far, and whether the file
// failed, which the transport would only report as a broken connection.
type source struct {
	r      io.ReaderAt
	end    int64 // size of the whole file
	report func(sent int64)

	mu      sync.Mutex
	err     error
	retired bool
}

// ReadAt reads from the file; a file that ends before its size has failed.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.r.ReadAt(p, off)
	if n == len(p) {
		err = nil
	}
	if err == io.EOF {
		err = fmt.Errorf("its source ends at %d of %d bytes: %w", off+int64(n), s.end, io.ErrUnexpectedEOF)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.retired {
		return n, err
	}
	if err != nil {
		s.err = err
	} else {
		s.report(off + int64(n))
	}
	return n, err
}

// failure is what the file failed with, nil if it did not.
func (s *source) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// retire ends the reports: a transport may read on for a moment after its attempt.
func (s *source) retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retired = true
}
