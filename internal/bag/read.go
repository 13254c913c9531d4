package bag

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/cvatplan/cvatplan/internal/memory"
)

// Read reads one message into memory of its own. Its neighbours in a compressed
// chunk are kept for a while, so that reading one after the other is not the
// work of unpacking a chunk for each; [Bag.Messages] is still faster.
func (b *Bag) Read(ctx context.Context, e Entry) ([]byte, error) {
	return b.one(ctx, e, -1)
}

// Head reads the first n bytes of a message, or all of it if it is shorter:
// enough for a header's stamp. Where messages lie plain in the file no more is read.
func (b *Bag) Head(ctx context.Context, e Entry, n int) ([]byte, error) {
	return b.one(ctx, e, int64(max(n, 0)))
}

func (b *Bag) one(ctx context.Context, e Entry, limit int64) (out []byte, err error) {
	err = guarded(func() error {
		var data []byte
		if _, whole := b.parts[e.at.part].whole(e.at.chunk); whole {
			if data, err = b.cache.chunk(ctx, b, e.at); data == nil && err != nil {
				return err
			}
		}
		m, err := b.load(ctx, e, data, nil, limit)
		out = slices.Clone(m.data)
		m.free()
		return err
	})
	if err != nil {
		return nil, b.unread(e, err)
	}
	return out, nil
}

// load reads one message out of its unpacked chunk, or the file, and unpacks it
// if it was compressed by itself.
func (b *Bag) load(ctx context.Context, e Entry, data, buf []byte, limit int64) (message, error) {
	p := b.parts[e.at.part]
	m, err := p.message(ctx, e.at, data, buf, limit)
	if err != nil || p.streams()[e.at.stream].Encoding != "cdr" || !zstdMessage(m.data) {
		return m, err
	}
	if limit >= 0 { // the first bytes are in the first block, which is not known to be within limit
		if m, err = p.message(ctx, e.at, data, buf, -1); err != nil {
			return m, err
		}
	}
	m.own, err = unpackMessage(m.data, b.opts.MaxChunk)
	m.data = m.own
	if limit >= 0 {
		m.data = m.data[:min(limit, int64(len(m.data)))]
	}
	return m, err
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

// cacheSize bounds the unpacked chunks kept for [Bag.Read]; one is always kept.
const cacheSize = 24 << 20

// cache keeps the chunks that were unpacked last.
type cache struct {
	memory *memory.Budget
	mu     sync.Mutex
	list   []*cached // newest last
}

// clear gives up all of them.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict(len(c.list))
}

// evict gives up the n oldest.
func (c *cache) evict(n int) {
	for _, old := range c.list[:n] {
		c.memory.Give(old.size)
	}
	c.list = slices.Delete(c.list, 0, n)
}

type cached struct {
	part, chunk int32
	once        sync.Once
	data        []byte
	err         error
	size        int64
}

func newCache(m *memory.Budget) *cache { return &cache{memory: m} }

// chunk unpacks a chunk, or finds it unpacked; others that ask for the same one meanwhile wait.
func (c *cache) chunk(ctx context.Context, b *Bag, p place) ([]byte, error) {
	size, _ := b.parts[p.part].whole(p.chunk)
	k := c.find(p, size)
	k.once.Do(func() {
		k.err = fmt.Errorf("chunk could not be unpacked") // if what follows panics
		k.data, k.err = b.parts[p.part].chunk(ctx, p.chunk, nil)
	})
	return k.data, k.err
}

func (c *cache) find(p place, size int64) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.list, func(k *cached) bool { return k.part == p.part && k.chunk == p.chunk })
	if i >= 0 {
		k := c.list[i]
		c.list = append(slices.Delete(c.list, i, i+1), k)
		return k
	}
	k := &cached{part: p.part, chunk: p.chunk, size: size}
	total := size
	for _, old := range c.list {
		total += old.size
	}
	for len(c.list) > 0 && total > min(cacheSize, c.memory.Large()) {
		total -= c.list[0].size
		c.evict(1)
	}
	c.memory.Take(size)
	c.list = append(c.list, k)
	return k
}
