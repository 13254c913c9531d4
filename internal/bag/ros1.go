package bag

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

const (
	ros1Magic    = "#ROSBAG V2.0\n"
	ros1AnyMagic = "#ROSBAG V"
)

// ros1Magics are what bags of any format begin with, before its number: those before 1.3
// had other names.
var ros1Magics = []string{ros1AnyMagic, "#ROSRECORD V", "#ROSLOG V"}

func openROS1(ctx context.Context, f *file, o Options, w *warnings) (*chunked, error) {
	c := &chunked{file: f, layout: ros1{}, opts: o, warn: w, ids: map[uint32]int32{}, defined: map[streamKey]int32{}}
	if err := checkROS1Magic(f); err != nil {
		return nil, err
	}
	if err := c.findROS1Chunks(ctx); err != nil {
		return nil, err
	}
	return c, c.count(ctx)
}

func checkROS1Magic(f *file) error {
	magic, err := f.magic()
	if err != nil {
		return err
	}
	if strings.HasPrefix(magic, ros1Magic) {
		return nil
	}
	for _, old := range ros1Magics {
		if version, found := strings.CutPrefix(magic, old); found {
			version, _, _ = strings.Cut(version, "\n")
			if strings.HasPrefix(version, "2.0") {
				return errors.New("its first line was changed, as a transfer as text does it; copy it again, byte for byte")
			}
			return fmt.Errorf("a bag of format %.5s; only 2.0 is read (rosbag migrate converts it)", strings.TrimSpace(version))
		}
	}
	return unknownStart(magic)
}

// findROS1Chunks takes the chunks from the index section, or, if that is
// absent or damaged, from a walk over the file.
func (c *chunked) findROS1Chunks(ctx context.Context) error {
	w := newWindow(c.file, 0, c.file.size)
	head, err := c.layout.next(w, int64(len(ros1Magic)))
	if err == nil && head.fields.op() != opBagHeader {
		err = errors.New("no bag header")
	} else if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the file is cut short after %d bytes, within its header", c.file.size)
	}
	if err != nil {
		if err := c.damagedIndex(err); err != nil {
			return err
		}
		return c.walkROS1(ctx, w, int64(len(ros1Magic)))
	}
	if v, _ := head.fields.get("encryptor"); len(v) > 0 {
		return fmt.Errorf("an encrypted bag (%s); it must be decrypted first", v)
	}
	pos, _ := head.fields.uint64("index_pos")
	if pos == 0 { // it was never closed
		return c.walkROS1(ctx, w, head.end)
	}
	if err := c.readROS1Index(w, head, pos); err != nil {
		if err := c.damagedIndex(err); err != nil {
			return err
		}
		clear(c.ids)
		clear(c.defined)
		c.topics, c.of, c.chunks = nil, nil, nil
		return c.walkROS1(ctx, w, head.end)
	}
	return nil
}

// walkROS1 walks over a bag, whose format has no last record.
func (c *chunked) walkROS1(ctx context.Context, w *window, off int64) error {
	_, err := c.walkFile(ctx, w, off)
	return err
}

func (c *chunked) damagedIndex(err error) error {
	if c.opts.refused(err) {
		return err
	}
	return c.warn.add(Warning{File: c.file.name, Text: "index is damaged, the file was scanned", First: err.Error()})
}

// readROS1Index reads the connections and chunk infos at the end of a bag.
func (c *chunked) readROS1Index(w *window, head record, pos uint64) error {
	conns, err1 := head.fields.uint32("conn_count")
	count, err2 := head.fields.uint32("chunk_count")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if pos > uint64(c.file.size) {
		return fmt.Errorf("the file is cut short: its index begins at byte %d, and %d bytes are there", pos, c.file.size)
	}
	var infos []chunkInfo
	for off := int64(pos); off < w.end(); {
		r, err := c.layout.next(w, off)
		if err != nil {
			return err
		}
		body, err := r.body(w)
		if err != nil {
			return err
		}
		if infos, err = c.takeROS1Index(infos, r, body); err != nil {
			return err
		}
		off = r.end
	}
	if len(c.ids) != int(conns) || len(infos) != int(count) {
		return fmt.Errorf("index of %d connections and %d chunks, where %d and %d are claimed", len(c.ids), len(infos), conns, count)
	}
	return c.openROS1Chunks(w, infos, int64(pos))
}

