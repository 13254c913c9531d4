package main

import (
	"fmt"
	"io"
	"os"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/diag"
)

// A newFile is what init and import write for a person to go on with: a file that is there already is kept, unless
// --force is given.
type newFile struct {
	path  string
	force bool
}

// check is asked before any work is done.
func (f newFile) check() error {
	if _, err := os.Lstat(f.path); err == nil && !f.force {
		return withHint(fmt.Errorf("%s is there already", f.path), diag.Do(diag.HintOtherOutput))
	}
	return nil
}

// write does not overwrite a file that was made since check either.
func (f newFile) write(a *app, content []byte) error {
	return atomicfile.Write(f.path, atomicfile.Options{New: !f.force}, a.guarded(func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}))
}

// argument is how plan is given the file as its manifest.
func (f newFile) argument() string {
	if f.path == defaultManifest {
		return ""
	}
	return " " + f.path
}
