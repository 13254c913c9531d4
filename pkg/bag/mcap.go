package bag

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/foxglove/mcap/go/mcap"
)

// mcapFooter is the length of a footer record with the magic behind it.
const mcapFooter = mcapHead + 8 + 8 + 4 + 8

func openMCAP(ctx context.Context, f *file, o Options, w *warnings) (*chunked, error) {
	m := &mcapRecords{schemas: map[uint16]mcap.Schema{}}
	c := &chunked{file: f, layout: m, opts: o, warn: w, ids: map[uint32]int32{}}
	if err := c.readMCAPHeader(m); err != nil {
		return nil, err
	}
	s, err := c.readSummary()
	if err != nil {
		if err := c.damagedIndex(err); err != nil {
			return nil, err
		}
		s = summary{}
	}
	return c, c.findMCAP(ctx, s)
}

// findMCAP takes the chunks from the summary, if they hold all the messages
// that its statistics tell of; else from a walk over the file.
func (c *chunked) findMCAP(ctx context.Context, s summary) error {
	if used, err := c.useSummary(s); err != nil {
		return err
	} else if used {
		if err := c.count(ctx); err != nil || c.missing(s) == 0 {
			return err
		}
	}
	c.chunks = nil
	complete, err := c.walkFile(ctx, newWindow(c.file, 0, c.size), int64(len(mcap.Magic)))
	if err == nil && !complete {
		err = c.warn.add(Warning{File: c.name, Text: "ends without a footer: its recorder did not finish"})
	}
	if err == nil {
		err = c.count(ctx)
	}
	if n := c.missing(s); n > 0 && err == nil {
		err = c.warn.add(Warning{File: c.name, Text: "messages of the statistics that are nowhere in the file", Messages: n})
	}
	return err
}

// missing is how many messages the statistics tell of that were not counted.
func (c *chunked) missing(s summary) int64 {
	if s.stats == nil {
		return 0
	}
	n := int64(min(s.stats.MessageCount, 1<<60))
	for _, t := range c.topics {
		n -= int64(t.Count)
	}
	return n
}

func (c *chunked) readMCAPHeader(m *mcapRecords) error {
	b, err := c.read(nil, 0, min(c.size, int64(len(mcap.Magic))))
	if err != nil {
		return err
	}
	if !bytes.Equal(b, mcap.Magic) {
		return fmt.Errorf("%w: no MCAP file", ErrNotRecording)
	}
	w := newWindow(c.file, 0, c.size)
	r, err := c.next(w, int64(len(mcap.Magic)))
	if err != nil {
		return nil // the walk counts it
	}
	if body, err := r.body(w); err == nil {
		if head, err := mcap.ParseHeader(body); err == nil {
			m.profile = head.Profile
		}
	}
	return nil
}

// A summary is what the end of an MCAP file tells of it.
type summary struct {
	stats  *mcap.Statistics
	chunks []mcap.ChunkIndex
}

// errNoSummary is a file that never had one, which is no damage.
var errNoSummary = errors.New("no summary")

// readSummary reads the summary section and makes its channels known. Without
// one the summary is empty and the error nil.
func (c *chunked) readSummary() (summary, error) {
	start, crc, err := c.readFooter()
	if err != nil || start == 0 {
		return summary{}, ignore(err, errNoSummary)
	}
	end := c.size - mcapFooter
	if crc != 0 {
		if err := c.checkSummary(start, crc); err != nil {
			return summary{}, err
		}
	}
	var s summary
	w := newWindow(c.file, start, end)
	for off := int64(0); off < w.end(); {
		r, err := c.next(w, off)
		if err != nil {
			return s, err
		}
		if err := s.take(c, w, r, off); err != nil {
			return s, err
		}
		off = r.end
	}
	return s, nil
}

func ignore(err, target error) error {
	if errors.Is(err, target) {
		return nil
	}
	return err
}

// readFooter gives where the summary begins, and its checksum.
func (c *chunked) readFooter() (start int64, crc uint32, err error) {
	b, err := c.read(nil, c.size-mcapFooter, mcapFooter)
	if err != nil || !bytes.Equal(b[len(b)-8:], mcap.Magic) || mcap.OpCode(b[0]) != mcap.OpFooter {
		return 0, 0, errNoSummary // cut short: the walk tells
	}
	f, err := mcap.ParseFooter(b[mcapHead:])
	if err != nil {
		return 0, 0, err
	}
	if f.SummaryStart > uint64(c.size-mcapFooter) {
		return 0, 0, fmt.Errorf("summary at byte %d of a file of %d", f.SummaryStart, c.size)
	}
	return int64(f.SummaryStart), f.SummaryCRC, nil
}

