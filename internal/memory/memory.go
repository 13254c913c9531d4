// Package memory is one budget of memory that all share who read recordings and encode
// images: chunks, workers and bags.
//
// What a reader cannot go on without is always granted ([Budget.Take]), so that no two
// readers wait for each other; what it reads ahead is granted from half of the budget
// ([Budget.Try]); a job that ends by itself waits until there is room ([Budget.Wait]).
// What no reader should hold at once, because it is large ([Budget.Large]), goes to a
// temporary file instead.
package memory

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Default is the budget where none is given: 256 MiB.
const Default = 256 << 20

// A Budget is bytes that are shared. Its methods may be called from several goroutines.
type Budget struct {
	limit int64
	left  atomic.Int64 // bytes of jobs since the last collection

	mu    sync.Mutex
	held  int64         // bytes granted
	jobs  int           // of Wait that are not done
	freed chan struct{} // closed when bytes are given back
}

// New makes a budget of so many bytes.
func New(limit int64) *Budget { return &Budget{limit: limit, freed: make(chan struct{})} }

// Limit is the budget's size in bytes.
func (b *Budget) Limit() int64 { return b.limit }

// Large is the size in bytes above which nothing but a single message is held in memory: an
// eighth of the budget.
func (b *Budget) Large() int64 { return b.limit / 8 }

// Take grants n bytes, whatever is held.
func (b *Budget) Take(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held += n
}

// Try grants n bytes if half of the budget is not exceeded by them.
func (b *Budget) Try(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held+n > b.limit/2 {
		return false
	}
	b.held += n
	return true
}

// Wait grants n bytes to a job once they fit, or once no other job is running: a job of
// more than the whole budget runs alone. A job may not wait for another. Its bytes are
// given back with [Budget.Done].
func (b *Budget) Wait(ctx context.Context, n int64) error {
	for {
		b.mu.Lock()
		if b.held+n <= b.limit || b.jobs == 0 {
			b.held += n
			b.jobs++
			b.mu.Unlock()
			return nil
		}
		freed := b.freed
		b.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Done ends a job that waited for n bytes. What jobs leave is collected once it is a quarter
// of the budget: the runtime alone would let the memory double first.
func (b *Budget) Done(n int64) {
	if b.left.Add(n) >= b.limit/4 {
		b.left.Store(0)
		runtime.GC()
	}
	b.give(n, 1)
}

// Give gives n bytes of Take or Try back.
func (b *Budget) Give(n int64) { b.give(n, 0) }

func (b *Budget) give(n int64, jobs int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= n
	b.jobs -= jobs
	close(b.freed)
	b.freed = make(chan struct{})
}
