package bag

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/cvatplan/cvatplan/internal/memory"
)

// whole says that a compressed chunk is loaded at once, in memory for it and for what it is
// unpacked from, unless it is too large; under Strict any chunk with a checksum is. Of a file that is far away a chunk of
// which most is wanted is, too: that is one request.
func (c *chunked) whole(n int32, wanted int64) (memory.Size, bool) {
	k := &c.chunks[n]
	switch {
	case k.full+k.size > c.opts.Memory.Large():
		return memory.Size{}, false
	case k.codec != plain:
		return memory.Buffer(k.full+zstdSlack, k.size), true
	}
	mostly := c.opts.Far && wanted > k.full/2 && k.full <= budget
	return memory.One(k.data - k.pos + k.full), (mostly || c.opts.Strict && k.crc != 0) && !k.cut
}

func (c *chunked) chunk(_ context.Context, n int32, buf []byte) ([]byte, error) {
	k := &c.chunks[n]
	if k.full > c.opts.MaxChunk || k.size > c.opts.MaxChunk {
		return nil, c.opts.tooLarge("chunk", max(k.full, k.size))
	}
	data, crc, err := c.unpack(k, buf)
	switch {
	case k.cut:
		return data, err
	case err != nil && !errors.Is(err, errClaim): // what came out before may be wrong already
		return nil, err
	case crc != 0 && crc32.ChecksumIEEE(data) != crc:
		return nil, errChecksum
	}
	return data, err
}

// verify reads the chunk in pieces: its messages alone are not all that the checksum covers. What of a file that is far
// away is read one by one is little compared with its chunk, so that the rest is not fetched for this.
func (c *chunked) verify(ctx context.Context, n int32) error {
	k := &c.chunks[n]
	if k.codec != plain || k.crc == 0 || k.cut || c.opts.Far && !c.opts.Strict {
		return nil
	}
	c.checking.Lock()
	defer c.checking.Unlock()
	if k.checked {
		return nil
	}
	var buf []byte
	var sum uint32
	for off := int64(0); off < k.size; off += int64(len(buf)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if buf, err = c.file.read(buf, k.data+off, min(verifyPiece, k.size-off)); err != nil {
			return nil // the messages there tell
		}
		sum = crc32.Update(sum, crc32.IEEETable, buf)
	}
	k.checked = true
	if sum == k.crc {
		return nil
	}
	return c.warn.add(Warning{File: c.file.name, Text: "chunk with a wrong checksum", First: fmt.Sprintf("at byte %d", k.pos)})
}

// verifyPiece is how much is read at a time.
const verifyPiece = 256 << 10

var errChecksum = errors.New("checksum does not fit")

// unpack gives what a chunk holds, and the checksum that it should have.
func (c *chunked) unpack(k *chunk, buf []byte) (data []byte, crc uint32, err error) {
	if k.codec == plain {
		return c.packed(k, buf)
	}
	pooled := sources.Get().(*[]byte)
	defer sources.Put(pooled)
	src, crc, err := c.packed(k, *pooled)
	if err != nil {
		return nil, 0, err
	}
	if k.size <= keptSource {
		*pooled = src
	}
	data, err = decompress(k.codec, buf, src, k.full)
	if err == nil && c.opts.Strict && k.codec == lz4Codec && !lz4Sound(src, data) {
		return nil, 0, errChecksum
	}
	return data, crc, err
}

// packed reads a chunk as it lies in the file, with the checksum of what it holds: where only the summary knew of the
// chunk, that is read from the chunk's head, in the same request.
func (c *chunked) packed(k *chunk, buf []byte) (data []byte, crc uint32, err error) {
	if !k.headless {
		data, err = c.file.read(buf, k.data, k.size)
		return data, k.crc, err
	}
	all, err := c.file.read(buf, k.pos, k.data-k.pos+k.size)
	if err != nil {
		return nil, 0, err
	}
	crc, err = c.chunkCRC(inMemory(all), 0, k)
	return all[k.data-k.pos:], crc, err
}

// sources holds the memory that compressed chunks were read into, unless they are larger than
// recorders make them: what it holds is not counted.
var sources = sync.Pool{New: func() any { return new([]byte) }}

const keptSource = 4 << 20

// message reads one message and checks that it is the one that the index names.
func (c *chunked) message(ctx context.Context, p place, data, buf []byte, limit int64) (message, error) {
	base, read := p.off, []byte(nil)
	if data == nil {
		in, err := c.plainly(ctx, p.chunk)
		if err != nil {
			return message{}, err
		}
		defer in.release()
		if read, err = c.bare(in, p, buf, limit); err != nil {
			return message{}, err
		}
		data, base = read, 0
	}
	r, err := c.layout.next(inMemory(data), base)
	if err != nil {
		return message{}, err
	}
	if r.kind != messageRecord || int(p.stream) >= len(c.of) || c.of[p.stream] != r.id {
		return message{}, errors.New("the index points to another record")
	}
	end := r.end
	if limit >= 0 {
		end = min(end, r.data+limit)
	}
	payload, err := inMemory(data).at(r.data, end-r.data)
	return message{data: payload, read: read, log: r.log, pub: r.pub}, err
}

// bare reads a message record out of a chunk that lies plain in a file: as
// much as the index lets one guess, and again if that was too little.
func (c *chunked) bare(in stretch, p place, buf []byte, limit int64) ([]byte, error) {
	room := in.size - p.off
	guess := min(p.size, room)
	if limit >= 0 {
		guess = min(guess, limit+headRoom)
	}
	if guess > bigGuess {
		guess = maxHead
	}
	data, err := in.read(buf, in.at+p.off, guess)
	if err != nil {
		return nil, err
	}
	r, err := c.layout.next(inMemory(data), 0)
	if err != nil {
		if data, err = in.read(data, in.at+p.off, min(room, maxHead)); err != nil {
			return nil, err
		}
		if r, err = c.layout.next(inMemory(data), 0); err != nil {
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
		return nil, c.opts.tooLarge("message", need)
	case need > room:
		return nil, fmt.Errorf("message of %d bytes, where %d are left: %w", need, room, io.ErrUnexpectedEOF)
	}
	return in.read(data, in.at+p.off, need)
}

const (
	// maxHead is more than a message record's head ever needs.
	maxHead = 4 << 10
	// bigGuess is a length that is asked for in the record itself before it is believed.
	bigGuess = 4 << 20
)
