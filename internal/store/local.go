package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"github.com/cvatplan/cvatplan/internal/regular"
)

// Local is a tree of this machine's file system, network mounts included. Links are followed
// wherever they lead, out of the tree too. A Root that is empty is the working directory.
type Local struct{ Root string }

// Near says that opening a file costs little.
func (Local) Near() {}

// Path is a path of this machine, with its own separators.
func (l Local) Path(name string) string { return filepath.Join(l.Root, filepath.FromSlash(name)) }

// List reads the directory's entries, without their sizes.
func (l Local) List(_ context.Context, dir string) ([]fs.DirEntry, error) {
	f, err := os.Open(l.path(dir))
	if err != nil {
		return nil, noted(err)
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// Stat asks the file system.
func (l Local) Stat(_ context.Context, name string) (fs.FileInfo, error) {
	return os.Stat(l.path(name))
}

// Open refuses what is not a regular file with [ErrNotAFile].
func (l Local) Open(_ context.Context, name string) (File, error) {
	path := l.path(name)
	f, err := regular.Open(path)
	if errors.Is(err, regular.ErrNotRegular) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotAFile}
	}
	if err != nil {
		return nil, noted(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return localFile{f, info.Size()}, nil
}

// ranOut is of the whole process, as the limit is.
var ranOut atomic.Bool

// noted remembers that there were too many open files.
func noted(err error) error {
	if regular.TooManyOpen(err) {
		ranOut.Store(true)
	}
	return err
}

var errRanOut = fmt.Errorf("what was found may not be all: %w", syscall.EMFILE)

// Here reports whether a store is on this machine: reading all of a file costs no network.
func Here(s Store) bool {
	_, here := s.(Local)
	return here
}

// RanOut says that what was found may not be all, if some file or directory could not be opened because this process may open
// no more: for who looks at whatever is there, so that a file that cannot be opened is an answer, too.
func RanOut() error {
	if ranOut.Load() {
		return errRanOut
	}
	return nil
}

// Link follows each link on the way; the end is an absolute path.
func (l Local) Link(_ context.Context, name string) (target, end string, err error) {
	path := l.path(name)
	target, _ = os.Readlink(path)
	end, err = filepath.EvalSymlinks(path)
	if err == nil {
		end, err = filepath.Abs(end)
	}
	return target, end, err
}

// path is Path, of the working directory where there is no root.
func (l Local) path(name string) string {
	if path := l.Path(name); path != "" {
		return path
	}
	return "."
}

type localFile struct {
	*os.File
	size int64
}

func (f localFile) Size() int64 { return f.size }
