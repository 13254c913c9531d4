package bag

import (
	"cmp"
	"context"
	"fmt"
	"sync"
)

// chunked is what a ROS 1 bag and an MCAP file have in common: records, some of
// which are chunks of further records, with index records behind each chunk.
type chunked struct {
	file    *file
	layout  layout
	opts    Options
	warn    *warnings
	chunks  []chunk
	topics  []Topic          // one for each connection or channel
	ids     map[uint32]int32 // connection or channel id → index in topics, of the last definition
	of      []uint32         // of each of topics, its id
	defined map[streamKey]int32
	twice   bool  // an id has several topics: only the order of the records tells whose a message is
	strict  error // the first damage of a definition, under Options.Strict
	schemas int   // bytes of definitions
	kept    int   // refs held in memory, of all chunks

	checking sync.Mutex
	spills   spills
}

// layout is how the records of one format look.
type layout interface {
	// next reads the head of the record at off.
	next(s span, off int64) (record, error)
	// chunk reads the head of a chunk record; it does not compare it with the file's end.
	chunk(s span, r record, pos int64) (chunk, error)
	// maybeChunk is a quick look at 16 bytes: whether a chunk record may begin there.
	maybeChunk(b []byte) bool
	// maybeMessage is the same for a message outside of chunks.
	maybeMessage(b []byte) bool
	// define takes in a connection, schema or channel.
	define(c *chunked, r record, body []byte) error
	// defines is the id of the connection or channel that a record defines; false for a schema.
	defines(r record, body []byte) (id uint32, ok bool)
	// index gives the entries of an index record: time, and offset in the chunk.
	index(r record, body []byte, yield func(log, off int64)) (id uint32, err error)
}

type recordKind uint8

const (
	otherRecord recordKind = iota
	messageRecord
	defineRecord
	indexRecord
	chunkRecord
	endRecord // nothing that is wanted comes after it
)

// A record is a record's head; offsets are those of the span it was read from.
type record struct {
	kind      recordKind
	id        uint32 // of a message: its connection or channel
	log, pub  int64  // of a message
	data, end int64  // where its body begins (a message's payload), and where the record ends
	fields    fields // of a ROS 1 record
}

// A chunk is a stretch of records that is loaded at once. One that is not
// compressed need not be; messages outside of chunks lie in plain ones of our making.
type chunk struct {
	pos      int64 // of its record in the file, which names it in warnings
	data     int64 // of its contents in the file
	size     int64 // of its contents in the file
	full     int64 // of its contents when unpacked
	codec    codec
	crc      uint32 // of its contents when unpacked; 0 is unknown
	headless bool   // its head, which has the checksum, is read with its contents
	index    int64  // where its index records begin and end in the file;
	indexEnd int64  // equal if there are none
	cut      bool   // the file ends within it
	expect   int64  // messages that the file's index claims for it; 0 is unknown

	checked bool  // its contents were compared with crc; under chunked.checking
	scanned bool  // its index was of no use
	refs    []ref // what the scan found, or the index of a file that is far away; nil if there was too much to keep
}

// keptRefs bounds the memory for the messages of files without an index:
// 2 million, or 96 MB. Past it a file is scanned again for each [Bag.Index].
const keptRefs = 2 << 20

// maxDefinitions bounds those of one chunk that are kept until it was scanned.
const maxDefinitions = 2 * maxTopics

// maxMeta bounds one record that is neither chunk nor message: 64 MiB.
const maxMeta = 64 << 20

func (c *chunked) path() string { return c.file.name }

// Close closes the file, and those that chunks were unpacked to.
func (c *chunked) Close() error {
	c.spills.mu.Lock()
	c.spills.close(0)
	c.spills.mu.Unlock()
	return c.file.Close()
}

func (c *chunked) streams() []Topic { return c.topics }

// body reads the body of a record that describes something.
func (r record) body(s span) ([]byte, error) {
	if r.end-r.data > maxMeta {
		return nil, fmt.Errorf("record of %d bytes, where at most %d make sense", r.end-r.data, maxMeta)
	}
	return s.at(r.data, r.end-r.data)
}

const (
	maxTopics  = 1 << 16  // connections or channels of a file; MCAP has no more numbers
	maxSchemas = 64 << 20 // bytes of definitions kept of a file
)

// A streamKey is what makes two definitions of an id the same.
type streamKey struct {
	id                   uint32
	name, kind, encoding string
}

// stream adds a connection or channel. An id that is defined again with another topic
// is damage, but means what it says: from there on its messages are that topic's.
func (c *chunked) stream(id uint32, t Topic) {
	key := streamKey{id, t.Name, t.Type, t.Encoding}
	if at, found := c.defined[key]; found {
		c.ids[id] = at
		return
	}
	if at, found := c.ids[id]; found {
		c.twice = true
		err := c.warn.add(Warning{File: c.file.name, Text: "channel defined twice", First: fmt.Sprintf("channel %d is %s, then %s", id, c.topics[at].Name, t.Name)})
		c.strict = cmp.Or(c.strict, err)
	}
	if len(c.topics) == maxTopics {
		return
	}
	c.defined[key] = int32(len(c.topics))
	if c.schemas += len(t.Schema); c.schemas > maxSchemas {
		t.Schema = nil
	}
	c.ids[id] = int32(len(c.topics))
	c.topics, c.of = append(c.topics, t), append(c.of, id)
}

// count takes in the messages of every chunk: from its index if that is whole
// and tells of known connections, else by a scan, several at once.
func (c *chunked) count(ctx context.Context) error {
	if c.strict != nil {
		return c.strict
	}
	for i := range c.topics {
		c.topics[i].Count = 0
	}
	var rest []int
	var fetched [][]ref
	for i := range c.chunks {
		err := ctx.Err()
		if i%batch == 0 && err == nil {
			fetched, err = c.fetchIndexes(ctx, i)
		}
		if err != nil {
			return err
		}
		if i%batch == 0 {
			c.keep(i, fetched)
		}
		if c.twice || !c.countIndexed(i, fetched[i%batch]) {
			rest = append(rest, i)
		}
	}
	for len(rest) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !c.twice && c.countIndexed(rest[0], nil) { // a scan has made its connections known
			rest = rest[1:]
			continue
		}
		n := min(len(rest), c.opts.Workers)
		if err := c.scan(ctx, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}
