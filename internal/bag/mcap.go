package bag

import (
	"bytes"
	"context"

	"github.com/foxglove/mcap/go/mcap"
)

// mcapFooter is the length of a footer record with the magic behind it.
const mcapFooter = mcapHead + 8 + 8 + 4 + 8

func openMCAP(ctx context.Context, f *file, o Options, w *warnings) (*chunked, error) {
	m := &mcapRecords{schemas: map[uint16]mcap.Schema{}}
	c := &chunked{file: f, layout: m, opts: o, warn: w, ids: map[uint32]int32{}, defined: map[streamKey]int32{}}
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
	complete, err := c.walkFile(ctx, newWindow(c.file, 0, c.file.size), int64(len(mcap.Magic)))
	if err == nil && !complete {
		err = c.warn.add(Warning{File: c.file.name, Text: "ends without a footer: its recorder did not finish"})
	}
	if err == nil {
		err = c.count(ctx)
	}
	if n := c.missing(s); n > 0 && err == nil {
		err = c.warn.add(Warning{File: c.file.name, Text: "messages of the statistics that are nowhere in the file", Messages: n})
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
	b, err := c.file.read(nil, 0, min(c.file.size, int64(len(mcap.Magic))))
	if err != nil {
		return err
	}
	if !bytes.Equal(b, mcap.Magic) {
		magic, err := c.file.magic()
		if err != nil {
			return err
		}
		return unknownStart(magic)
	}
	w := newWindow(c.file, 0, c.file.size)
	r, err := c.layout.next(w, int64(len(mcap.Magic)))
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
