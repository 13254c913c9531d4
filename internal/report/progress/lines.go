package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/apply"
)

// lines writes a line for each finished task, and one for all every so often.
type lines struct {
	counter *counter
	stop    chan struct{}
	done    chan struct{}

	mu sync.Mutex // one line at a time
	w  io.Writer

	crash crash.Relay
}

func newLines(w io.Writer, t *counter, every time.Duration) *lines {
	l := &lines{counter: t, w: w, stop: make(chan struct{}), done: make(chan struct{})}
	go l.crash.Guard(func() { l.tick(every) })
	return l
}

func (l *lines) tick(every time.Duration) {
	defer close(l.done)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.write(l.counter.snapshot().String())
		case <-l.stop:
			return
		}
	}
}

func (l *lines) event(e apply.Event) {
	if e.Phase == apply.Finished && e.Result != nil && e.Result.Outcome != apply.Stopped {
		l.write(finished(*e.Result))
	}
}

func (l *lines) say(text string) { l.write(text) }

func (l *lines) close() {
	close(l.stop)
	<-l.done
	l.crash.Rethrow()
}

// write drops what cannot be written: a closed stderr must not stop an upload.
func (l *lines) write(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.w, s)
}

// finished is "done: jai_cam_run7, 50 frames, 4.8 MiB in 3s, #812 https://…".
func finished(r apply.TaskResult) string {
	parts := []string{wording.Safe(r.Task)}
	if r.Frames == 1 {
		parts = append(parts, "1 frame")
	} else if r.Frames > 0 {
		parts = append(parts, fmt.Sprintf("%d frames", r.Frames))
	}
	if r.Sent > 0 {
		parts = append(parts, wording.Bytes(r.Sent)+" in "+r.Duration.Round(100*time.Millisecond).String())
	}
	if r.ID != 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("#%d %s", r.ID, wording.Safe(r.URL))))
	}
	if r.Err != nil {
		parts = append(parts, wording.Safe(r.Err.Error()))
	} else if r.Outcome == apply.Refused {
		parts = append(parts, wording.Safe(r.Reason.Text))
	}
	return string(r.Outcome) + ": " + strings.Join(parts, ", ")
}
