package frame

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/internal/crash"
)

// Parallel calls f for 0 to n-1, at most workers at a time, until ctx ends. A panic in f
// comes out of Parallel, in the caller's goroutine, where the program catches it.
func Parallel(ctx context.Context, n, workers int, f func(i int)) {
	var g errgroup.Group
	g.SetLimit(workers)
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			return crash.Guard(func() error { f(i); return nil })
		})
	}
	_ = crash.Rethrow(g.Wait()) // f returns no errors
}
