package cvat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// A watchdog ends one attempt when nothing moves: it knows no limit on the whole.
type watchdog struct {
	ctx          context.Context
	cancel       context.CancelCauseFunc
	timer        *time.Timer
	idle, answer time.Duration
	limit        atomic.Int64 // the one that runs now
}

// watch starts a watchdog. At first it waits for an answer; see [watchdog.body].
func watch(parent context.Context, idle, answer time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(parent)
	w := &watchdog{ctx: ctx, cancel: cancel, idle: idle, answer: answer}
	w.limit.Store(int64(answer))
	w.timer = time.AfterFunc(answer, func() {
		cancel(fmt.Errorf("%w: nothing came from the server, nor went to it, for %v", ErrStalled, time.Duration(w.limit.Load())))
	})
	return ctx, w
}

// wait starts the wait again, for at most limit.
func (w *watchdog) wait(limit time.Duration) {
	w.limit.Store(int64(limit))
	w.timer.Reset(limit)
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
	w.wait(w.idle)
	return &readBody{rc, w}
}

type sentBody struct {
	r      io.Reader
	left   int64
	w      *watchdog
	closed atomic.Bool
}

func (b *sentBody) Read(p []byte) (int, error) {
	if b.closed.Load() { // a transport may outlive the attempt by a moment
		return 0, os.ErrClosed
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left > 0 {
		b.w.wait(b.w.idle)
	} else {
		b.w.wait(b.w.answer)
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
	if n > 0 {
		b.w.wait(b.w.idle)
	}
	if err != nil && err != io.EOF {
		err = b.w.explain(err)
	}
	return n, err
}

func (b *readBody) Close() error {
	defer b.w.stop()
	return b.body.Close()
}
