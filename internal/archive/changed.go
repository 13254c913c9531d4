package archive

import (
	"errors"
	"fmt"
)

// ErrChanged is what every [*ChangedError] is.
var ErrChanged = errors.New("changed since it was measured")

// A ChangedError says that a frame is no longer what was measured, so that the
// archive under its content's name cannot be made any more.
type ChangedError struct {
	Name string // the frame
	What string // e.g. "shrank from 20 to 10 bytes"
	Err  error  // the cause, where there is one
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s: %v: it %s", e.Name, ErrChanged, e.What)
}

// Is reports whether target is ErrChanged.
func (e *ChangedError) Is(target error) bool { return target == ErrChanged }

// Unwrap is the cause, or nil.
func (e *ChangedError) Unwrap() error { return e.Err }

func changed(e *Entry, format string, args ...any) error {
	return &ChangedError{Name: e.Name, What: fmt.Sprintf(format, args...)}
}
