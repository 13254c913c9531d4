package main

import (
	"runtime"
	"runtime/debug"
)

// collectLater puts the first garbage collection off until 16 MiB are in use. Go begins at 4 MiB, which the manifest's
// schema alone takes: without this, `validate` of a small manifest takes an eighth more of processor time. From the
// first one on, Go's own pace holds again, so that what a long run needs at most stays the same. A GOGC of the user's
// is obeyed from the start.
func collectLater(getenv func(string) string) {
	if getenv("GOGC") != "" {
		return
	}
	usual := debug.SetGCPercent(400)
	first := new(*int) // nothing refers to it, so the first collection frees it
	runtime.AddCleanup(first, func(percent int) { debug.SetGCPercent(percent) }, usual)
}