// checkSummary compares the checksum, which covers all from the summary's
// beginning to the checksum itself.
func (c *chunked) checkSummary(start int64, want uint32) error {
	n := c.size - 8 - 4 - start
	if n > maxMeta*4 {
		return fmt.Errorf("summary of %d bytes", n)
	}
	b, err := c.read(nil, start, n)
	if err != nil {
		return err
	}
	if got := crc32.ChecksumIEEE(b); got != want {
		return fmt.Errorf("summary's checksum is %08x, not %08x", got, want)
	}
	return nil
}

func (s *summary) take(c *chunked, w *window, r record, off int64) error {
	op, err := w.at(off, 1)
	if err != nil {
		return err
	}
	kind := mcap.OpCode(op[0])
	switch {
	case r.kind == defineRecord, kind == mcap.OpStatistics, kind == mcap.OpChunkIndex:
	default:
		return nil
	}
	body, err := r.body(w)
	if err != nil {
		return err
	}
	switch kind {
	case mcap.OpStatistics:
		s.stats, err = mcap.ParseStatistics(body)
	case mcap.OpChunkIndex:
		var k *mcap.ChunkIndex
		if k, err = mcap.ParseChunkIndex(body); err == nil {
			s.chunks = append(s.chunks, *k)
		}
	default:
		err = c.define(c, r, body)
	}
	return err
}

// useSummary opens the chunks that the summary tells of; false if there are none.
func (c *chunked) useSummary(s summary) (bool, error) {
	if s.stats == nil || int64(s.stats.ChunkCount) != int64(len(s.chunks)) || len(s.chunks) == 0 {
		return false, nil
	}
	slices.SortFunc(s.chunks, func(x, y mcap.ChunkIndex) int { return cmp.Compare(x.ChunkStartOffset, y.ChunkStartOffset) })
	w := newWindow(c.file, 0, c.size)
	for i := range s.chunks {
		x := &s.chunks[i]
		k, err := chunkOf(x, c.size)
		if err != nil {
			return false, c.damagedIndex(err)
		}
		if k.crc, err = c.chunkCRC(w, k); err != nil {
			return false, err
		}
		c.chunks = append(c.chunks, k)
	}
	return true, nil
}

// chunkOf is the chunk that an entry of the summary describes.
func chunkOf(x *mcap.ChunkIndex, size int64) (chunk, error) {
	room := uint64(size)
	if x.ChunkStartOffset > room || x.ChunkLength > room-x.ChunkStartOffset || x.MessageIndexLength > room-x.ChunkStartOffset-x.ChunkLength || x.UncompressedSize > 1<<60 {
		return chunk{}, fmt.Errorf("chunk of %d bytes at byte %d of a file of %d", x.ChunkLength, x.ChunkStartOffset, size)
	}
	k := chunk{pos: int64(x.ChunkStartOffset), full: int64(x.UncompressedSize)}
	end := k.pos + int64(x.ChunkLength)
	k.data = k.pos + mcapHead + mcapChunk + 4 + int64(len(x.Compression)) + 8
	k.index, k.indexEnd = end, end+int64(x.MessageIndexLength)
	return k, k.describeMCAP(string(x.Compression), x.CompressedSize, end)
}

// chunkCRC reads a chunk's own head, which alone has its checksum. Where it
// differs from the summary, the summary is believed: it has a checksum.
func (c *chunked) chunkCRC(w *window, k chunk) (uint32, error) {
	r, err := c.next(w, k.pos)
	if err == nil {
		var own chunk
		if own, err = c.layout.chunk(w, r, k.pos); err == nil && own.data == k.data && own.size == k.size && own.full == k.full && own.codec == k.codec {
			return own.crc, nil
		}
	}
	return 0, c.warn.add(Warning{File: c.name, Text: "damaged chunk header", First: fmt.Sprintf("at byte %d: differs from the summary", k.pos)})
}
