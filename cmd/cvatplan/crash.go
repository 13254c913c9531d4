package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// A panic exits 11 with a report to send, in whatever goroutine it was: an unrecovered one exits 2, which
// CI reads as "changes". Those of this package run under guard, those of other packages bring their
// panics to the goroutine that waits for them, or into their results.

// crashes keeps the first panic of goroutines that nobody waits for.
type crashes struct {
	mu    sync.Mutex
	first string
}

func (c *crashes) note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == "" {
		c.first = text
	}
}

func (c *crashes) noted() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.first
}

// guard runs f and notes its panic, which then decides how the program exits.
func (a *app) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			a.crashes.note(stackOf(v))
		}
	}()
	f()
}

// stackOf is a panic's reason and place; it is called where the panic is recovered.
func stackOf(v any) string { return fmt.Sprintf("%v\n\n%s", v, debug.Stack()) }

// codeUnlessCrashed is the code with which a run ends that came to its end.
func (a *app) codeUnlessCrashed(code int) int {
	if text := a.crashes.noted(); text != "" {
		return a.crashed(text)
	}
	return code
}

// crashed prints the report.
func (a *app) crashed(text string) int {
	fmt.Fprintf(a.stderr, "cvatplan: crashed: %s\n", text)
	fmt.Fprintf(a.stderr, "cvatplan %s, %s %s/%s\n", versionString(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintln(a.stderr, "cvatplan: hint: this is a bug; what was applied stays, and applying again is safe. Please report the lines above.")
	return exitCrash
}
