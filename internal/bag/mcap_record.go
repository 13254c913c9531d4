package bag

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/foxglove/mcap/go/mcap"
)

// mcapRecords is the record layout of an MCAP file: an operation, a length, a body.
type mcapRecords struct {
	profile string                 // "ros1", "ros2" or anything else
	schemas map[uint16]mcap.Schema // the first of an id
	kept    int                    // bytes of schemas
}

const (
	mcapHead    = 1 + 8         // of any record
	mcapMessage = 2 + 4 + 8 + 8 // channel, sequence, log time, publish time
	mcapChunk   = 8 + 8 + 8 + 4 // start, end, size, checksum; then two lengths
)

func (*mcapRecords) next(s span, off int64) (record, error) {
	b, err := s.at(off, mcapHead)
	if err != nil {
		return record{}, err
	}
	n := binary.LittleEndian.Uint64(b[1:])
	if n > 1<<60 {
		return record{}, fmt.Errorf("record of %d bytes", n)
	}
	r := record{data: off + mcapHead, end: off + mcapHead + int64(n)}
	switch mcap.OpCode(b[0]) {
	case mcap.OpMessage:
		return r.mcapMessage(s, n)
	case mcap.OpSchema:
		r.kind, r.id = defineRecord, schemaID
	case mcap.OpChannel:
		r.kind = defineRecord
	case mcap.OpChunk:
		r.kind = chunkRecord
	case mcap.OpMessageIndex:
		r.kind = indexRecord
	case mcap.OpFooter:
		r.kind = endRecord
	case mcap.OpReserved:
		return r, errors.New("record of no kind")
	}
	return r, nil
}

// schemaID marks a definition as a schema; channels have 16 bits.
const schemaID = 1 << 16

func (r record) mcapMessage(s span, n uint64) (record, error) {
	if n < mcapMessage {
		return r, fmt.Errorf("message record of %d bytes", n)
	}
	b, err := s.at(r.data, mcapMessage)
	if err != nil {
		return r, err
	}
	r.kind = messageRecord
	r.id = uint32(binary.LittleEndian.Uint16(b))
	r.log = int64(binary.LittleEndian.Uint64(b[6:]))
	r.pub = int64(binary.LittleEndian.Uint64(b[14:]))
	r.data += mcapMessage
	return r, nil
}

// chunk reads a chunk record's head.
func (*mcapRecords) chunk(s span, r record, pos int64) (chunk, error) {
	if r.kind != chunkRecord {
		return chunk{}, fmt.Errorf("no chunk at byte %d", pos)
	}
	b, err := s.at(r.data, mcapChunk+4)
	if err != nil {
		return chunk{}, fmt.Errorf("chunk at byte %d: %w", pos, err)
	}
	k := chunk{pos: pos, crc: binary.LittleEndian.Uint32(b[24:])}
	full, name := binary.LittleEndian.Uint64(b[16:]), int64(binary.LittleEndian.Uint32(b[28:]))
	if name > 64 || full > 1<<60 {
		return chunk{}, fmt.Errorf("chunk at byte %d claims to unpack to %d bytes", pos, full)
	}
	b, err = s.at(r.data+mcapChunk+4, name+8)
	if err != nil {
		return chunk{}, fmt.Errorf("chunk at byte %d: %w", pos, err)
	}
	k.full, k.data = int64(full), r.data+mcapChunk+4+name+8
	return k, k.describeMCAP(string(b[:name]), binary.LittleEndian.Uint64(b[name:]), r.end)
}

func (k *chunk) describeMCAP(compression string, size uint64, end int64) error {
	codec, known := codecs[compression]
	if !known || codec == bz2Codec {
		return fmt.Errorf("chunk at byte %d: %w %q", k.pos, errCodec, compression)
	}
	if size > uint64(end-k.data) || end < k.data {
		return fmt.Errorf("chunk at byte %d claims %d bytes in a record that ends at byte %d", k.pos, size, end)
	}
	k.codec, k.size = codec, int64(size)
	if codec == plain {
		k.full = k.size
	}
	return nil
}

func (m *mcapRecords) define(c *chunked, r record, body []byte) error {
	if r.id == schemaID {
		s, err := mcap.ParseSchema(body)
		if err != nil {
			return fmt.Errorf("schema: %w", err)
		}
		if _, found := m.schemas[s.ID]; found {
			return nil
		}
		if m.kept += len(s.Data); m.kept > maxSchemas {
			s.Data = nil
		}
		m.schemas[s.ID] = *s
		return nil
	}
	ch, err := mcap.ParseChannel(body)
	if err != nil {
		return fmt.Errorf("channel: %w", err)
	}
	s := m.schemas[ch.SchemaID]
	c.stream(uint32(ch.ID), Topic{Name: ch.Topic, Type: s.Name, Encoding: m.encoding(ch), SchemaEncoding: s.Encoding, Schema: s.Data})
	return nil
}

func (*mcapRecords) defines(r record, body []byte) (uint32, bool) {
	if r.id == schemaID || len(body) < 2 {
		return 0, false
	}
	return uint32(binary.LittleEndian.Uint16(body)), true
}

// encoding is the channel's, or else the one that the file's profile implies.
func (m *mcapRecords) encoding(ch *mcap.Channel) string {
	switch {
	case ch.MessageEncoding != "":
		return ch.MessageEncoding
	case m.profile == "ros1":
		return "ros1"
	case m.profile == "ros2":
		return "cdr"
	}
	return ""
}

// index reads a message index record: channel, then times and offsets.
func (*mcapRecords) index(_ record, body []byte, yield func(log, off int64)) (uint32, error) {
	if len(body) < 6 {
		return 0, fmt.Errorf("message index of %d bytes", len(body))
	}
	id, n := binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint32(body[2:])
	body = body[6:]
	if uint64(n) > uint64(len(body)) || n%16 != 0 {
		return 0, fmt.Errorf("message index of %d bytes in a record of %d", n, len(body))
	}
	for body = body[:n]; len(body) > 0; body = body[16:] {
		yield(int64(binary.LittleEndian.Uint64(body)), int64(binary.LittleEndian.Uint64(body[8:])))
	}
	return uint32(id), nil
}
