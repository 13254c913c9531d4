package prediction

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/internal/source/content"
)

// maxFile bounds what is read for one task, in bytes: 100,000 rectangles are some 20 MB of COCO.
const maxFile = 512 << 20

// A textFile is a text as it is now.
type textFile struct {
	*os.File
	size  int64  // bytes
	begin int64  // of the text, in the file
	stamp string // see [FileStamp]
}

const byteOrderMark = "\ufeff" // which editors write before UTF-8

// openTextFile opens a text of at most so many bytes.
func openTextFile(file string, most int64) (*textFile, error) {
	in, err := regular.Open(file)
	if err != nil {
		return nil, cause(err)
	}
	t := &textFile{File: in}
	if err := t.check(most); err != nil {
		in.Close()
		return nil, err
	}
	return t, nil
}

func (t *textFile) check(most int64) error {
	info, err := t.Stat()
	if err != nil {
		return cause(err)
	}
	t.size, t.stamp = info.Size(), stampOfFile(info)
	if t.size > most {
		return fmt.Errorf("more than %d MiB for one task", maxFile>>20)
	}
	head := make([]byte, min(t.size, content.MaxPointer))
	n, err := t.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return cause(err)
	}
	head = head[:n]
	if code, name := content.Pointer(head); code != "" {
		return fmt.Errorf("%s is in place of the file", name)
	}
	if bytes.HasPrefix(head, []byte(byteOrderMark)) {
		t.begin = int64(len(byteOrderMark))
	}
	return nil
}

func (t *textFile) text() *io.SectionReader {
	return io.NewSectionReader(t.File, t.begin, t.size-t.begin)
}

// openText reads a file of which a task needs parts.
func openText(file string, format Format) (*File, error) {
	in, err := openTextFile(file, maxFile)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	f, err := indexText(in.text(), format)
	if err != nil {
		return nil, cause(err)
	}
	if stamp, _ := FileStamp(file); stamp != in.stamp {
		return nil, errChanged
	}
	f.open = func() (source, error) {
		again, err := openTextFile(file, maxFile)
		if err != nil {
			return nil, err
		}
		if again.stamp != in.stamp {
			again.Close()
			return nil, errChanged
		}
		return &textSource{text: again.text(), closer: again}, nil
	}
	return f, nil
}

func indexText(text *io.SectionReader, format Format) (*File, error) {
	index := indexCOCO
	if format == JSONL {
		index = indexJSONL
	}
	sum := sha256.New()
	f, err := index(text, sum)
	if err != nil {
		return nil, err
	}
	f.hash = hex.EncodeToString(sum.Sum(nil))
	return f.finish(), nil
}

// A textSource reads rows in the order of the file. Where they follow each other it reads ahead.
type textSource struct {
	text   *io.SectionReader
	closer io.Closer
	room   []byte
	held   []byte // of room, what was read
	at     int64  // of held, in the text
}

const leastAhead, mostAhead = 4 << 10, 256 << 10

func (s *textSource) read(_ *File, r row) ([]byte, error) {
	from, n := int64(r.at), int(r.bytes)
	end := s.at + int64(len(s.held))
	if from >= s.at && from+int64(n) <= end {
		return s.held[from-s.at:][:n], nil
	}
	ahead := leastAhead
	if from >= s.at && from <= end+leastAhead {
		ahead = min(2*len(s.room), mostAhead)
	}
	if size := max(n, ahead); len(s.room) < size || len(s.room) > 2*size {
		s.room = make([]byte, size)
	}
	got, err := s.text.ReadAt(s.room, from)
	s.held, s.at = s.room[:got], from
	switch {
	case got >= n:
		return s.held[:n], nil
	case err == io.EOF:
		return nil, errChanged
	}
	return nil, err
}

func (s *textSource) Close() error { return s.closer.Close() }
