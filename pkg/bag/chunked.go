package bag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"sync"
)

// chunked is what a ROS 1 bag and an MCAP file have in common: records, some of
// which are chunks of further records, with index records behind each chunk.
type chunked struct {
	*file
	layout
	opts    Options
	warn    *warnings
	chunks  []chunk
	topics  []Topic          // one for each connection or channel
	ids     map[uint32]int32 // connection or channel id → index in topics
	kept    int              // refs held in memory, of all chunks
	sources sync.Pool        // *[]byte: compressed chunks
}

// layout is how the records of one format look.
type layout interface {
	// next reads the head of the record at off.
	next(s span, off int64) (record, error)
	// chunk reads the head of a chunk record; it does not compare it with the file's end.
	chunk(s span, r record, pos int64) (chunk, error)
	// maybeChunk is a quick look at 16 bytes: whether a chunk record may begin there.
	maybeChunk(b []byte) bool
	// define takes in a connection, schema or channel.
	define(c *chunked, r record, body []byte) error
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
	index    int64  // where its index records begin and end in the file;
	indexEnd int64  // equal if there are none
	cut      bool   // the file ends within it
	expect   int64  // messages that the file's index claims for it; 0 is unknown

	scanned bool  // its index was of no use
	refs    []ref // what the scan found; nil if there was too much to keep
}

// keptRefs bounds the memory for the messages of files without an index:
// 2 million, or 96 MB. Past it a file is scanned again for each [Bag.Index].
const keptRefs = 2 << 20

// maxMeta bounds one record that is neither chunk nor message: 64 MiB.
const maxMeta = 64 << 20

func (c *chunked) path() string { return c.name }

func (c *chunked) streams() []Topic { return c.topics }

// body reads the body of a record that describes something.
func (r record) body(s span) ([]byte, error) {
	if r.end-r.data > maxMeta {
		return nil, fmt.Errorf("record of %d bytes, where at most %d make sense", r.end-r.data, maxMeta)
	}
	return s.at(r.data, r.end-r.data)
}

// stream adds a connection or channel; the first of an id stays.
func (c *chunked) stream(id uint32, t Topic) {
	if _, found := c.ids[id]; found {
		return
	}
	c.ids[id] = int32(len(c.topics))
	c.topics = append(c.topics, t)
}

