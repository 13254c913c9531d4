package bag

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// A scanned chunk is what reading its records gave. Connections are taken in
// afterwards, in file order, so that several chunks can be scanned at once.
type scanned struct {
	layout  layout
	chunk   int32
	defs    []definition
	last    map[uint32]int // stream → its last one of defs
	bytes   int            // of defs
	refs    []ref          // stream is unset
	ids     []uint32       // of refs
	err     error          // why the chunk could not be unpacked to its end
	lost    int64          // bytes at the end that are no records
	lostErr error
}

type definition struct {
	record record
	body   []byte
	before int    // as many messages of the chunk
	id     uint32 // of the stream
	stream bool   // no schema
}

// scan reads the given chunks, which are few, and counts their messages.
func (c *chunked) scan(ctx context.Context, list []int) error {
	found := make([]scanned, len(list))
	g, ctx := errgroup.WithContext(ctx)
	for i, n := range list {
		g.Go(func() error {
			return guarded(func() error { found[i] = c.scanRecords(ctx, int32(n)); return nil })
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i := range found {
		if err := c.takeIn(&found[i]); err != nil {
			return err
		}
	}
	return nil
}

// takeIn makes a scan's connections known, counts its messages and its damage.
func (c *chunked) takeIn(s *scanned) error {
	k := &c.chunks[s.chunk]
	unknown := c.resolve(s)
	if c.strict != nil {
		return c.strict
	}
	for _, r := range s.refs {
		c.topics[r.stream].count(r.log)
	}
	k.scanned, k.refs = true, nil
	if c.kept += len(s.refs); c.kept <= keptRefs {
		k.refs = append([]ref{}, s.refs...) // never nil
	}
	return c.reportDamage(k, s, unknown)
}

// resolve defines the scan's connections, and gives each ref its stream; it
// drops those of unknown connections and counts them.
func (c *chunked) resolve(s *scanned) (unknown int64) {
	define := func(d definition) {
		if err := c.layout.define(c, d.record, d.body); err != nil && s.lostErr == nil {
			s.lostErr = err
		}
	}
	for _, d := range s.defs { // which a recorder may have written behind its first messages
		if _, known := c.ids[d.id]; !d.stream || !known {
			define(d)
		}
	}
	defs, known := s.defs, s.refs[:0]
	for i, r := range s.refs {
		for ; len(defs) > 0 && defs[0].before <= i; defs = defs[1:] {
			define(defs[0])
		}
		stream, found := c.ids[s.ids[i]]
		if !found {
			unknown++
			continue
		}
		r.stream = stream
		known = append(known, r)
	}
	for _, d := range defs {
		define(d)
	}
	s.refs = known
	return unknown
}

func (c *chunked) reportDamage(k *chunk, s *scanned, unknown int64) error {
	if s.err != nil {
		err := c.warn.add(Warning{File: c.file.name, Text: "chunk cannot be unpacked to its end", First: fmt.Sprintf("at byte %d: %v", k.pos, s.err), Bytes: k.size, Hint: diag.HintOf(s.err)})
		if err != nil {
			return err
		}
	}
	if s.lostErr != nil {
		err := c.warn.add(Warning{File: c.file.name, Text: "damaged records", First: fmt.Sprintf("in the chunk at byte %d: %v", k.pos, s.lostErr), Bytes: s.lost})
		if err != nil {
			return err
		}
	}
	if missing := k.expect - int64(len(s.refs)) - unknown; missing > 0 {
		err := c.warn.add(Warning{File: c.file.name, Text: "messages of the index that are not in their chunk", First: fmt.Sprintf("in the chunk at byte %d", k.pos), Messages: missing})
		if err != nil {
			return err
		}
	}
	if unknown > 0 {
		return c.warn.add(Warning{File: c.file.name, Text: "messages of unknown topics", First: fmt.Sprintf("in the chunk at byte %d", k.pos), Messages: unknown})
	}
	return nil
}

// scanOne scans a chunk again whose messages were too many to keep.
func (c *chunked) scanOne(ctx context.Context, n int32) scanned {
	s := c.scanRecords(ctx, n)
	s.defs = nil
	c.resolve(&s)
	return s
}

func (c *chunked) scanRecords(ctx context.Context, n int32) scanned {
	s := scanned{layout: c.layout, chunk: n}
	size, whole := c.whole(n, 0)
	if !whole {
		in, err := c.plainly(ctx, n)
		if err != nil {
			s.err = err
			return s
		}
		defer in.release()
		s.walk(newWindow(in.file, in.at, in.at+in.size))
		return s
	}
	granted, err := c.opts.Memory.Wait(ctx, size)
	if err != nil {
		s.err = err
		return s
	}
	data, err := c.chunk(ctx, n, granted.Buf)
	defer func() { granted.Done(data) }()
	s.err = err
	s.walk(inMemory(data))
	if err != nil {
		s.lost, s.lostErr = 0, nil // the one damage explains the other
	}
	return s
}

// walk collects records until they end or no longer make sense.
func (s *scanned) walk(span span) {
	for off := int64(0); off < span.end(); {
		r, err := s.layout.next(span, off)
		if err == nil && r.end > span.end() {
			err = io.ErrUnexpectedEOF
		}
		if err == nil {
			err = s.take(span, r, off)
		}
		if err != nil {
			s.lost, s.lostErr = span.end()-off, err
			s.doubt()
			return
		}
		off = r.end
	}
}

// doubtful is the length of a message above which it is not believed if what
// follows it makes no sense: 64 MiB.
const doubtful = 64 << 20

// doubt drops the last message if its length may be what is damaged.
func (s *scanned) doubt() {
	if n := len(s.refs) - 1; n >= 0 && s.refs[n].size > doubtful {
		s.lost += s.refs[n].size
		s.refs, s.ids = s.refs[:n], s.ids[:n]
	}
}

func (s *scanned) take(span span, r record, off int64) error {
	switch r.kind {
	case messageRecord:
		s.ids = append(s.ids, r.id)
		s.refs = append(s.refs, ref{chunk: s.chunk, off: off, size: r.end - off, log: r.log, pub: r.pub})
	case defineRecord:
		body, err := r.body(span)
		if err != nil {
			return err
		}
		s.define(r, body)
	case otherRecord, indexRecord, endRecord:
	case chunkRecord:
		return errors.New("a chunk within a chunk")
	}
	return nil
}

// define keeps a definition, unless it repeats that of its id.
func (s *scanned) define(r record, body []byte) {
	d := definition{record: r, before: len(s.refs)}
	d.id, d.stream = s.layout.defines(r, body)
	if last, found := s.last[d.id]; d.stream && found && bytes.Equal(s.defs[last].body, body) {
		return
	}
	if s.bytes += len(body); s.bytes > maxSchemas || len(s.defs) == maxDefinitions {
		return
	}
	d.body = bytes.Clone(body)
	if s.last == nil {
		s.last = map[uint32]int{}
	}
	if d.stream {
		s.last[d.id] = len(s.defs)
	}
	s.defs = append(s.defs, d)
}

// guarded turns a panic, which would be a mistake of ours or of a library that
// met bytes it did not expect, into an error.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("reading failed: %v", p)
		}
	}()
	return f()
}
