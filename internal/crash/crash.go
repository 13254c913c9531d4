// Package crash brings panics of goroutines, with the stack of where they were, to the goroutine that waits
// for them.
//
// A panic that is not recovered ends a program with exit code 2, and takes with it what the other goroutines
// have under way. So each goroutine of ours runs under [Guard] or [Relay.Guard], and who waits for it calls
// [Rethrow] or [Relay.Rethrow]: one recover then serves the whole program.
package crash

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// A Panic is a panic on its way to another goroutine. As an error it can come through an errgroup.
type Panic struct {
	Value any
	Stack string // of the goroutine that panicked
}

// Error is what the panic was, and its stack below.
func (p *Panic) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// Recovered is the panic that v, not nil, was recovered from; it is called where that is done. One that came
// from another goroutine keeps its own stack.
func Recovered(v any) *Panic {
	if p, ok := v.(*Panic); ok {
		return p
	}
	return &Panic{Value: v, Stack: string(debug.Stack())}
}

// Guard runs f; a panic of f becomes its error, a [*Panic].
func Guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = Recovered(v)
		}
	}()
	return f()
}

// Rethrow panics with the [*Panic] that err is or wraps; any other error it returns.
func Rethrow(err error) error {
	var p *Panic
	if errors.As(err, &p) {
		panic(p)
	}
	return err
}

// A Relay keeps the first panic of goroutines that return no error. The zero value is ready.
type Relay struct {
	mu    sync.Mutex
	first *Panic
}

// Guard runs f, and keeps its panic.
func (r *Relay) Guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			r.Keep(Recovered(v))
		}
	}()
	f()
}

// Keep keeps a panic that was recovered elsewhere, if it is the first.
func (r *Relay) Keep(p *Panic) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first == nil {
		r.first = p
	}
}

// Panic is the first panic, nil if there was none.
func (r *Relay) Panic() *Panic {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

// Rethrow panics with the first panic, if there was one.
func (r *Relay) Rethrow() {
	if p := r.Panic(); p != nil {
		panic(p)
	}
}
