package rosmsg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Decode reads a message. Encoding is ros1 or cdr, as recordings name them. Its work is bounded by the message's length.
func (t *Type) Decode(encoding string, data []byte) (Message, error) {
	d := decoder{types: t.types, order: binary.LittleEndian}
	switch encoding {
	case "ros1":
		d.b = data
	case "cdr":
		if len(data) < 4 {
			return nil, errors.New("a message without the head of CDR")
		}
		d.b, d.align = data[4:], 8
		switch id := binary.BigEndian.Uint16(data); id {
		case 0, 1:
		case 6, 7:
			d.align = 4 // XCDR2
		default:
			return nil, fmt.Errorf("CDR of representation %#04x is not read", id)
		}
		if data[1]&1 == 0 {
			d.order = binary.BigEndian
		}
	default:
		return nil, fmt.Errorf("messages of encoding %q are not read", encoding)
	}
	d.left = 4*len(data) + 1024
	m := d.message(t.name)
	return m, d.err
}

// A decoder reads from the front of b. Its first error stays, and all that is read after it is zero.
type decoder struct {
	types map[string][]field
	b     []byte
	off   int
	order binary.ByteOrder
	align int // the largest alignment; 0: there is none, as in ROS 1
	left  int // values that may still be read: an array of empty messages takes no byte
	err   error
}

func (d *decoder) message(name string) Message {
	m := Message{}
	fields := d.types[name]
	if len(fields) == 0 && d.align > 0 {
		d.take(1, 1) // ROS 2 gives an empty message a byte
	}
	for _, f := range fields {
		if d.err != nil {
			return nil
		}
		m[f.name] = d.field(f)
	}
	return m
}

func (d *decoder) field(f field) any {
	if !f.array {
		return d.value(f.kind)
	}
	n := f.fixed
	if n == 0 {
		n = int(d.number(4))
	}
	if size := sizes[f.kind]; size == 1 {
		d.take(n, 1)
		return nil
	}
	if n > len(d.b)-d.off && n > d.left {
		d.fail("an array of %d elements", n)
	}
	var all []any
	for range n {
		if d.err != nil {
			return nil
		}
		all = append(all, d.value(f.kind))
	}
	return all
}

func (d *decoder) value(kind string) any {
	if d.left--; d.left < 0 {
		d.fail("more values than bytes")
	}
	switch kind {
	case "bool":
		return d.number(1) != 0
	case "int8":
		return int64(int8(d.number(1)))
	case "uint8", "byte", "char":
		return int64(d.number(1))
	case "int16":
		return int64(int16(d.number(2)))
	case "uint16":
		return int64(d.number(2))
	case "int32":
		return int64(int32(d.number(4)))
	case "uint32":
		return int64(d.number(4))
	case "int64", "uint64":
		return int64(d.number(8))
	case "float32":
		return float64(math.Float32frombits(uint32(d.number(4))))
	case "float64":
		return math.Float64frombits(d.number(8))
	case "string":
		return d.text()
	case "time", "duration":
		return d.time()
	}
	if isTime(kind) {
		return d.time()
	}
	return d.message(kind)
}

// time is seconds and nanoseconds, in ROS 1 and ROS 2 alike.
func (d *decoder) time() Time {
	seconds := int64(int32(d.number(4)))
	return Time(seconds*1e9 + int64(d.number(4)))
}

func (d *decoder) text() string {
	s := string(d.take(int(d.number(4)), 1))
	if d.align > 0 {
		s = strings.TrimSuffix(s, "\x00")
	}
	return s
}

func (d *decoder) number(size int) uint64 {
	b := d.take(size, size)
	if b == nil {
		return 0
	}
	switch size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(d.order.Uint16(b))
	case 4:
		return uint64(d.order.Uint32(b))
	}
	return d.order.Uint64(b)
}

// take is the next n bytes, behind what pads them to their alignment.
func (d *decoder) take(n, size int) []byte {
	if d.err != nil {
		return nil
	}
	if to := min(size, d.align); to > 1 {
		d.off += -d.off & (to - 1)
	}
	if n < 0 || d.off > len(d.b) || n > len(d.b)-d.off {
		d.fail("%d bytes", n)
		return nil
	}
	d.off += n
	return d.b[d.off-n : d.off : d.off]
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("the message ends early: %s asked for, %d bytes left", fmt.Sprintf(format, args...), max(len(d.b)-d.off, 0))
	}
}
