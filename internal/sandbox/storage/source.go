package storage

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"os"
)

// A Source is where the bytes of a frame or a context image are: a file of its own, or
// a piece of an archive.
type Source struct {
	Name    string `json:"n"`           // its path in the task
	Archive string `json:"a,omitempty"` // file in archives/; "" is a file in raw/
	Offset  int64  `json:"o,omitempty"`
	Packed  int64  `json:"p,omitempty"` // bytes in the archive
	Size    int64  `json:"s,omitempty"`
	Deflate bool   `json:"d,omitempty"`
}

// A Frame is one image of a task.
type Frame struct {
	Source
	Width       int      `json:"w"` // upright, as CVAT shows it
	Height      int      `json:"h"`
	Orientation int      `json:"r,omitempty"` // EXIF; above 1 the original is turned on its way out
	Related     []Source `json:"c,omitempty"` // context images
}

// bytesAt is random access to a source.
type bytesAt interface {
	io.ReaderAt
	Size() int64
}

// Open opens the source; archive is the path of its archive or file.
func (c Source) Open(path string) (bytesAt, io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	if c.Archive == "" {
		info, err := f.Stat()
		if err != nil {
			return nil, nil, fmt.Errorf("stat %s: %w", path, err)
		}
		return io.NewSectionReader(f, 0, info.Size()), f, nil
	}
	piece := io.NewSectionReader(f, c.Offset, c.Packed)
	if !c.Deflate {
		return piece, f, nil
	}
	all, err := io.ReadAll(io.LimitReader(flate.NewReader(piece), c.Size))
	if err != nil {
		return nil, nil, fmt.Errorf("unpack %s: %w", c.Name, err)
	}
	return bytes.NewReader(all), f, nil
}

// Path is the file that a source's bytes are in.
func (s *Store) Path(data int, c Source) string {
	if c.Archive != "" {
		return s.Dir.Archives(data) + "/" + c.Archive
	}
	return s.Dir.Raw(data) + "/" + c.Name
}

// ReadImage reads all of a source.
func (s *Store) ReadImage(data int, c Source) ([]byte, error) {
	r, closer, err := c.Open(s.Path(data, c))
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	b := make([]byte, r.Size())
	n, err := r.ReadAt(b, 0)
	if n == len(b) {
		return b, nil
	}
	return nil, err
}
