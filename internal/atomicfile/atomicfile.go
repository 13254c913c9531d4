// Package atomicfile writes files whole or not at all: whoever reads a path sees all of the old content or
// all of the new one, whenever the writing process, or the machine, is stopped.
//
// It is our own because the well-kept libraries for this leave Windows out.
package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cvatplan/cvatplan/internal/regular"
)

// TempPrefix begins the names of files that are not whole yet. One that a killed process left can be
// removed once it is old.
const TempPrefix = ".new-"

// Options say how a file is written. The zero value replaces a file that there is, or makes a new one.
type Options struct {
	Mode    os.FileMode // permissions; 0: those of the file that is replaced, or 0644
	New     bool        // refuse to replace a file, with an error that is fs.ErrExist
	TempDir string      // where it is written first, on the same file system; empty: next to path
	NoSync  bool        // do not wait for the disk: after a power failure the file may be empty
}

// Write gives write a file that takes the place of path once write and the disk are done with it. Missing
// directories are made. A device, a pipe or a directory is never replaced. Where write fails, nothing has changed, and its error is returned.
func Write(path string, o Options, write func(io.Writer) error) error {
	if err := regular.Replaceable(path); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	if o.TempDir == "" {
		o.TempDir = filepath.Dir(path)
	}
	f, err := os.CreateTemp(o.TempDir, TempPrefix+"*")
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) { // of a name that nobody knows
		return &fs.PathError{Op: "create", Path: path, Err: failed.Err}
	}
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Chmod(o.mode(path)))
	if err == nil && !o.NoSync {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = o.put(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error says what is wrong
	}
	return err
}

// mode is what CreateTemp's, which is for the owner alone, is replaced by.
func (o Options) mode(path string) os.FileMode {
	if o.Mode != 0 {
		return o.Mode
	}
	if info, err := os.Stat(path); err == nil {
		return info.Mode().Perm()
	}
	return 0o644
}

// put gives a whole file its name. A link fails where there is a file of that name, so that one which came
// to be meanwhile is not replaced either; file systems without links are asked before.
func (o Options) put(temp, path string) error {
	if !o.New {
		return os.Rename(temp, path)
	}
	err := os.Link(temp, path)
	if err == nil {
		return os.Remove(temp)
	}
	if _, found := os.Lstat(path); found == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	return os.Rename(temp, path)
}