// A chunkInfo is what the index section tells of a chunk.
type chunkInfo struct{ pos, messages int64 }

func (c *chunked) takeROS1Index(infos []chunkInfo, r record, body []byte) ([]chunkInfo, error) {
	switch r.fields.op() {
	case opConnection:
		return infos, c.layout.define(c, r, body)
	case opChunkInfo:
		pos, err := r.fields.uint64("chunk_pos")
		if err != nil || pos >= uint64(c.file.size) {
			return nil, fmt.Errorf("chunk at byte %d of a file of %d", pos, c.file.size)
		}
		info := chunkInfo{pos: int64(pos)}
		for ; len(body) >= 8; body = body[8:] { // connection, messages
			info.messages += int64(binary.LittleEndian.Uint32(body[4:]))
		}
		return append(infos, info), nil
	}
	return nil, fmt.Errorf("unexpected record %#x in the index", r.fields.op())
}

func (c *chunked) openROS1Chunks(w *window, infos []chunkInfo, end int64) error {
	slices.SortFunc(infos, func(x, y chunkInfo) int { return cmp.Compare(x.pos, y.pos) })
	heads := c.ros1Heads(w, infos, end)
	for i, info := range infos {
		k, err := heads(i)
		if c.opts.refused(err) {
			return err
		}
		if err != nil {
			err = c.warn.add(Warning{File: c.file.name, Text: "damaged chunk header", First: err.Error(), Messages: info.messages})
			if err != nil {
				return err
			}
			continue
		}
		c.chunks = append(c.chunks, k)
	}
	return nil
}

// ros1Heads gives the head of each chunk that the index tells of: of a file that is far away all are fetched at once, and no
// more of them than a head has.
func (c *chunked) ros1Heads(w *window, infos []chunkInfo, end int64) func(i int) (chunk, error) {
	read := func(w *window, i int) (chunk, error) {
		next := end
		if i+1 < len(infos) {
			next = infos[i+1].pos
		}
		return c.openROS1Chunk(w, infos[i], next)
	}
	if !c.opts.Far {
		return func(i int) (chunk, error) { return read(w, i) }
	}
	heads, errs := make([]chunk, len(infos)), make([]error, len(infos))
	var g errgroup.Group
	g.SetLimit(inFlight)
	for i := range infos {
		g.Go(func() error {
			own := newWindow(c.file, 0, c.file.size)
			own.ahead = ros1ChunkHead
			errs[i] = guarded(func() (err error) {
				heads[i], err = read(own, i)
				return err
			})
			return nil
		})
	}
	_ = g.Wait() // they are in errs
	return func(i int) (chunk, error) { return heads[i], errs[i] }
}

// ros1ChunkHead is as much as a chunk's head has: rosbag writes 66 bytes.
const ros1ChunkHead = 128

// openROS1Chunk reads the head of the chunk that the index tells of; its own
// index ends at most where the next chunk begins.
func (c *chunked) openROS1Chunk(w *window, info chunkInfo, next int64) (chunk, error) {
	r, err := c.layout.next(w, info.pos)
	if err != nil {
		return chunk{}, err
	}
	k, err := c.layout.chunk(w, r, info.pos)
	if err != nil {
		return chunk{}, err
	}
	if r.end > next {
		return chunk{}, fmt.Errorf("chunk at byte %d claims to end at byte %d, behind byte %d", info.pos, r.end, next)
	}
	k.index, k.indexEnd, k.expect = r.end, next, info.messages
	return k, nil
}

// chunk reads a chunk record's head.
func (ros1) chunk(_ span, r record, pos int64) (chunk, error) {
	if r.kind != chunkRecord {
		return chunk{}, fmt.Errorf("no chunk at byte %d", pos)
	}
	name, _ := r.fields.get("compression")
	codec, known := codecs[string(name)]
	if !known || codec == zstdCodec {
		return chunk{}, fmt.Errorf("chunk at byte %d: %w %q", pos, errCodec, name)
	}
	full, err := r.fields.uint32("size")
	if err != nil {
		return chunk{}, fmt.Errorf("chunk at byte %d: %w", pos, err)
	}
	k := chunk{pos: pos, data: r.data, size: r.end - r.data, full: int64(full), codec: codec}
	if codec == plain {
		k.full = k.size
	}
	return k, nil
}
