package bag

import "encoding/binary"

const (
	// resyncBlock is how much is searched at a time.
	resyncBlock = 64 << 10
	// resyncHead is how much a look at a candidate takes.
	resyncHead = 16
)

// nextChunk is where, from off on, a chunk begins, and the end of the file if
// none does. A chunk's head says the same thing more than once, and a record
// follows it, so that pictures are not taken for one.
func (c *chunked) nextChunk(w *window, off int64) int64 {
	var buf []byte
	for off+resyncHead <= c.size {
		block, err := c.read(buf, off, min(resyncBlock, c.size-off))
		if err != nil {
			return c.size
		}
		buf = block
		for i := 0; i+resyncHead <= len(block); i++ {
			if c.maybeChunk(block[i:i+resyncHead]) && c.isChunk(w, off+int64(i)) {
				return off + int64(i)
			}
		}
		off += int64(len(block) - resyncHead + 1)
	}
	return c.size
}

func (c *chunked) isChunk(w *window, off int64) bool {
	r, err := c.next(w, off)
	if err != nil || r.end > c.size {
		return false
	}
	if _, err := c.layout.chunk(w, r, off); err != nil {
		return false
	}
	if r.end == c.size {
		return true
	}
	_, err = c.next(w, r.end)
	return err == nil
}

// maybeChunk asks for a header of a likely length that begins with a likely field.
func (ros1) maybeChunk(b []byte) bool {
	head, field := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	return head >= 24 && head < 256 && field > 0 && field < head && (b[8] == 'c' || b[8] == 'o' || b[8] == 's')
}

// maybeChunk asks for the operation and for a length below 2^40.
func (*mcapRecords) maybeChunk(b []byte) bool {
	return b[0] == 6 && b[6] == 0 && b[7] == 0 && b[8] == 0
}
