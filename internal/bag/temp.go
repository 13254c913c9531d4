package bag

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// A Temp is a file of the temporary directory that has no name there, where the
// system allows that: no way to end, kill -9 included, leaves it behind. Elsewhere
// Close removes it.
type Temp struct {
	*os.File
	name string // "" if it has none
}

// NewTemp makes one in dir; "" is [os.TempDir].
func NewTemp(dir string) (*Temp, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	if f, err := nameless(dir); err == nil {
		return &Temp{File: f}, nil
	}
	f, err := os.CreateTemp(dir, "cvatplan-")
	if err != nil {
		return nil, err
	}
	t := &Temp{File: f}
	if os.Remove(f.Name()) != nil {
		t.name = f.Name()
	}
	return t, nil
}

// Close gives the file up.
func (t *Temp) Close() error {
	err := t.File.Close()
	if t.name != "" {
		err = errors.Join(err, os.Remove(t.name))
		t.name = ""
	}
	return err
}

// spareSpace is left free on the disk that files are unpacked to: 64 MiB.
const spareSpace = 64 << 20

// newTemp makes a file for need bytes, after a look whether they fit there.
func newTemp(dir string, need int64) (*Temp, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	free, err := freeSpace(dir)
	if err != nil {
		return nil, resourceError{fmt.Errorf("free space of %s: %w", dir, err)}
	}
	if need > free-spareSpace {
		return nil, resourceError{fmt.Errorf("unpacking needs %d bytes and %d to spare in %s, where %d are free; set TMPDIR to a directory on a larger disk",
			need, spareSpace, dir, free)}
	}
	t, err := NewTemp(dir)
	if err != nil {
		return nil, resourceError{err}
	}
	return t, nil
}

// A stoppable is a writer that fails once ctx has ended.
type stoppable struct {
	io.Writer
	ctx context.Context
}

func (s stoppable) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Writer.Write(p)
}

// A resourceError is of this machine, not of the recording: a full disk, say.
type resourceError struct{ error }

func (e resourceError) Unwrap() error { return e.error }

// ofTheMachine says whether an error tells nothing about the recording itself.
func ofTheMachine(err error) bool {
	var of resourceError
	return errors.As(err, &of) || slices.ContainsFunc([]error{
		fs.ErrPermission, syscall.ENOSPC, syscall.EMFILE, syscall.ENFILE, syscall.EIO, syscall.EROFS, syscall.ENOMEM,
	}, func(e error) bool { return errors.Is(err, e) })
}
