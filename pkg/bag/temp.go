package bag

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// A tempDir is made when something must be unpacked, and removed on Close.
type tempDir struct {
	parent string
	mu     sync.Mutex
	dir    string
}

// spareSpace is left free on the disk that files are unpacked to: 64 MiB.
const spareSpace = 64 << 20

// make gives the directory, after a look whether need bytes fit there.
func (t *tempDir) make(need int64) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dir == "" {
		dir, err := os.MkdirTemp(t.parent, "cvatplan-bag-")
		if err != nil {
			return "", resourceError{err}
		}
		t.dir = dir
	}
	free, err := freeSpace(t.dir)
	if err != nil {
		return "", resourceError{fmt.Errorf("free space of %s: %w", t.dir, err)}
	}
	if need > free-spareSpace {
		return "", resourceError{fmt.Errorf("unpacking needs %d bytes and %d to spare in %s, where %d are free; set TMPDIR to a directory on a larger disk",
			need, spareSpace, filepath.Dir(t.dir), free)}
	}
	return os.MkdirTemp(t.dir, "")
}

// unlink takes the names off what was unpacked and is open by now, so that no way to end
// leaves it there. Where the system does not allow it, remove does so in the end.
func (t *tempDir) unlink() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dir != "" && os.RemoveAll(t.dir) == nil {
		t.dir = ""
	}
}

func (t *tempDir) remove() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dir == "" {
		return nil
	}
	dir := t.dir
	t.dir = ""
	return os.RemoveAll(dir)
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

// copyTo copies a file under its own name into dir.
func copyTo(ctx context.Context, dir, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(dir, filepath.Base(path)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(stoppable{out, ctx}, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
