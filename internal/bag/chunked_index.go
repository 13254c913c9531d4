package bag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

func (c *chunked) countIndexed(i int) bool {
	refs, err := c.indexed(int32(i))
	if err != nil {
		return false
	}
	if expect := c.chunks[i].expect; expect != 0 && int64(len(refs)) != expect {
		return false
	}
	for _, r := range refs {
		c.topics[r.stream].count(r.log)
	}
	return true
}

var errNoIndex = errors.New("chunk has no index")

// indexed reads the index records behind a chunk: its messages in file order.
func (c *chunked) indexed(n int32) ([]ref, error) {
	k := &c.chunks[n]
	if k.index >= k.indexEnd {
		return nil, errNoIndex
	}
	var refs []ref
	w := newWindow(c.file, k.index, k.indexEnd)
	for off := int64(0); off < w.end(); {
		r, err := c.layout.next(w, off)
		if err != nil {
			return nil, err
		}
		if r.kind != indexRecord {
			break
		}
		if refs, err = c.indexRefs(refs, w, r, n); err != nil {
			return nil, err
		}
		off = r.end
	}
	if refs == nil {
		return nil, errNoIndex
	}
	return spaced(refs, k.full), nil
}

func (c *chunked) indexRefs(refs []ref, s span, r record, n int32) ([]ref, error) {
	body, err := r.body(s)
	if err != nil {
		return nil, err
	}
	first := len(refs)
	id, err := c.layout.index(r, body, func(log, off int64) {
		refs = append(refs, ref{chunk: n, off: off, log: log})
	})
	if err != nil {
		return nil, err
	}
	stream, known := c.ids[id]
	if !known {
		return nil, fmt.Errorf("index of unknown connection %d", id)
	}
	for i := range refs[first:] {
		refs[first+i].stream = stream
		if off := refs[first+i].off; off < 0 || off >= c.chunks[n].full {
			return nil, fmt.Errorf("index points to byte %d of a chunk of %d", off, c.chunks[n].full)
		}
	}
	return refs, nil
}

// spaced sorts refs by where they lie and guesses each one's length from the next.
func spaced(refs []ref, full int64) []ref {
	slices.SortFunc(refs, func(x, y ref) int { return cmp.Compare(x.off, y.off) })
	end := full
	for i := len(refs) - 1; i >= 0; i-- {
		refs[i].size = end - refs[i].off
		end = refs[i].off
	}
	return refs
}

func (c *chunked) refs(ctx context.Context, want []bool, yield func(ref)) error {
	for i := range c.chunks {
		if err := ctx.Err(); err != nil {
			return err
		}
		refs, err := c.chunkRefs(ctx, int32(i))
		if err != nil {
			return err
		}
		for _, r := range refs {
			if want[r.stream] {
				yield(r)
			}
		}
	}
	return nil
}

func (c *chunked) chunkRefs(ctx context.Context, n int32) ([]ref, error) {
	k := &c.chunks[n]
	switch {
	case !k.scanned:
		return c.indexed(n)
	case k.refs != nil:
		return k.refs, nil
	}
	return c.scanOne(ctx, n).refs, nil
}
