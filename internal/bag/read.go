package bag

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cvatplan/cvatplan/internal/memory"
)

// Read reads one message into memory of its own. Its neighbours in a compressed
// chunk are kept for a while, so that reading one after the other is not the
// work of unpacking a chunk for each; [Bag.Messages] is still faster. Once it was read, the message is the
// caller's and counts for nothing in the budget of memory.
func (b *Bag) Read(ctx context.Context, e Entry) ([]byte, error) {
	return b.one(ctx, e, -1)
}

// Keep reads one message and gives it to use, which waits for no memory. What that wants kept, a part of the message or what
// was made of it, is kept until others need the memory.
func (b *Bag) Keep(ctx context.Context, e Entry, use func(data []byte) (keep []byte, err error)) (*memory.Kept, error) {
	m, held, err := b.hold(ctx, e, -1)
	if err != nil {
		return nil, err
	}
	data, err := use(m.data)
	if err != nil || data == nil {
		m.free()
		held.Done(nil)
		return nil, err
	}
	if m.own == nil {
		return held.Keep(data), nil
	}
	held.Done(nil)
	return m.own.Keep(data), nil
}

// Head reads the first n bytes of a message, or all of it if it is shorter:
// enough for a header's stamp. Where messages lie plain in the file no more is read.
func (b *Bag) Head(ctx context.Context, e Entry, n int) ([]byte, error) {
	return b.one(ctx, e, int64(max(n, 0)))
}

func (b *Bag) one(ctx context.Context, e Entry, limit int64) ([]byte, error) {
	m, held, err := b.hold(ctx, e, limit)
	if err != nil {
		return nil, err
	}
	defer held.Done(nil)
	if m.own == nil {
		return m.data, nil
	}
	defer m.free()
	return slices.Clone(m.data), nil
}

// hold reads one message into memory of its own. While it holds that, it waits for no other reader.
func (b *Bag) hold(ctx context.Context, e Entry, limit int64) (m message, held *memory.Grant, err error) {
	p := b.parts[e.at.part]
	err = guarded(func() error {
		var chunk []byte
		if _, whole := p.whole(e.at.chunk, e.at.room(limit)); whole {
			if chunk, err = b.cache.chunk(ctx, b, e.at); chunk == nil && err != nil {
				return err
			}
		} else {
			release, err := p.ready(ctx, e.at.chunk)
			if err != nil {
				return err
			}
			defer release()
		}
		if held, err = b.opts.Memory.Hold(ctx, memory.One(e.at.room(limit))); err != nil {
			return err
		}
		m, err = b.load(ctx, e, chunk, held.Buf, limit, b.opts.Memory.Take)
		if chunk != nil && m.own == nil {
			m.read = sized(held.Buf, int64(len(m.data)))
			copy(m.read, m.data)
			m.data = m.read
		}
		return err
	})
	if err != nil {
		m.free()
		held.Done(nil)
		return message{}, nil, b.unread(e, err)
	}
	return m, held, nil
}

// A granter grants memory for what a message unpacks to, which is known only then; its error may be errDeferred.
type granter func(context.Context, memory.Size) (*memory.Grant, error)

// load reads one message out of its unpacked chunk, or the file, and unpacks it
// if it was compressed by itself. With errDeferred it gives what it read.
func (b *Bag) load(ctx context.Context, e Entry, data, buf []byte, limit int64, grant granter) (message, error) {
	p := b.parts[e.at.part]
	m, err := p.message(ctx, e.at, data, buf, limit)
	if err != nil || p.streams()[e.at.stream].Encoding != "cdr" || !zstdMessage(m.data) {
		return m, err
	}
	if limit < 0 || data != nil {
		return b.unpackOne(ctx, m, limit, grant)
	}
	// The first bytes are in the first block, which is not known to be within limit.
	whole, err := grant(ctx, memory.One(e.at.room(-1)))
	if err != nil {
		return message{}, err
	}
	m, err = p.message(ctx, e.at, nil, whole.Buf, -1)
	defer whole.Done(m.read)
	if err == nil {
		m, err = b.unpackOne(ctx, m, limit, grant)
	}
	if err != nil {
		return message{}, err
	}
	m.read = nil
	return m, nil
}

// loadDeferred unpacks a message for which there is memory now.
func (b *Bag) loadDeferred(ctx context.Context, e Entry, m message, limit int64, grant granter) (message, error) {
	if m.data != nil {
		return b.unpackOne(ctx, m, limit, grant)
	}
	return b.load(ctx, e, nil, nil, limit, grant)
}

