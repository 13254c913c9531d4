package archive

import (
	"fmt"
	"io"
	"sort"
)

// ReadAt makes len(p) bytes of the file from off on; any range may be asked for,
// again and again. Reads that go on where an earlier one ended are fast: the
// frame's reader stays open. A read that begins inside a frame reads that frame
// from its start, so that its CRC is checked all the same.
//
// Errors are io.EOF at the end of the zip, a [*ChangedError] where a frame is not
// what was measured, and those of Entry.Open and its reader.
func (z *Zip) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read archive at negative offset %d", off)
	}
	n := 0
	for n < len(p) {
		if off+int64(n) >= z.size {
			return n, io.EOF
		}
		m, err := z.readPart(p[n:], off+int64(n))
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// readPart reads up to the end of the record or the frame that holds off.
func (z *Zip) readPart(p []byte, off int64) (int, error) {
	n := len(z.entries)
	if off >= z.records[n] {
		return copy(p, z.end()[off-z.records[n]:]), nil
	}
	if off >= z.starts[n] {
		i := find(z.records, off)
		return copy(p, central(z.entries[i], z.starts[i])[off-z.records[i]:]), nil
	}
	i := find(z.starts, off)
	rel := off - z.starts[i]
	if header := localLen(z.entries[i]); rel >= header {
		return z.readFrame(p, i, rel-header)
	}
	return copy(p, local(z.entries[i])[rel:]), nil
}

// find is the last index whose offset is not above off.
func find(offsets []int64, off int64) int {
	return sort.Search(len(offsets), func(i int) bool { return offsets[i] > off }) - 1
}

// readFrame reads bytes of entry i from pos on, up to the entry's end.
func (z *Zip) readFrame(p []byte, i int, pos int64) (int, error) {
	c, err := z.take(i, pos)
	if err != nil {
		return 0, err
	}
	n, err := c.read(p)
	if err != nil || c.pos == c.entry.Size {
		c.r.Close()
		return n, err
	}
	z.put(c)
	return n, nil
}
