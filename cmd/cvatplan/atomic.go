package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// writeAtomically gives write a file that takes the place of path only when it is whole: whoever reads
// path sees all of the old content or all of the new one.
func writeAtomically(path string, write func(io.Writer) error) error {
	return replaceFile(path, modeOf(path), write)
}

// replaceFile is writeAtomically for a file that is to have this mode.
func replaceFile(path string, mode os.FileMode, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// modeOf is the mode that a file has, or that a new one may have: CreateTemp's is for its owner alone.
func modeOf(path string) os.FileMode {
	if info, err := os.Stat(path); err == nil {
		return info.Mode().Perm()
	}
	return 0o644
}
