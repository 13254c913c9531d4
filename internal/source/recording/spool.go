package recording

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/tempfile"
)

// A spool keeps the frames of one task that had to be encoded, from the reading pass to
// the end of the upload: encoding them twice would cost more than all the rest. It is
// one file in the temporary directory, and has no name there where the system allows that,
// so that no way to end leaves it behind.
type spool struct {
	dir string

	mu    sync.Mutex
	file  *tempfile.File
	end   int64
	spans map[message]span
}

type message struct {
	topic string
	seq   int
}

type span struct{ at, size int64 }

// reserve makes the file, if there is room for this many bytes, and begins it again.
func (s *spool) reserve(need int64) error {
	if err := s.close(); err != nil {
		return err
	}
	f, err := tempfile.Create(s.dir, need)
	var space *tempfile.NoSpaceError
	if errors.As(err, &space) {
		return diag.Diagnostic{
			Code: diag.CodeNoSpace, Hint: diag.Do(diag.HintSetTempDir),
			Text: fmt.Sprintf("encoding needs up to %d MiB in %s, and %d MiB are free", need>>20+1, space.Dir, space.Free>>20),
		}
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file, s.end, s.spans = f, 0, make(map[message]span)
	return nil
}

// add keeps a frame.
func (s *spool) add(e bag.Entry, b []byte) error {
	s.mu.Lock()
	f, at := s.file, s.end
	s.end += int64(len(b))
	s.mu.Unlock()
	if _, err := f.WriteAt(b, at); err != nil {
		return fmt.Errorf("spool frames in the temporary directory: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spans[message{e.Topic, e.Seq}] = span{at, int64(len(b))}
	return nil
}

// open gives a frame that was kept.
func (s *spool) open(e bag.Entry) (io.ReadCloser, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sp, ok := s.spans[message{e.Topic, e.Seq}]
	if !ok {
		return nil, false
	}
	return io.NopCloser(io.NewSectionReader(s.file, sp.at, sp.size)), true
}

func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file, s.spans = nil, nil
	return err
}
