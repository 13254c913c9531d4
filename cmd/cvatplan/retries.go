package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// retries tells that requests are sent again, so that waiting is no silence: to the progress display
// while there is one, and else in a line now and then.
type retries struct {
	w io.Writer

	mu    sync.Mutex
	shown listener  // nil: lines
	last  time.Time // of the last line
}

// often is the least time between two lines: one server in trouble makes many retries.
const often = 5 * time.Second

func (r *retries) tell(e cvat.Retry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shown != nil {
		r.shown.Retried()
		return
	}
	if time.Since(r.last) < often {
		return
	}
	r.last = time.Now()
	fmt.Fprintf(r.w, "cvatplan: trying again in %s: %s\n", e.Wait.Round(100*time.Millisecond), report.Safe(e.Err.Error()))
}

// show makes the display count; nil ends that.
func (r *retries) show(shown listener) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shown = shown
}
