package rosimage

import (
	"errors"
	"fmt"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// ErrShort says that a message's first bytes do not hold what was asked for: read
// more of it, or all.
var ErrShort = errors.New("rosimage: more of the message is needed")

// An UnsupportedError names an encoding that is not read. It says nothing of the
// topic, which only the caller knows.
type UnsupportedError struct {
	Encoding string // as the message spells it, or what the payload's first bytes show
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("encoding %s is not supported", e.Encoding)
}

// Hint says what to do about it.
func (e *UnsupportedError) Hint() diag.Hint {
	return diag.Do(diag.HintRepublishTopic)
}

// A DamagedError is a message whose bytes contradict each other, are too few or make no image.
type DamagedError struct {
	Err   error
	cloud bool // it should hold a point cloud
}

func (e *DamagedError) Error() string {
	if e.cloud {
		return "damaged point cloud: " + e.Err.Error()
	}
	return "damaged image message: " + e.Err.Error()
}

// Unwrap is what is wrong with it.
func (e *DamagedError) Unwrap() error { return e.Err }

// malformed is a [DamagedError].
func malformed(format string, args ...any) error {
	return &DamagedError{Err: fmt.Errorf(format, args...)}
}

func malformedCloud(format string, args ...any) error {
	return &DamagedError{Err: fmt.Errorf(format, args...), cloud: true}
}
