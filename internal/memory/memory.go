// Package memory is one budget of memory that all share who read recordings and encode
// images: chunks, workers, readers and bags.
//
// Bytes are granted in three ways, each of which goes on whatever the ones below it do, so that nobody
// can wait for ever:
//
//   - A hold ([Budget.Hold]) is of somebody who reads one message, waits for nobody, and gives it back.
//     Holds have an eighth of the budget, what nobody else waits for, or one whatever it needs.
//   - A job ([Budget.Wait]) ends by itself; it may hold a message for a while. Jobs have what is left of
//     the budget, or one whatever it needs.
//   - A [Reader] gives what it read to a consumer in order, who may wait for jobs and holds before he
//     goes on. All readers together have half of the budget. One of them at a time, the leader, is granted what it
//     cannot go on without even beyond that, so that one of them always goes on, and the others after it.
//
// So no more is granted than the budget and the leader's one message, as long as no hold needs more than
// an eighth of the budget, and no job more than a quarter. What nobody should hold at once,
// because it is large ([Budget.Large]), goes to a temporary file instead.
//
// Memory that was given back is kept to be used again, as long as the budget has room for it.
package memory

import (
	"context"
	"math/bits"
	"runtime"
	"slices"
	"sync"
)

// Default is the budget where none is given: 256 MiB.
const Default = 256 << 20

// A Budget is bytes that are shared. Its methods may be called from several goroutines.
type Budget struct {
	limit int64

	mu      sync.Mutex
	held    int64 // bytes granted, of all
	most    int64 // bytes granted and idle at once, so far
	readers line
	leader  *Reader
	open    int // readers that are not closed
	holds   line
	jobs    line
	idle    idle
}

// A line is those who are granted bytes in the same way, and those who wait for them.
type line struct {
	held    int64 // bytes
	users   int
	waiting []*waiter
}

type waiter struct {
	line    *line
	reader  *Reader
	size    Size
	granted chan *Grant // of one
}

// A Size is bytes to be granted, and how many of them will be one buffer, as [Round] makes
// it: that may be one that others are done with.
type Size struct{ Bytes, Buffer int64 }

// One is the size of one buffer of n bytes.
func One(n int64) Size { return Buffer(n, 0) }

// Buffer is the size of a buffer of n bytes, and of more bytes in addition.
func Buffer(n, more int64) Size { return Size{Round(n) + more, Round(n)} }

// Round is the capacity of a buffer for n bytes, up to an eighth more, so that it is likely to be of use
// for the next message or chunk too.
func Round(n int64) int64 {
	if n < 64<<10 {
		return n
	}
	step := int64(1) << (bits.Len64(uint64(n)) - 4)
	return (n + step - 1) / step * step
}

// New makes a budget of so many bytes.
func New(limit int64) *Budget {
	return &Budget{limit: limit}
}

// Limit is the budget's size in bytes.
func (b *Budget) Limit() int64 { return b.limit }

// Large is the size in bytes above which nothing but a single message is held in memory: an
// eighth of the budget.
func (b *Budget) Large() int64 { return b.limit / 8 }

// Most is how many bytes were granted or kept at once so far.
func (b *Budget) Most() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.most
}

// Held is how many bytes are granted.
func (b *Budget) Held() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}

// A Grant is bytes that somebody may use until he is done with them.
type Grant struct {
	// Buf is memory of the buffer's size, with any contents; nil if none was idle.
	Buf []byte

	b      *Budget
	line   *line
	reader *Reader
	n      int64
	buffer int64 // of n
	done   bool
}

// Wait grants bytes to a job once they fit, or once no other job is running. A job waits for
// no other job and for no reader.
func (b *Budget) Wait(ctx context.Context, s Size) (*Grant, error) {
	return b.wait(ctx, &waiter{line: &b.jobs, size: s})
}

// Hold grants bytes for one message to somebody who waits for no grant before he gives them
// back, once they fit, or once nobody else holds any.
func (b *Budget) Hold(ctx context.Context, s Size) (*Grant, error) {
	return b.wait(ctx, &waiter{line: &b.holds, size: s})
}