// count takes in the messages of every chunk: from its index if that is whole
// and tells of known connections, else by a scan, several at once.
func (c *chunked) count(ctx context.Context) error {
	for i := range c.topics {
		c.topics[i].Count = 0
	}
	var rest []int
	for i := range c.chunks {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !c.countIndexed(i) {
			rest = append(rest, i)
		}
	}
	for len(rest) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.countIndexed(rest[0]) { // a scan has made its connections known
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

func (c *chunked) countIndexed(i int) bool {
	refs, err := c.indexed(int32(i))
	if err != nil {
		return false
	}
	if expect := c.chunks[i].expect; expect != 0 && int64(len(refs)) != expect {
		return false
	}
	for _, r := range refs {
		c.topics[r.stream].count(r.log)
	}
	return true
}

var errNoIndex = errors.New("chunk has no index")

// indexed reads the index records behind a chunk: its messages in file order.
func (c *chunked) indexed(n int32) ([]ref, error) {
	k := &c.chunks[n]
	if k.index >= k.indexEnd {
		return nil, errNoIndex
	}
	var refs []ref
	w := newWindow(c.file, k.index, k.indexEnd)
	for off := int64(0); off < w.end(); {
		r, err := c.next(w, off)
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
	for i := range c.chunks {
		if err := ctx.Err(); err != nil {
			return err
		}
		refs, err := c.chunkRefs(ctx, int32(i))
		if err != nil {
			return err
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

// whole says that a compressed chunk is loaded at once; under Strict any chunk
// with a checksum is.
func (c *chunked) whole(n int32) (int64, bool) {
	k := &c.chunks[n]
	return k.full, k.codec != plain || c.opts.Strict && k.crc != 0 && !k.cut
}

func (c *chunked) chunk(_ context.Context, n int32, buf []byte) ([]byte, error) {
	k := &c.chunks[n]
	if k.full > c.opts.MaxChunk || k.size > c.opts.MaxChunk {
		return nil, fmt.Errorf("chunk of %d bytes is %w (%d)", max(k.full, k.size), errTooLarge, c.opts.MaxChunk)
	}
	data, err := c.unpack(k, buf)
	switch {
	case k.cut:
		return data, err
	case err != nil && !errors.Is(err, errClaim): // what came out before may be wrong already
		return nil, err
	case k.crc != 0 && crc32.ChecksumIEEE(data) != k.crc:
		return nil, errChecksum
	}
	return data, err
}

var errChecksum = errors.New("checksum does not fit")

func (c *chunked) unpack(k *chunk, buf []byte) ([]byte, error) {
	if k.codec == plain {
		return c.read(buf, k.data, k.size)
	}
	pooled, _ := c.sources.Get().(*[]byte)
	if pooled == nil {
		pooled = new([]byte)
	}
	defer c.sources.Put(pooled)
	src, err := c.read(*pooled, k.data, k.size)
	if err != nil {
		return nil, err
	}
	*pooled = src
	data, err := decompress(k.codec, buf, src, k.full)
	if err == nil && c.opts.Strict && k.codec == lz4Codec && !lz4Sound(src, data) {
		return nil, errChecksum
	}
	return data, err
}

// message reads one message and checks that it is the one that the index told of.
func (c *chunked) message(_ context.Context, p place, data, buf []byte, limit int64) (message, error) {
	base := p.off
	if data == nil {
		var err error
		if data, err = c.bare(p, buf, limit); err != nil {
			return message{}, err
		}
		base = 0
	}
	r, err := c.next(memory(data), base)
	if err != nil {
		return message{}, err
	}
	if stream, known := c.ids[r.id]; r.kind != messageRecord || !known || stream != p.stream {
		return message{}, errors.New("the index points to another record")
	}
	end := r.end
	if limit >= 0 {
		end = min(end, r.data+limit)
	}
	payload, err := memory(data).at(r.data, end-r.data)
	return message{data: payload, log: r.log, pub: r.pub}, err
}

// bare reads a message record out of a chunk that lies plain in the file: as
// much as the index lets one guess, and again if that was too little.
func (c *chunked) bare(p place, buf []byte, limit int64) ([]byte, error) {
	k := &c.chunks[p.chunk]
	room := k.size - p.off
	guess := min(p.size, room)
	if limit >= 0 {
		guess = min(guess, limit+headRoom)
	}
	if guess > bigGuess {
		guess = maxHead
	}
	data, err := c.read(buf, k.data+p.off, guess)
	if err != nil {
		return nil, err
	}
	r, err := c.next(memory(data), 0)
	if err != nil {
		if data, err = c.read(data, k.data+p.off, min(room, maxHead)); err != nil {
			return nil, err
		}
		if r, err = c.next(memory(data), 0); err != nil {
			return nil, err
		}
	}
	need := r.end
	if limit >= 0 {
		need = min(need, r.data+limit)
	}
	switch {
	case need <= int64(len(data)):
		return data, nil
	case need > c.opts.MaxChunk:
		return nil, fmt.Errorf("message of %d bytes is %w (%d)", need, errTooLarge, c.opts.MaxChunk)
	case need > room:
		return nil, fmt.Errorf("message of %d bytes, where %d are left: %w", need, room, io.ErrUnexpectedEOF)
	}
	return c.read(data, k.data+p.off, need)
}

const (
	// maxHead is more than a message record's head ever needs.
	maxHead = 4 << 10
	// bigGuess is a length that is asked for in the record itself before it is believed.
	bigGuess = 4 << 20
)
