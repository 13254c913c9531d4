package archive

import (
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
)

// maxIdle bounds the readers that are kept open between reads: one per ReadAt that
// goes on sequentially, and an upload has few of those.
const maxIdle = 8

// A cursor is a reader of one entry that has read, and summed, its first pos bytes.
type cursor struct {
	entry *Entry
	index int
	r     io.ReadCloser
	pos   int64
	crc   uint32
}

// take returns a cursor of entry i at pos: the one left there, or a new one.
func (z *Zip) take(i int, pos int64) (*cursor, error) {
	if c := z.left(i, pos); c != nil {
		return c, nil
	}
	e := &z.entries[i]
	r, err := e.Open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ChangedError{Name: e.Name, What: "is gone", Err: err}
	}
	if err != nil {
		return nil, err
	}
	c := &cursor{entry: e, index: i, r: r}
	if err := c.skip(pos); err != nil {
		r.Close()
		return nil, err
	}
	return c, nil
}

func (z *Zip) left(i int, pos int64) *cursor {
	z.mu.Lock()
	defer z.mu.Unlock()
	for k, c := range z.idle {
		if c.index == i && c.pos == pos {
			z.idle = append(z.idle[:k], z.idle[k+1:]...)
			return c
		}
	}
	return nil
}

// put leaves a cursor for the read that goes on there; the oldest makes room.
func (z *Zip) put(c *cursor) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.closed {
		c.r.Close()
		return
	}
	if len(z.idle) == maxIdle {
		z.idle[0].r.Close()
		z.idle = append(z.idle[:0], z.idle[1:]...)
	}
	z.idle = append(z.idle, c)
}

// Close closes the readers that were left open for reads to go on. A later ReadAt
// still works, and leaves none open.
func (z *Zip) Close() error {
	z.mu.Lock()
	defer z.mu.Unlock()
	var errs []error
	for _, c := range z.idle {
		errs = append(errs, c.r.Close())
	}
	if z.also != nil {
		errs = append(errs, z.also.Close())
	}
	z.idle, z.closed, z.also = nil, true, nil
	return errors.Join(errs...)
}

// CloseToo lets Close close what the entries are opened from, too.
func (z *Zip) CloseToo(from io.Closer) { z.also = from }

// skip reads on to pos; the bytes count for the CRC.
func (c *cursor) skip(pos int64) error {
	if pos == 0 {
		return nil
	}
	buf := make([]byte, min(pos, 256<<10))
	for c.pos < pos {
		if _, err := c.read(buf[:min(int64(len(buf)), pos-c.pos)]); err != nil {
			return err
		}
	}
	return nil
}

// read fills p, or what of it the entry still has. With the entry's last byte its
// size and CRC are checked.
func (c *cursor) read(p []byte) (int, error) {
	p = p[:min(int64(len(p)), c.entry.Size-c.pos)]
	n, err := io.ReadFull(c.r, p)
	c.pos += int64(n)
	c.crc = crc32.Update(c.crc, crc32.IEEETable, p[:n])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, changed(c.entry, "shrank from %d to %d bytes", c.entry.Size, c.pos)
	}
	if err != nil || c.pos < c.entry.Size {
		return n, err
	}
	return n, c.check()
}

func (c *cursor) check() error {
	var one [1]byte
	switch n, err := io.ReadFull(c.r, one[:]); {
	case n > 0:
		return changed(c.entry, "grew beyond its %d bytes", c.entry.Size)
	case !errors.Is(err, io.EOF):
		return err
	case c.crc != c.entry.CRC:
		return changed(c.entry, "has other bytes (CRC-32 %08x, was %08x)", c.crc, c.entry.CRC)
	}
	return nil
}
