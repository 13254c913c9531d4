package sandbox

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"os"
)

// A source is where the bytes of a frame or a context image are: a file of its own, or
// a piece of an archive.
type source struct {
	Name    string `json:"n"`           // its path in the task
	Archive string `json:"a,omitempty"` // file in archives/; "" is a file in raw/
	Offset  int64  `json:"o,omitempty"`
	Packed  int64  `json:"p,omitempty"` // bytes in the archive
	Size    int64  `json:"s,omitempty"`
	Deflate bool   `json:"d,omitempty"`
}

// A frame is one image of a task.
type frame struct {
	source
	Width       int      `json:"w"` // upright, as CVAT shows it
	Height      int      `json:"h"`
	Orientation int      `json:"r,omitempty"` // EXIF; above 1 the original is turned on its way out
	Related     []source `json:"c,omitempty"` // context images
}

// bytesAt is random access to a source.
type bytesAt interface {
	io.ReaderAt
	Size() int64
}

// open opens the source; archive is the path of its archive or file.
func (c source) open(path string) (bytesAt, io.Closer, error) {
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

// path is the file that a source's bytes are in.
func (s *Server) path(data int, c source) string {
	if c.Archive != "" {
		return s.dir.archives(data) + "/" + c.Archive
	}
	return s.dir.raw(data) + "/" + c.Name
}

// header reads the header of a source's image.
func (s *Server) header(data int, c source) (header, error) {
	r, closer, err := c.open(s.path(data, c))
	if err != nil {
		return header{}, err
	}
	defer closer.Close()
	return readHeader(r, r.Size())
}

// read reads all of a source.
func (s *Server) read(data int, c source) ([]byte, error) {
	r, closer, err := c.open(s.path(data, c))
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

// zipSource is where a zip's entry is.
func zipSource(archive, name string, f *zip.File) (source, error) {
	offset, err := f.DataOffset()
	return source{
		Name: name, Archive: archive, Offset: offset, Deflate: f.Method == zip.Deflate,
		Packed: int64(f.CompressedSize64), Size: int64(f.UncompressedSize64),
	}, err
}
