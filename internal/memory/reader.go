package memory

import "context"

// A Reader is granted bytes for what it gives to one consumer, in order. It is in no two
// calls of Need at once, and what it needs it gives back without waiting for anything but holds and jobs.
type Reader struct {
	b      *Budget
	held   int64
	grants map[*Grant]struct{}
}

// Reader makes a reader, which is to be closed.
func (b *Budget) Reader() *Reader {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open++
	return &Reader{b: b, grants: map[*Grant]struct{}{}}
}

// Ahead grants bytes that the consumer does not wait for yet, if they fit and no
// reader waits; else it gives nil.
func (r *Reader) Ahead(s Size) *Grant {
	b := r.b
	defer b.collect()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.readers.waiting) > 0 || !b.readerFits(s.Bytes) {
		return nil
	}
	return b.take(&b.readers, r, s)
}

// Need grants bytes that the consumer waits for, once they fit or the reader leads.
func (r *Reader) Need(ctx context.Context, s Size) (*Grant, error) {
	return r.b.wait(ctx, &waiter{line: &r.b.readers, reader: r, size: s})
}

// yield gives up the lead once the reader holds nothing, or all that is held fits.
func (r *Reader) yield() {
	if b := r.b; b.leader == r && (r.held == 0 || b.readerFits(0)) {
		b.leader = nil
	}
}

// Close gives back all that the reader was granted; memory that is kept for whoever needs some is given up with the last reader.
func (r *Reader) Close() {
	b := r.b
	b.mu.Lock()
	for g := range r.grants {
		b.give(g, &Kept{})
	}
	if b.leader == r {
		b.leader = nil
	}
	if b.open--; b.open == 0 {
		b.idle.clear()
	}
	b.serve()
	b.mu.Unlock()
	b.collect()
}
