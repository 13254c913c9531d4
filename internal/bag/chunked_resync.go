package bag

import (
	"encoding/binary"

	"github.com/foxglove/mcap/go/mcap"
)

const (
	// resyncBlock is how much is searched at a time.
	resyncBlock = 64 << 10
	// resyncHead is how much a look at a candidate takes.
	resyncHead = 16
)

// resync is where, from off on, a chunk or a message begins, and the end of the
// file if none does. A chunk's head says the same thing more than once, a message
// is of a channel and a day that was seen before, and a record follows either, so
// that pictures are not taken for one.
func (c *chunked) resync(w *window, off int64, seen map[uint32]int64) int64 {
	var buf []byte
	for off+resyncHead <= c.file.size {
		block, err := c.file.read(buf, off, min(resyncBlock, c.file.size-off))
		if err != nil {
			return c.file.size
		}
		buf = block
		for i := 0; i+resyncHead <= len(block); i++ {
			at, head := off+int64(i), block[i:i+resyncHead]
			if c.layout.maybeChunk(head) && c.isChunk(w, at) || c.layout.maybeMessage(head) && c.isMessage(w, at, seen) {
				return at
			}
		}
		off += int64(len(block) - resyncHead + 1)
	}
	return c.file.size
}

func (c *chunked) isChunk(w *window, off int64) bool {
	r, err := c.layout.next(w, off)
	if err != nil || r.end > c.file.size {
		return false
	}
	if _, err := c.layout.chunk(w, r, off); err != nil {
		return false
	}
	return c.followed(w, r)
}

// aDay is how far apart the times of a channel's messages may be, in ns.
const aDay = 24 * 60 * 60 * 1_000_000_000

// isMessage compares with when each channel was seen last.
func (c *chunked) isMessage(w *window, off int64, seen map[uint32]int64) bool {
	r, err := c.layout.next(w, off)
	if err != nil || r.kind != messageRecord || r.end > c.file.size {
		return false
	}
	last, known := seen[r.id]
	return known && r.log > last-aDay && r.log < last+aDay && c.followed(w, r)
}

// followed: where the record ends, another begins, or nothing.
func (c *chunked) followed(w *window, r record) bool {
	if r.end == c.file.size {
		return true
	}
	_, err := c.layout.next(w, r.end)
	return err == nil
}

// maybeChunk asks for a header of a likely length that begins with a likely field.
func (ros1) maybeChunk(b []byte) bool {
	head, field := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	return head >= 24 && head < 256 && field > 0 && field < head && (b[8] == 'c' || b[8] == 'o' || b[8] == 's')
}

// maybeMessage: every message of a .bag is in a chunk.
func (ros1) maybeMessage([]byte) bool { return false }

func (*mcapRecords) maybeMessage(b []byte) bool {
	return b[0] == byte(mcap.OpMessage) && b[6] == 0 && b[7] == 0 && b[8] == 0
}

// maybeChunk asks for the operation and for a length below 2^40.
func (*mcapRecords) maybeChunk(b []byte) bool {
	return b[0] == 6 && b[6] == 0 && b[7] == 0 && b[8] == 0
}