func (b *Budget) wait(ctx context.Context, w *waiter) (*Grant, error) {
	w.granted = make(chan *Grant, 1)
	b.mu.Lock()
	w.line.waiting = append(w.line.waiting, w)
	b.serve()
	b.mu.Unlock()
	b.collect()
	select {
	case g := <-w.granted:
		return g, nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	w.line.waiting = slices.DeleteFunc(w.line.waiting, func(o *waiter) bool { return o == w })
	b.serve()
	b.mu.Unlock()
	select {
	case g := <-w.granted: // meanwhile
		g.Done(nil)
	default:
	}
	return nil, ctx.Err()
}

// serve grants what can be granted: to jobs and holds in the order in which they came, so
// that a large one is not overtaken for ever; to any reader whose bytes fit, as
// the first of them whose do not becomes the leader.
func (b *Budget) serve() {
	for q := &b.jobs.waiting; len(*q) > 0 && b.jobFits((*q)[0].size.Bytes); *q = (*q)[1:] {
		b.grant((*q)[0])
	}
	for q := &b.holds.waiting; len(*q) > 0 && b.holdFits((*q)[0].size.Bytes); *q = (*q)[1:] {
		b.grant((*q)[0])
	}
	left := b.readers.waiting[:0]
	for _, w := range b.readers.waiting {
		if !b.readerFits(w.size.Bytes) {
			if b.leader != nil && b.leader != w.reader {
				left = append(left, w)
				continue
			}
			b.leader = w.reader
		}
		b.grant(w)
	}
	clear(b.readers.waiting[len(left):])
	b.readers.waiting = left
}

func (b *Budget) holdFits(n int64) bool {
	return b.holds.users == 0 || b.holds.held+n <= b.limit/8 || len(b.jobs.waiting) == 0 && b.held+n <= b.limit
}

func (b *Budget) jobFits(n int64) bool {
	return b.fits(n) || b.jobs.users == 0 && (b.holds.users <= 1 || b.holds.held <= b.limit/8)
}

func (b *Budget) readerFits(n int64) bool { return b.readers.held+n <= b.limit/2 && b.fits(n) }

// fits says whether bytes fit in addition to what is held, and to what holds can always have.
func (b *Budget) fits(n int64) bool {
	return b.held+n <= b.limit && b.held-b.holds.held+n <= b.limit-b.limit/8
}

func (b *Budget) grant(w *waiter) {
	w.granted <- b.take(w.line, w.reader, w.size)
}

// take grants bytes, whatever is held: idle memory makes way for them.
func (b *Budget) take(l *line, r *Reader, s Size) *Grant {
	g := &Grant{b: b, line: l, reader: r, n: s.Bytes, buffer: s.Buffer, Buf: b.idle.take(s.Buffer)}
	b.held += g.n
	l.held += g.n
	l.users++
	if r != nil {
		r.held += g.n
		r.grants[g] = struct{}{}
	}
	b.idle.shrink(b.limit - b.held)
	b.most = max(b.most, b.held+b.idle.bytes)
	return g
}

// Take is Hold that waits for nothing: of somebody who holds a message already and has found it to be larger.
func (b *Budget) Take(_ context.Context, s Size) (*Grant, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.take(&b.holds, nil, s), nil
}

// Done gives the bytes back. buf is the memory that was used, to be kept for others: nobody
// may touch it any more; nil is none. A grant that is nil or done has nothing to give.
func (g *Grant) Done(buf []byte) {
	if g != nil {
		g.end(&Kept{b: g.b, data: buf})
	}
}

// Keep gives the bytes back, and keeps data, which was made of them, for who asks for it again.
func (g *Grant) Keep(data []byte) *Kept {
	k := &Kept{b: g.b, data: data, own: true}
	g.end(k)
	return k
}

func (g *Grant) end(k *Kept) {
	b := g.b
	b.mu.Lock()
	b.give(g, k)
	b.serve()
	b.mu.Unlock()
	b.collect()
}

func (b *Budget) give(g *Grant, k *Kept) {
	if g.done { // as its reader is closed
		return
	}
	g.done = true
	n := g.n
	b.held -= n
	g.line.held -= n
	g.line.users--
	if r := g.reader; r != nil {
		r.held -= n
		delete(r.grants, g)
		r.yield()
	}
	if g.line != &b.jobs {
		n = g.buffer // what was in addition to it has pools of its own
	}
	b.idle.dropped += max(n-int64(cap(k.data)), 0)
	g.Buf = nil
	b.idle.put(k)
	b.idle.shrink(b.limit - b.held)
}

// leastDropped is for what little a collection is not worth its time.
const leastDropped = 4 << 20

// collect frees what was dropped, once it is an eighth of the budget: the runtime alone
// would let the memory double first.
func (b *Budget) collect() {
	b.mu.Lock()
	due := b.idle.dropped >= max(b.limit/8, leastDropped)
	if due {
		b.idle.dropped = 0
	}
	b.mu.Unlock()
	if due {
		runtime.GC()
	}
}
