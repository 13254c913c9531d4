package source

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/errgroup"
)

// each calls f for 0 to n-1, at most workers at a time, until ctx ends. A panic in f
// comes out of each, in the caller's goroutine, where the program catches it.
func each(ctx context.Context, n, workers int, f func(i int)) {
	var g errgroup.Group
	g.SetLimit(workers)
	var once sync.Once
	var failed error
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			defer func() {
				if v := recover(); v != nil {
					once.Do(func() { failed = crash(v) })
				}
			}()
			f(i)
			return nil
		})
	}
	g.Wait()
	if failed != nil {
		panic(failed)
	}
}

// crash is what a panic was, with its stack, which the caller's does not show.
func crash(v any) error { return fmt.Errorf("%v\n%s", v, debug.Stack()) }
