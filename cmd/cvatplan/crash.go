package main

import (
	"fmt"
	"runtime"

	"github.com/cvatplan/cvatplan/internal/crash"
)

// A panic exits 11 with a report to send, in whatever goroutine it was: an unrecovered one exits 2, which
// CI reads as "changes". Those of this package that nobody waits for run under app.crashes, those of other
// packages bring their panics to the goroutine that waits for them, or into their results.

// codeUnlessCrashed is the code with which a run ends that came to its end.
func (a *app) codeUnlessCrashed(code int) int {
	if p := a.crashes.Panic(); p != nil {
		return a.crashed(p)
	}
	return code
}

// crashed prints the report.
func (a *app) crashed(p *crash.Panic) int {
	fmt.Fprintf(a.stderr, "cvatplan: crashed: %s\n", p)
	fmt.Fprintf(a.stderr, "cvatplan %s, %s %s/%s\n", versionString(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintln(a.stderr, "cvatplan: hint: this is a bug; what was applied stays, and applying again is safe. Please report the lines above.")
	return exitCrash
}
