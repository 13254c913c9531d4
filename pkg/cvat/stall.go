package cvat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// slowest is how many bytes a second of a body have to move, on average over each idle time (60 s: 15 KiB): a server that gives
// or takes one now and then would hold a run up for ever. A phone's line that its provider slows down to 64 kbit/s gives 16
// uploads at once 500 each, and TCP fills its buffers by larger pieces. A body that is shorter has to be whole by then.
const slowest = 256

// A watchdog ends one attempt when nothing moves, or next to nothing: it knows no limit on the whole.
type watchdog struct {
	ctx          context.Context
	cancel       context.CancelCauseFunc
	idle, answer time.Duration

	mu          sync.Mutex
	timer       *time.Timer
	limit       time.Duration // of the wait that is under way
	until       time.Time     // when it ends
	need, moved int64         // bytes that end it earlier, of a body; and those that moved in it
	left        time.Duration // of it, after a pause
}

// watch starts a watchdog. At first it waits for an answer; see [watchdog.body].
func watch(parent context.Context, idle, answer time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(parent)
	w := &watchdog{ctx: ctx, cancel: cancel, idle: idle, answer: answer}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(answer, func() { cancel(w.stalled()) })
	w.begin(answer, 0)
	return ctx, w
}

func (w *watchdog) stalled() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.moved > 0 {
		return fmt.Errorf("%w: no more than %d bytes came from the server, or went to it, in %v", ErrStalled, w.moved, w.limit)
	}
	return fmt.Errorf("%w: nothing came from the server, nor went to it, for %v", ErrStalled, w.limit)
}

// begin starts the wait again, for at most limit, or until need bytes moved.
func (w *watchdog) begin(limit time.Duration, need int64) {
	w.limit, w.need, w.moved, w.until = limit, need, 0, time.Now().Add(limit)
	w.timer.Reset(limit)
}

// waitForAnswer starts the wait for an answer.
func (w *watchdog) waitForAnswer() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin(w.answer, 0)
}

// waitForBody starts the wait for bytes of a body.
func (w *watchdog) waitForBody() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin(w.idle, max(int64(w.idle.Seconds()*slowest), 1))
}

// progress notes bytes of a body that moved.
func (w *watchdog) progress(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.moved += int64(n); w.moved >= w.need {
		w.begin(w.idle, w.need)
	}
}

// pause gives the one who gives us the bytes to send, or lets them wait for their turn, an idle time of their own.
func (w *watchdog) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = time.Until(w.until)
	w.timer.Reset(w.idle)
}

// resume goes on with the wait that was paused.
func (w *watchdog) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = time.Now().Add(w.left)
	w.timer.Reset(w.left)
}

func (w *watchdog) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// explain returns the time-out in place of the cancellation that it caused.
func (w *watchdog) explain(err error) error {
	if cause := context.Cause(w.ctx); errors.Is(cause, ErrStalled) {
		return cause
	}
	return err
}

// body lets the watchdog see r, of size bytes, being sent.
func (w *watchdog) body(r io.Reader, size int64) io.ReadCloser {
	return &sentBody{r: r, left: size, w: w}
}

// guard lets the watchdog see an answer arriving; closing it ends the watch.
func (w *watchdog) guard(rc io.ReadCloser) io.ReadCloser {
	w.waitForBody()
	return &readBody{rc, w}
}

type sentBody struct {
	r      io.Reader
	left   int64
	w      *watchdog
	begun  bool
	closed atomic.Bool
}

func (b *sentBody) Read(p []byte) (int, error) {
	if b.closed.Load() { // a transport may outlive the attempt by a moment
		return 0, os.ErrClosed
	}
	if !b.begun {
		b.begun = true
		b.w.waitForBody()
	}
	b.w.pause()
	n, err := b.r.Read(p)
	b.w.resume()
	b.left -= int64(n)
	if b.left > 0 {
		b.w.progress(n)
	} else {
		b.w.waitForAnswer()
	}
	return n, err
}

func (b *sentBody) Close() error {
	b.closed.Store(true)
	return nil
}

type readBody struct {
	body io.ReadCloser
	w    *watchdog
}

func (b *readBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.w.progress(n)
	if err != nil && err != io.EOF {
		err = b.w.explain(err)
	}
	return n, err
}

func (b *readBody) Close() error {
	defer b.w.stop()
	return b.body.Close()
}
