package recording

import (
	"io"
	"sync"

	"github.com/cvatplan/cvatplan/internal/tempfile"
)

// A movieSpool keeps the file that is made of a video's messages, as far as it was read from its beginning: what was fetched from
// another machine's store to be measured need not be fetched again to be sent.
type movieSpool struct {
	dir string

	mu   sync.Mutex
	file *tempfile.File
	kept int64 // bytes from the file's beginning
	full bool  // the disk has no room for it
}

// over is made, of which what was read once is read from the spool.
func (s *movieSpool) over(made io.ReaderAt, size int64) io.ReaderAt {
	return &spooledMovie{s, made, size}
}

type spooledMovie struct {
	spool *movieSpool
	made  io.ReaderAt
	size  int64
}

func (m *spooledMovie) ReadAt(p []byte, off int64) (int, error) {
	s := m.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	if end := off + int64(len(p)); s.file != nil && end <= s.kept {
		return s.file.ReadAt(p, off)
	}
	n, err := m.made.ReadAt(p, off)
	if end := off + int64(n); off <= s.kept && s.kept < end {
		s.keep(p[s.kept-off:n], m.size)
	}
	return n, err
}

// keep adds what comes next in a file of a size.
func (s *movieSpool) keep(next []byte, size int64) {
	if s.full {
		return
	}
	err := error(nil)
	if s.file == nil {
		s.file, err = tempfile.Create(s.dir, size)
	}
	if err == nil {
		_, err = s.file.WriteAt(next, s.kept)
	}
	if err != nil {
		s.full = true
		return
	}
	s.kept += int64(len(next))
}

// close gives the file up. The next one that is made is kept again.
func (s *movieSpool) close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file, s.kept, s.full = nil, 0, false
	return err
}
