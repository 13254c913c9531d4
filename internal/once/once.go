// Package once makes a value that several share, each of whom may give up.
package once

import (
	"context"
	"sync"
)

// A Value is made by the first who asks for it, while the others wait. It differs from [sync.OnceValues] in that
// one caller's giving up is not another's failure: what failed after its own context had ended is made again, by the next
// who asks. The zero Value is ready for use.
type Value[T any] struct {
	mu    sync.Mutex
	made  bool
	value T
	err   error
}

// Get gives the value, and makes it unless it was made. make should end when ctx does.
func (v *Value[T]) Get(ctx context.Context, make func(context.Context) (T, error)) (T, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.made {
		return v.value, v.err
	}
	value, err := make(ctx)
	if err != nil && ctx.Err() != nil {
		return value, err
	}
	v.made, v.value, v.err = true, value, err
	return value, err
}

// Made is the value, or the zero one if none was made. While one is being made, it waits.
func (v *Value[T]) Made() T {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.value
}
