package bag

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/foxglove/mcap/go/mcap"
)

// A summary is what the end of an MCAP file tells of it.
type summary struct {
	stats  *mcap.Statistics
	chunks []chunk // without their checksums
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
	end := c.file.size - mcapFooter
	if crc != 0 {
		if err := c.checkSummary(start, crc); err != nil {
			return summary{}, err
		}
	}
	var s summary
	w := newWindow(c.file, start, end)
	for off := int64(0); off < w.end(); {
		r, err := c.layout.next(w, off)
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
	b, err := c.file.read(nil, c.file.size-mcapFooter, mcapFooter)
	if c.opts.refused(err) {
		return 0, 0, err
	}
	if err != nil || !bytes.Equal(b[len(b)-8:], mcap.Magic) || mcap.OpCode(b[0]) != mcap.OpFooter {
		return 0, 0, errNoSummary // cut short: the walk tells
	}
	f, err := mcap.ParseFooter(b[mcapHead:])
	if err != nil {
		return 0, 0, err
	}
	if f.SummaryStart > uint64(c.file.size-mcapFooter) {
		return 0, 0, fmt.Errorf("summary at byte %d of a file of %d", f.SummaryStart, c.file.size)
	}
	return int64(f.SummaryStart), f.SummaryCRC, nil
}

// checkSummary compares the checksum, which covers all from the summary's
// beginning to the checksum itself.
func (c *chunked) checkSummary(start int64, want uint32) error {
	var buf []byte
	var got uint32
	for end := c.file.size - 8 - 4; start < end; {
		b, err := c.file.read(buf, start, min(1<<20, end-start))
		if err != nil {
			return err
		}
		got = crc32.Update(got, crc32.IEEETable, b)
		start += int64(len(b))
		buf = b
	}
	if got != want {
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
		err = s.takeChunk(body, c.file.size)
	default:
		err = c.layout.define(c, r, body)
	}
	return err
}

func (s *summary) takeChunk(body []byte, size int64) error {
	x, err := mcap.ParseChunkIndex(body)
	if err != nil {
		return err
	}
	k, err := chunkOf(x, size)
	s.chunks = append(s.chunks, k)
	return err
}

// useSummary opens the chunks that the summary tells of; false if there are none.
func (c *chunked) useSummary(s summary) (bool, error) {
	if s.stats == nil || int64(s.stats.ChunkCount) != int64(len(s.chunks)) || len(s.chunks) == 0 {
		return false, nil
	}
	slices.SortFunc(s.chunks, func(x, y chunk) int { return cmp.Compare(x.pos, y.pos) })
	w := newWindow(c.file, 0, c.file.size)
	for i := range s.chunks {
		k := &s.chunks[i]
		if k.headless = c.opts.Far && !c.opts.Strict; k.headless {
			continue
		}
		var err error
		if k.crc, err = c.chunkCRC(w, k.pos, k); err != nil {
			return false, err
		}
	}
	c.chunks = s.chunks
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

// chunkCRC reads a chunk's own head, which begins at off and alone has its checksum. Where it
// differs from the summary, the summary is believed: it has a checksum.
func (c *chunked) chunkCRC(s span, off int64, k *chunk) (uint32, error) {
	r, err := c.layout.next(s, off)
	if err == nil {
		var own chunk
		if own, err = c.layout.chunk(s, r, off); err == nil && own.data-off == k.data-k.pos && own.size == k.size && own.full == k.full && own.codec == k.codec {
			return own.crc, nil
		}
	}
	return 0, c.warn.add(Warning{File: c.file.name, Text: "damaged chunk header", First: fmt.Sprintf("at byte %d: differs from the summary", k.pos)})
}
