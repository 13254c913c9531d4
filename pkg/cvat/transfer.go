package cvat

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/cvatplan/cvatplan/internal/crash"
)

// A transfer is one PATCH of an upload on its way. While the server handles one, which it begins to do when it has all of it,
// the next is sent already, but for its last byte: without that it is handled by nobody, and is as if it had never been sent
// (CVAT's proxy holds a body back until it is whole, and CVAT reads a body whole before it looks at its offset).
type transfer struct {
	off, n  int64
	src     *source
	ahead   bool // it was begun before the one before it was answered
	began   time.Time
	ctx     context.Context
	cancel  context.CancelFunc
	release func()        // lets the last byte go
	may     chan struct{} // closed once it may
	read    func()
	sent    chan struct{} // closed once all of it has been read

	done  chan struct{} // closed when there is an answer, or none will come; what follows is there then
	after int64
	took  time.Duration
	err   error
}

// begin sends the chunk at off; a chunk that is ahead keeps its last byte back.
func (u *uploader) begin(ctx context.Context, up Upload, off int64, ahead bool) *transfer {
	t := &transfer{off: off, n: min(u.chunks.size, u.size-off), ahead: ahead, began: time.Now()}
	t.src = &source{r: u.src, end: u.size, report: u.progress}
	t.may, t.sent, t.done = make(chan struct{}), make(chan struct{}), make(chan struct{})
	t.release = sync.OnceFunc(func() { close(t.may) })
	t.read = sync.OnceFunc(func() { close(t.sent) })
	t.ctx, t.cancel = context.WithCancel(ctx)
	if !ahead {
		t.release()
	}
	go func() {
		defer close(t.done)
		defer t.cancel()
		t.err = crash.Guard(func() (err error) {
			t.after, err = u.c.sendChunk(t.ctx, up, off, t.n, t.body)
			return err
		})
		t.took = time.Since(t.began)
	}()
	return t
}

// body is what the PATCH carries.
func (t *transfer) body() io.Reader {
	return io.MultiReader(io.NewSectionReader(t.src, t.off, t.n-1), &lastByte{t: t})
}

// answered waits for the answer.
func (t *transfer) answered() {
	<-t.done
	_ = crash.Rethrow(t.err)
}

// abandon ends a PATCH that no longer follows on what the server has; nil is none.
func (t *transfer) abandon() {
	if t == nil {
		return
	}
	t.src.retire()
	t.cancel()
	t.answered()
}

// A lastByte is the last one of a transfer, once it may go.
type lastByte struct {
	t    *transfer
	gone bool
}

// Read gives one byte, or waits for the transfer's release.
func (b *lastByte) Read(p []byte) (int, error) {
	if b.gone {
		return 0, io.EOF
	}
	select {
	case <-b.t.may:
	case <-b.t.ctx.Done():
		return 0, context.Cause(b.t.ctx)
	}
	n, err := b.t.src.ReadAt(p[:min(1, len(p))], b.t.off+b.t.n-1)
	if n == 1 {
		b.gone = true
		b.t.read()
	}
	return n, err
}
