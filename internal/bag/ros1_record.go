package bag

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// The operations of ROS 1 bag records, format 2.0.
const (
	opMessage    = 0x02
	opBagHeader  = 0x03
	opIndex      = 0x04
	opChunk      = 0x05
	opChunkInfo  = 0x06
	opConnection = 0x07
)

// ros1 is the record layout of a ROS 1 bag: a header of named fields, then data.
type ros1 struct{}

// fields are a record header's: uint32 length, "name=value", and so on.
type fields []byte

func (f fields) get(name string) ([]byte, bool) {
	for len(f) >= 4 {
		n := binary.LittleEndian.Uint32(f)
		if uint64(n) > uint64(len(f)-4) {
			return nil, false
		}
		field := f[4 : 4+n]
		if len(field) > len(name) && field[len(name)] == '=' && string(field[:len(name)]) == name {
			return field[len(name)+1:], true
		}
		f = f[4+n:]
	}
	return nil, false
}

func (f fields) op() byte {
	v, ok := f.get("op")
	if !ok || len(v) != 1 {
		return 0
	}
	return v[0]
}

func (f fields) uint32(name string) (uint32, error) {
	v, ok := f.get(name)
	if !ok || len(v) != 4 {
		return 0, fmt.Errorf("record without %s", name)
	}
	return binary.LittleEndian.Uint32(v), nil
}

func (f fields) uint64(name string) (uint64, error) {
	v, ok := f.get(name)
	if !ok || len(v) != 8 {
		return 0, fmt.Errorf("record without %s", name)
	}
	return binary.LittleEndian.Uint64(v), nil
}

// stamp reads uint32 seconds and uint32 nanoseconds.
func stamp(b []byte) int64 {
	return int64(binary.LittleEndian.Uint32(b))*1e9 + int64(binary.LittleEndian.Uint32(b[4:]))
}

// next reads a record's header and the length of its data.
func (ros1) next(s span, off int64) (record, error) {
	b, err := s.at(off, 4)
	if err != nil {
		return record{}, err
	}
	n := int64(binary.LittleEndian.Uint32(b))
	if n > maxHead {
		return record{}, fmt.Errorf("record header of %d bytes", n)
	}
	b, err = s.at(off+4, n+4)
	if err != nil {
		return record{}, err
	}
	r := record{fields: fields(b[:n]), data: off + 8 + n}
	r.end = r.data + int64(binary.LittleEndian.Uint32(b[n:]))
	err = r.classifyROS1()
	if r.kind != messageRecord { // its fields are asked for after its body was read
		r.fields = slices.Clone(r.fields)
	}
	return r, err
}

func (r *record) classifyROS1() (err error) {
	switch r.fields.op() {
	case opMessage:
		r.kind = messageRecord
		t, ok := r.fields.get("time")
		if !ok || len(t) != 8 {
			return errors.New("message without time")
		}
		r.log = stamp(t)
		r.id, err = r.fields.uint32("conn")
	case opConnection:
		r.kind = defineRecord
		r.id, err = r.fields.uint32("conn")
	case opIndex:
		r.kind = indexRecord
		r.id, err = r.fields.uint32("conn")
	case opChunk:
		r.kind = chunkRecord
	case opBagHeader, opChunkInfo:
	default:
		return fmt.Errorf("unknown record %#x", r.fields.op())
	}
	return err
}

// define takes in a connection: its topic and the fields of its header.
func (ros1) define(c *chunked, r record, body []byte) error {
	head := fields(body)
	kind, ok := head.get("type")
	if !ok {
		return fmt.Errorf("connection %d without a type", r.id)
	}
	topic, ok := r.fields.get("topic")
	if !ok {
		topic, _ = head.get("topic")
	}
	schema, _ := head.get("message_definition")
	c.stream(r.id, Topic{Name: string(topic), Type: string(kind), Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: bytes.Clone(schema)})
	return nil
}

func (ros1) defines(r record, _ []byte) (uint32, bool) { return r.id, true }

// index reads "ver 1" entries: uint32 seconds, nanoseconds, offset.
func (ros1) index(r record, body []byte, yield func(log, off int64)) (uint32, error) {
	count, err := r.fields.uint32("count")
	if err != nil {
		return 0, err
	}
	if ver, err := r.fields.uint32("ver"); err != nil || ver != 1 {
		return 0, fmt.Errorf("index of version %d", ver)
	}
	if int64(count)*12 != int64(len(body)) {
		return 0, fmt.Errorf("index of %d entries in %d bytes", count, len(body))
	}
	for ; len(body) > 0; body = body[12:] {
		yield(stamp(body), int64(binary.LittleEndian.Uint32(body[8:])))
	}
	return r.id, nil
}
