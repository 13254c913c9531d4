package bag

import (
	"context"
	"fmt"
)

// walkFile finds the chunks of a file without an index, from the records at its
// top level: one small read for each. Messages and definitions that lie there
// bare make up plain chunks of their own. complete says that the file's last
// record was met, for formats that have one.
func (c *chunked) walkFile(ctx context.Context, w *window, off int64) (complete bool, err error) {
	t := topLevel{c: c}
	for off < w.end() {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		r, err := c.next(w, off)
		if err != nil {
			return false, c.lostTail(off, err)
		}
		if r.kind == endRecord {
			return true, nil
		}
		if err := t.take(w, r, off); err != nil {
			return false, err
		}
		off = r.end
	}
	return false, nil
}

func (c *chunked) lostTail(off int64, err error) error {
	return c.warn.add(Warning{File: c.name, Text: "cut short, or damaged", First: fmt.Sprintf("at byte %d: %v", off, err), Bytes: c.size - off})
}

// topLevel turns the records of the top level into chunks.
type topLevel struct {
	c *chunked
	// bareOpen is a chunk of ours, indexOpen one of the file's, that the next record may belong to.
	bareOpen, indexOpen bool
}

func (t *topLevel) take(s span, r record, off int64) error {
	bare, index := t.bareOpen, t.indexOpen
	t.bareOpen, t.indexOpen = false, false
	switch r.kind {
	case chunkRecord:
		return t.chunk(s, r, off)
	case messageRecord, defineRecord:
		return t.bare(r, off, bare)
	case indexRecord:
		if index {
			t.newest().indexEnd = min(r.end, t.c.size)
			t.indexOpen = true
		}
	}
	if r.end > t.c.size {
		return t.c.lostTail(off, errCut)
	}
	return nil
}

func (t *topLevel) newest() *chunk { return &t.c.chunks[len(t.c.chunks)-1] }

func (t *topLevel) chunk(s span, r record, off int64) error {
	k, err := t.c.layout.chunk(s, r, off)
	if err != nil {
		return t.c.warn.add(Warning{File: t.c.name, Text: "damaged chunk header", First: err.Error(), Bytes: r.end - off})
	}
	unfinished := k.size == 0 && k.codec != plain // its writer never came back to write how long it is
	if r.end > t.c.size || unfinished {
		k.cut = true
		k.size = t.c.size - k.data
		if k.codec == plain {
			k.full = k.size
		}
		if unfinished {
			k.full = t.c.opts.MaxChunk
		}
		if err := t.c.lostTail(off, errCut); err != nil {
			return err
		}
	}
	k.index, k.indexEnd = r.end, r.end
	t.c.chunks = append(t.c.chunks, k)
	t.indexOpen = true
	return nil
}

var errCut = fmt.Errorf("the file ends within a record")

// bare puts a record that lies outside of chunks into a plain chunk, the newest
// one if the record before is in it.
func (t *topLevel) bare(r record, off int64, more bool) error {
	if r.end > t.c.size {
		return t.c.lostTail(off, errCut)
	}
	if !more {
		t.c.chunks = append(t.c.chunks, chunk{pos: off, data: off})
	}
	k := t.newest()
	k.size = r.end - k.data
	k.full = k.size
	t.bareOpen = true
	return nil
}
