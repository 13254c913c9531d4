package recording

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/tempfile"
)

// A spool keeps the frames of one task that had to be encoded, or were fetched from another machine's store, from the reading
// pass to the end of the upload: doing so twice would cost more than all the rest. It is
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

// add keeps a frame of at most so many bytes, which encode writes: several at once, each to a stretch of its own.
// What of it is not used is a hole of the file.
func (s *spool) add(e bag.Entry, most int64, encode func(io.Writer) error) error {
	s.mu.Lock()
	w := &stretch{file: s.file, at: s.end, end: s.end + most}
	s.end = w.end
	s.mu.Unlock()
	begin, buffered := w.at, bufio.NewWriterSize(w, 64<<10)
	err := encode(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if w.err != nil {
		return fmt.Errorf("spool frames in the temporary directory: %w", w.err)
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spans[message{e.Topic, e.Seq}] = span{begin, w.at - begin}
	return nil
}

// A stretch is a part of a file that is written from its beginning on.
type stretch struct {
	file    io.WriterAt
	at, end int64
	err     error
}

func (s *stretch) Write(p []byte) (n int, err error) {
	if int64(len(p)) > s.end-s.at {
		s.err = fmt.Errorf("a frame is larger than it can be, by %d bytes", int64(len(p))-(s.end-s.at))
		return 0, s.err
	}
	n, s.err = s.file.WriteAt(p, s.at)
	s.at += int64(n)
	return n, s.err
}

// open gives a frame that was kept.
func (s *spool) open(e bag.Entry) (*io.SectionReader, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sp, ok := s.spans[message{e.Topic, e.Seq}]
	if !ok {
		return nil, false
	}
	return io.NewSectionReader(s.file, sp.at, sp.size), true
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
