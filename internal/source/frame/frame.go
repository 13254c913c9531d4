package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cvatplan/cvatplan/internal/source/imageheader"
)

// A reel is what one task takes of one bag: frames that can be opened, in the task's
// order. Files and messages differ behind it, and only there.
type reel interface {
	// open gives a frame's bytes. It may be called again, and from several goroutines.
	open(ctx context.Context, i int) (io.ReadCloser, error)
	// size is the length of what open gives, without reading it; -1 is not known.
	size(ctx context.Context, i int) (int64, error)
	// each opens every frame once for visit, or gives the reason why it cannot, in
	// any order and several at a time. Where only headers are asked for, the rest of
	// a frame may be missing.
	each(ctx context.Context, part part, visit func(i int, o opened, err error))
	// where names the frame for people: a path, or a message of a recording.
	where(i int) string
	// only is a reel of these frames.
	only(kept []int) reel
	// close gives up what was kept for open.
	close() error
}

// A part is how much of each frame a reader is after.
type part int

const (
	headers part = iota
	whole
)

// An opened frame can be read anywhere, for its header, and then from its start.
type opened struct {
	io.Reader
	io.ReaderAt
	size  int64
	known *imageheader.Header // of what was encoded here: there is nothing to check
}

func openedBytes(b []byte) opened {
	r := bytes.NewReader(b)
	return opened{Reader: r, ReaderAt: r, size: int64(len(b))}
}

// frames are a task's, in CVAT's order. One slice of names is all that a million of
// them keep: a file's path is the rest of its name where the template allows it.
type frames struct {
	names []string
	reel  reel
	bad   string // "error" or "skip": what an unusable frame does
	sized bool   // each needs its width and height: they stand in the order file

	selection string  // what frames: says beyond its defaults, for the listing
	listed    *listed // what the committed listing says, of a bag that is here; nil: there is none
}

// only gives some of the frames, in their order.
func (f frames) only(kept []int) frames {
	f.names, f.reel = permute(f.names, kept), f.reel.only(kept)
	return f
}

// files is the reel of a directory.
type files struct {
	dir   string
	names []string // a path in the bag is a name without its first cut bytes
	cut   int
}

func (f files) where(i int) string {
	return filepath.Join(f.dir, filepath.FromSlash(f.names[i][f.cut:]))
}

func (f files) open(_ context.Context, i int) (io.ReadCloser, error) { return openFile(f.where(i)) }

func (f files) each(ctx context.Context, _ part, visit func(int, opened, error)) {
	each(ctx, len(f.names), readers, func(i int) {
		file, err := openFile(f.where(i))
		if err != nil {
			visit(i, opened{}, err)
			return
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			visit(i, opened{}, err)
			return
		}
		visit(i, opened{Reader: file, ReaderAt: file, size: info.Size()}, nil)
	})
}

var errNotAFile = errors.New("not a regular file")

// openFile refuses what is no file, a FIFO above all, which would wait for ever.
func openFile(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotAFile}
	}
	return os.Open(name)
}

func (f files) size(_ context.Context, i int) (int64, error) {
	info, err := os.Stat(f.where(i))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f files) only(kept []int) reel {
	return files{dir: f.dir, names: permute(f.names, kept), cut: f.cut}
}

func (f files) close() error { return nil }
