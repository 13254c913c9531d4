package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// Exit codes, as docs/errors.md states them. Where several fit, the
// first of 11, 130/143, 4, 5, 3, 2, 1 is taken.
const (
	exitOK          = 0
	exitError       = 1
	exitChanges     = 2 // plan --detailed-exitcode: there is something to do; pull --check: something changed
	exitTaskFailed  = 3 // a task failed, or no more files could be opened; run it again
	exitNotAllowed  = 4
	exitConflict    = 5 // conflict, blocked (a project too) or renamed; drift with --fail-on drift; a saved plan is out of date
	exitCrash       = 11
	exitUsage       = 80
	exitInterrupted = 130
	exitTerminated  = 143
)

// A usageError is a mistake on the command line.
type usageError struct{ error }

// An exit ends the program with a code, having said already what there is to say.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// fail prints an error and its hint, and says which exit code it is.
func (a *app) fail(err error) int {
	var code exit
	if err == nil || errors.As(err, &code) {
		return int(code)
	}
	if code := a.interrupts.code(); code != exitOK && errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.stderr, "cvatplan: interrupted; nothing was written")
		return code
	}
	a.printError(err)
	return exitCode(err)
}

// codeOf is the exit code that an error leads to.
func codeOf(err error) int {
	var code exit
	if err == nil || errors.As(err, &code) {
		return int(code)
	}
	return exitCode(err)
}

// exitCode is the one place where an error becomes a code.
func exitCode(err error) int {
	var usage usageError
	var stale *planner.StaleError
	var blocked blockedProjectError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &stale), errors.As(err, &blocked):
		return exitConflict
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, cvat.ErrNotAuthorised):
		return exitNotAllowed
	case isTemporary(err):
		return exitTaskFailed
	}
	return exitError
}

// isTemporary reports whether running again helps, with nothing else changed.
func isTemporary(err error) bool {
	var inBags bagsError
	var inManifests *manifest.Error
	var notListed notListedError
	switch {
	case errors.As(err, &notListed):
		return diag.Passes(notListed.problems)
	case errors.As(err, &inBags):
		return diag.Passes(inBags.problems)
	case errors.As(err, &inManifests):
		return diag.Passes(inManifests.Problems)
	}
	return diag.CodeOr("", err) == diag.CodeTooManyFiles
}

// codeOfBlocked is the exit code of tasks that were left undone, each for a reason: where all of them are blocked for a
// moment only, because no more files could be opened, no person has to decide.
func codeOfBlocked(reasons []diag.Diagnostic) int {
	switch {
	case len(reasons) == 0:
		return exitOK
	case diag.Passes(reasons):
		return exitTaskFailed
	}
	return exitConflict
}

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