// unpackOne unpacks a message that was compressed by itself; of limit ≥ 0 bytes it makes a copy.
func (b *Bag) unpackOne(ctx context.Context, m message, limit int64, grant granter) (message, error) {
	bound, err := messageBound(m.data)
	if err == nil && bound > b.opts.MaxChunk {
		err = b.opts.tooLarge("message", bound)
	}
	if err != nil {
		return m, err
	}
	own, err := grant(ctx, memory.One(bound+zstdSlack))
	if err != nil {
		return m, err
	}
	data, err := unpackMessage(m.data, sized(own.Buf, bound+zstdSlack))
	if err != nil || limit >= 0 {
		m.data = slices.Clone(data[:min(max(limit, 0), int64(len(data)))])
		own.Done(data)
		return m, err
	}
	m.data, m.own = data, own
	return m, nil
}

// A ReadError is a message that cannot be read.
type ReadError struct {
	Entry Entry
	Err   error
}

func (e *ReadError) Error() string {
	return fmt.Sprintf("message %d of %s: %v", e.Entry.Seq, e.Entry.Topic, e.Err)
}

// Unwrap is the cause.
func (e *ReadError) Unwrap() error { return e.Err }

func (b *Bag) unread(e Entry, err error) error {
	return fmt.Errorf("read %s: %w", b.at, &ReadError{e, err})
}

// cacheSize bounds the unpacked chunks kept for [Bag.Read]; they are given up as soon as
// others need the memory.
const cacheSize = 24 << 20

// cache keeps the chunks that were unpacked last.
type cache struct {
	memory *memory.Budget
	mu     sync.Mutex
	list   []*cached // newest last
}

type cached struct {
	part, chunk int32
	size        memory.Size
	kept        atomic.Pointer[memory.Kept]
	gone        atomic.Bool // from the cache

	mu   sync.Mutex // held while it is unpacked
	dead bool       // nothing of it could be unpacked
	err  error      // why, or why not all of it
}

func newCache(m *memory.Budget) *cache { return &cache{memory: m} }

// clear gives up all of them.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict(len(c.list))
}

// evict gives up the n oldest.
func (c *cache) evict(n int) {
	for _, old := range c.list[:n] {
		old.gone.Store(true)
		old.kept.Load().Drop()
	}
	c.list = slices.Delete(c.list, 0, n)
}

// chunk unpacks a chunk, or finds it unpacked; others that ask for the same one meanwhile wait.
func (c *cache) chunk(ctx context.Context, b *Bag, p place) ([]byte, error) {
	size, _ := b.parts[p.part].whole(p.chunk, 0)
	k := c.find(p, size)
	k.mu.Lock()
	defer k.mu.Unlock()
	if data := k.kept.Load().Bytes(); data != nil || k.dead {
		return data, k.err
	}
	granted, err := c.memory.Hold(ctx, size)
	if err != nil {
		return nil, err
	}
	defer granted.Done(nil)
	k.dead, k.err = true, errors.New("chunk could not be unpacked") // if what follows panics
	data, err := b.parts[p.part].chunk(ctx, p.chunk, granted.Buf)
	k.dead, k.err = len(data) == 0, err
	if !k.dead {
		k.kept.Store(granted.Keep(data))
	}
	if k.gone.Load() {
		k.kept.Load().Drop()
	}
	return data, err
}

// peek gives a chunk that is at hand; it does not wait.
func (c *cache) peek(part, chunk int32) ([]byte, error) {
	c.mu.Lock()
	i := slices.IndexFunc(c.list, func(k *cached) bool { return k.part == part && k.chunk == chunk })
	var k *cached
	if i >= 0 {
		k = c.list[i]
	}
	c.mu.Unlock()
	if k == nil || !k.mu.TryLock() {
		return nil, nil
	}
	defer k.mu.Unlock()
	return k.kept.Load().Bytes(), k.err
}

// find is the chunk's place in the cache; others make way for it.
func (c *cache) find(p place, size memory.Size) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.list, func(k *cached) bool { return k.part == p.part && k.chunk == p.chunk })
	if i >= 0 {
		k := c.list[i]
		c.list = append(slices.Delete(c.list, i, i+1), k)
		return k
	}
	k := &cached{part: p.part, chunk: p.chunk, size: size}
	total := size.Bytes
	for _, old := range c.list {
		total += old.size.Bytes
	}
	for len(c.list) > 0 && total > min(cacheSize, c.memory.Large()) {
		total -= c.list[0].size.Bytes
		c.evict(1)
	}
	c.list = append(c.list, k)
	return k
}
