// Package regular opens files whose names somebody gave: in an option, a variable, a manifest. Such a name may lead to
// a pipe, which is waited for until somebody writes to it, or to a device, which may have no end: both are refused
// before they are opened, and so are directories. That no more files may be opened says nothing about the file:
// [TooManyOpen] tells such an error from others.
package regular

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"syscall"
)

// ErrNotRegular is why a name is refused.
var ErrNotRegular = errors.New("it is not a regular file")

// TooManyOpen reports whether a file could not be opened because the process, or the machine, has as many open as it may.
func TooManyOpen(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// A directoryError is an [ErrNotRegular] that says what is there.
type directoryError struct{}

func (directoryError) Error() string        { return "it is a directory, not a regular file" }
func (directoryError) Is(target error) bool { return target == ErrNotRegular }

// Open opens a regular file to be read. Its errors name the path.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return nil, &fs.PathError{Op: "open", Path: path, Err: directoryError{}}
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return os.Open(path)
}

// OpenGiven is Open for what a person names when starting the program: what the shell passes as a descriptor,
// /dev/stdin or <(…), has a writer, so it may be anything. The caller bounds what is read of it.
func OpenGiven(path string) (*os.File, error) {
	if descriptor.MatchString(path) {
		return os.Open(path)
	}
	return Open(path)
}

// ReadFile is Open that reads all.
func ReadFile(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Replaceable is nil where path is a regular file, or nothing: a file that takes the name of a device, as root may,
// takes it from every program of the machine.
func Replaceable(path string) error {
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || descriptor.MatchString(path)) {
		return &fs.PathError{Op: "replace", Path: path, Err: ErrNotRegular}
	}
	return nil
}

// IsWaitedFor reports whether whoever opens path, to read or to write, waits for another process.
func IsWaitedFor(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0 && !descriptor.MatchString(path)
}

// descriptor is the name of an open file of this process.
var descriptor = regexp.MustCompile(`^/(dev/(stdin|stdout|stderr|fd/\d+)|proc/(self|\d+)/fd/\d+)$`)
