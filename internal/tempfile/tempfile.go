// Package tempfile makes temporary files that no way to end a process, kill -9
// included, leaves behind, after a look whether the disk has room for them.
package tempfile

import (
	"errors"
	"fmt"
	"os"
)

// A File is a file of the temporary directory that has no name there, where the
// system allows that. Elsewhere Close removes it.
type File struct {
	file *os.File
	name string // "" if it has none
}

// Write appends to what was written.
func (t *File) Write(p []byte) (int, error) { return t.file.Write(p) }

// WriteAt is [os.File.WriteAt].
func (t *File) WriteAt(p []byte, off int64) (int, error) { return t.file.WriteAt(p, off) }

// ReadAt is [os.File.ReadAt].
func (t *File) ReadAt(p []byte, off int64) (int, error) { return t.file.ReadAt(p, off) }

// Truncate is [os.File.Truncate].
func (t *File) Truncate(size int64) error { return t.file.Truncate(size) }

// Size is how many bytes the file has.
func (t *File) Size() (int64, error) {
	info, err := t.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Spare is left free on the disk: 64 MiB.
const Spare = 64 << 20

// A NoSpaceError is a disk without room for a file and [Spare].
type NoSpaceError struct {
	Dir        string
	Need, Free int64 // bytes
}

func (e *NoSpaceError) Error() string {
	return fmt.Sprintf("%d bytes and %d to spare are needed in %s, where %d are free", e.Need, Spare, e.Dir, e.Free)
}

// Create makes a file that will hold up to need bytes in dir; "" is [os.TempDir].
// The error is a [*NoSpaceError] if they do not fit there; a file system that
// cannot tell how much is free is believed to have room.
func Create(dir string, need int64) (*File, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	if free, err := freeSpace(dir); err == nil && need > free-Spare {
		return nil, &NoSpaceError{dir, need, free}
	}
	if f, err := nameless(dir); err == nil {
		return &File{file: f}, nil
	}
	f, err := os.CreateTemp(dir, "cvatplan-")
	if err != nil {
		return nil, err
	}
	t := &File{file: f}
	if os.Remove(f.Name()) != nil {
		t.name = f.Name()
	}
	return t, nil
}

// Close gives the file up.
func (t *File) Close() error {
	err := t.file.Close()
	if t.name != "" {
		err = errors.Join(err, os.Remove(t.name))
		t.name = ""
	}
	return err
}
