package observe

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// A crash is a panic in a goroutine of ours, on its way to the caller's.
type crash struct{ text string }

func (c *crash) Error() string { return c.text }

// guarded turns a panic of f into an error that [rethrow] knows.
func guarded(f func() error) func() error {
	return func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = &crash{fmt.Sprintf("%v\n%s", v, debug.Stack())}
			}
		}()
		return f()
	}
}

// rethrow panics in the caller's goroutine, where one recover serves the whole program.
func rethrow(err error) error {
	var c *crash
	if errors.As(err, &c) {
		panic(c.text)
	}
	return err
}
