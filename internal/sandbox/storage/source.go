package storage

import (
	"compress/flate"
	"fmt"
	"io"
	"os"
)

// A Source is where the bytes of a frame or a context image are: a file of its own, or
// a piece of an archive.
type Source struct {
	Name    string `json:"n"`           // its path in the task
	Place   string `json:"l,omitempty"` // the bucket or share that it is in; "" is the task's own directory
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

// MaxPixels is what Pillow, and so CVAT, takes at most in one image.
const MaxPixels = 178956970

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
	return &unpacking{from: flate.NewReader(piece), name: c.Name, size: c.Size}, f, nil
}

// An unpacking entry is random access to what is packed: it unpacks as far as somebody
// has read, so that a header costs no more than itself.
type unpacking struct {
	from io.Reader
	name string
	size int64
	done []byte
}

// Size is the unpacked size, as the archive's directory tells it.
func (u *unpacking) Size() int64 { return u.size }

// ReadAt unpacks as far as need be.
func (u *unpacking) ReadAt(p []byte, off int64) (int, error) {
	end := min(off+int64(len(p)), u.size)
	if off < 0 || off >= end {
		return 0, io.EOF
	}
	if missing := end - int64(len(u.done)); missing > 0 {
		more := make([]byte, max(missing, min(64<<10, u.size-int64(len(u.done)))))
		n, err := io.ReadFull(u.from, more)
		u.done = append(u.done, more[:n]...)
		if int64(len(u.done)) < end {
			return 0, fmt.Errorf("unpack %s: %w", u.name, err)
		}
	}
	n := copy(p, u.done[off:end])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Path is the file that a source's bytes are in.
func (s *Store) Path(data int, c Source) string {
	if c.Place != "" {
		return s.Dir.Served(c.Place) + "/" + c.Name
	}
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
