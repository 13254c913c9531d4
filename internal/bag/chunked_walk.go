package bag

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/foxglove/mcap/go/mcap"
)

// walkFile finds the chunks of a file without an index, from the records at its
// top level: one small read for each. Messages and definitions that lie there
// bare make up plain chunks of their own. Where records no longer follow each
// other, the walk goes on at the next chunk or bare message. complete says that the file's last
// record was met, for formats that have one.
func (c *chunked) walkFile(ctx context.Context, w *window, off int64) (complete bool, err error) {
	if err := c.opts.mayReadWhole(c.file, "has no index"); err != nil {
		return false, err
	}
	t := topLevel{c: c, seen: map[uint32]int64{}}
	for off < w.end() {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		r, err := c.layout.next(w, off)
		if err == nil && r.kind == endRecord {
			joined, err := c.joined(w, r.end)
			if joined == 0 || err != nil {
				return true, err
			}
			off, t.bareOpen, t.indexOpen, t.appended = joined, false, false, true
			continue
		}
		next := r.end
		if err == nil && (next > c.file.size || c.unfinished(w, r, off)) {
			err = errCut
		}
		if err != nil {
			next = c.resync(w, off+1, t.seen)
		}
		if err := t.take(w, r, off, next, err); err != nil {
			return false, err
		}
		off = next
	}
	return false, nil
}

// joined is where the records begin of another MCAP file that was appended to this one, whose last record ends at off;
// 0: there is none.
func (c *chunked) joined(w *window, off int64) (int64, error) {
	both := 2 * int64(len(mcap.Magic)) // one file's last bytes, another one's first
	b, err := w.at(off, both)
	if err != nil || !bytes.Equal(b, slices.Concat(mcap.Magic, mcap.Magic)) {
		return 0, nil // the file ends
	}
	return off + both, c.warn.add(Warning{File: c.file.name, Text: "another file was appended to it", First: fmt.Sprintf("at byte %d", off+both/2)})
}

// errCut is a record that claims more than is left.
var errCut = errors.New("the file ends within a record")

// unfinished is a chunk whose recorder never came back to write how long it is.
// One that is not compressed needs no such care: its records are met one by one.
func (c *chunked) unfinished(s span, r record, off int64) bool {
	if r.kind != chunkRecord || r.end != r.data {
		return false
	}
	k, err := c.layout.chunk(s, r, off)
	return err == nil && k.codec != plain
}

// topLevel turns the records of the top level into chunks.
type topLevel struct {
	c *chunked
	// bareOpen is a chunk of ours, indexOpen one of the file's, that the next record may belong to.
	bareOpen, indexOpen bool
	appended            bool             // a file that was appended may give ids another meaning, which only its chunks tell
	seen                map[uint32]int64 // channels of bare messages: when the last was received, in ns
}

// take takes in the record at off, with what is wrong with it; the next one is at next.
func (t *topLevel) take(s span, r record, off, next int64, damage error) error {
	bare, index := t.bareOpen, t.indexOpen
	t.bareOpen, t.indexOpen = false, false
	switch {
	case r.kind == chunkRecord && (damage == nil || damage == errCut):
		return t.chunk(s, r, off, next, damage)
	case damage != nil:
		return t.lost(off, damage, next-off)
	case r.kind == messageRecord, r.kind == defineRecord:
		t.bare(off, next, bare)
		if r.kind == messageRecord {
			t.seen[r.id] = r.log
		}
	case r.kind == indexRecord && index:
		t.newest().indexEnd = next
		t.indexOpen = true
	}
	return nil
}

func (t *topLevel) newest() *chunk { return &t.c.chunks[len(t.c.chunks)-1] }

func (t *topLevel) lost(off int64, damage error, bytes int64) error {
	return t.c.warn.add(Warning{File: t.c.file.name, Text: "cut short, or damaged", First: fmt.Sprintf("at byte %d: %v", off, damage), Bytes: bytes})
}

// chunk takes in a chunk, or as much of it as there is: what that holds is
// found out by the scan, which also counts what it does not.
func (t *topLevel) chunk(s span, r record, off, next int64, damage error) error {
	k, err := t.c.layout.chunk(s, r, off)
	if err == nil && k.data > next {
		err = errCut
	}
	if err != nil {
		return t.lost(off, err, next-off)
	}
	k.index, k.indexEnd = next, next
	t.indexOpen = !t.appended
	if damage != nil {
		if err := t.lost(off, damage, 0); err != nil {
			return err
		}
		if k.size == 0 {
			k.full = t.c.opts.MaxChunk // unknown
		}
		k.cut, k.size, t.indexOpen = true, next-k.data, false
	}
	if k.codec == plain {
		k.full = k.size
	}
	t.c.chunks = append(t.c.chunks, k)
	return nil
}

// bare puts a record that lies outside of chunks into a plain chunk: the newest
// one, if the record before is in it (more).
func (t *topLevel) bare(off, next int64, more bool) {
	if !more {
		t.c.chunks = append(t.c.chunks, chunk{pos: off, data: off})
	}
	k := t.newest()
	k.size = next - k.data
	k.full = k.size
	t.bareOpen = true
}
