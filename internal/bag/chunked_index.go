package bag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/sync/errgroup"
)

// countIndexed counts a chunk's messages by its index, which may be at hand; false if that is of no use.
func (c *chunked) countIndexed(i int, refs []ref) bool {
	if refs == nil {
		var err error
		if refs, err = c.indexed(int32(i)); err != nil {
			return false
		}
	}
	if expect := c.chunks[i].expect; expect != 0 && int64(len(refs)) != expect {
		return false
	}
	for _, r := range refs {
		c.topics[r.stream].count(r.log)
	}
	return true
}

// inFlight is how many requests for small parts of a file that is far away are under way at once: each is a wait.
const inFlight = 16

// batch is how many chunks' indexes are fetched before they are taken in: those that are not kept are many.
const batch = 8 * inFlight

// fetchIndexes reads the indexes of a batch of chunks of a file that is far away, from the first on, several at once. One that
// is of no use is nil; what the store refuses is an error.
func (c *chunked) fetchIndexes(ctx context.Context, first int) ([][]ref, error) {
	fetched := make([][]ref, min(batch, len(c.chunks)-first))
	if !c.opts.Far || c.twice {
		return fetched, nil
	}
	g, within := errgroup.WithContext(ctx)
	g.SetLimit(inFlight)
	for i := range fetched {
		if c.chunks[first+i].scanned {
			continue
		}
		g.Go(func() error {
			return guarded(func() (err error) {
				if err = within.Err(); err == nil {
					fetched[i], err = c.indexed(int32(first + i))
				}
				if c.opts.refused(err) || within.Err() != nil {
					return err
				}
				return nil
			})
		})
	}
	return fetched, g.Wait()
}

// keep keeps what was fetched of a batch, as far as there is room for it: no part of a file that is far away is to be read twice.
// It is meant for opening, when no other reader has the file.
func (c *chunked) keep(first int, fetched [][]ref) {
	for i, refs := range fetched {
		if k := &c.chunks[first+i]; k.refs == nil && c.kept+len(refs) <= keptRefs {
			c.kept += len(refs)
			k.refs = refs
		}
	}
}

// refused reports whether an error is that of a store on another machine that gives no bytes, and not one of what the bytes say.
func (o Options) refused(err error) bool { return o.Far && errors.As(err, new(*fs.PathError)) }

var errNoIndex = errors.New("chunk has no index")

// indexed reads the index records behind a chunk: its messages in file order.
func (c *chunked) indexed(n int32) ([]ref, error) {
	k := &c.chunks[n]
	if k.refs != nil {
		return k.refs, nil
	}
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
	var fetched [][]ref
	for i := range c.chunks {
		err := ctx.Err()
		if i%batch == 0 && err == nil {
			fetched, err = c.fetchIndexes(ctx, i)
		}
		if err != nil {
			return err
		}
		refs := fetched[i%batch]
		if refs == nil {
			if refs, err = c.chunkRefs(ctx, int32(i)); err != nil {
				return err
			}
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
