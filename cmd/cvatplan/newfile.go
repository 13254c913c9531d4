package main

import (
	"fmt"
	"io"
	"os"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/diag"
)

// A newFile is what init and import write for a person to go on with: a file that is there already is kept, unless
// --force is given. The path - is stdout.
type newFile struct {
	path  string
	force bool
}

func (f newFile) printed() bool { return f.path == "-" }

// check is asked before any work is done.
func (f newFile) check() error {
	if f.printed() || f.force {
		return nil
	}
	if _, err := os.Lstat(f.path); err == nil {
		return withHint(fmt.Errorf("%s is there already", f.path), diag.Do(diag.HintOtherOutput))
	}
	return nil
}

// write does not overwrite a file that was made since check either.
func (f newFile) write(a *app, content []byte) error {
	if f.printed() {
		_, err := a.stdout.Write(content)
		return err
	}
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
