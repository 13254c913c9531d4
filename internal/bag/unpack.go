package bag

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"syscall"

	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/internal/tempfile"
)

// newTemp makes a temporary file for need bytes.
func newTemp(dir string, need int64) (*tempfile.File, error) {
	t, err := tempfile.Create(dir, need)
	var space *tempfile.NoSpaceError
	if errors.As(err, &space) {
		err = fmt.Errorf("unpacking needs %d bytes and %d to spare in %s, where %d are free; set TMPDIR to a directory on a larger disk",
			need, tempfile.Spare, space.Dir, space.Free)
	}
	if err != nil {
		return nil, resourceError{err}
	}
	return t, nil
}

// A stoppable is a writer that fails once ctx has ended.
type stoppable struct {
	to  io.Writer
	ctx context.Context
}

func (s stoppable) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.to.Write(p)
}

// A resourceError is of this machine, not of the recording: a full disk, say.
type resourceError struct{ error }

func (e resourceError) Unwrap() error { return e.error }

// ofTheMachine says whether an error tells nothing about the recording itself.
func ofTheMachine(err error) bool {
	var of resourceError
	return errors.As(err, &of) || regular.TooManyOpen(err) || slices.ContainsFunc([]error{
		fs.ErrPermission, syscall.ENOSPC, syscall.EIO, syscall.EROFS, syscall.ENOMEM,
	}, func(e error) bool { return errors.Is(err, e) })
}
