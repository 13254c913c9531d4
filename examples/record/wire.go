package main

import (
	"encoding/binary"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// A header is what both messages of images begin with.
type header struct {
	seq   uint32
	stamp int64 // ns since 1970
	frame string
}

// A kind is a message type in both worlds.
type kind struct{ pkg, name, fields, md5 string }

var (
	rawImage = kind{"sensor_msgs", "Image",
		"std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data\n", "060021388200f6f0f447d0fcd9c64743"}
	compressedImage = kind{"sensor_msgs", "CompressedImage",
		"std_msgs/Header header\nstring format\nuint8[] data\n", "8f7a12909da2c9d3332d540a0977563f"}
	text = kind{"std_msgs", "String", "string data\n", "992ce8a1687cec8c8bd883ec73ca41d1"}
)

// A wire serializes messages.
type wire interface {
	topic(name string, k kind) bagtest.Topic
	compressed(h header, format string, data []byte) []byte
	raw(h header, encoding string, width, height, step uint32, data []byte) []byte
	text(s string) []byte
}

const line = "================================================================================\n"

type ros1 struct{}

func (ros1) topic(name string, k kind) bagtest.Topic {
	t := bagtest.Topic{Name: name, Type: k.pkg + "/" + k.name, Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: k.fields, MD5: k.md5}
	if k.pkg == "sensor_msgs" {
		t.Schema += line + "MSG: std_msgs/Header\nuint32 seq\ntime stamp\nstring frame_id\n"
	}
	return t
}

func (ros1) compressed(h header, format string, data []byte) []byte {
	return packed{}.header(h).string(format).bytes(data)
}

func (ros1) raw(h header, encoding string, width, height, step uint32, data []byte) []byte {
	b := packed{}.header(h).u32(height).u32(width).string(encoding)
	return append(b, 0).u32(step).bytes(data)
}

func (ros1) text(s string) []byte { return packed{}.string(s) }

// packed is a message of ROS 1: little endian, without padding.
type packed []byte

func (b packed) u32(n uint32) packed    { return binary.LittleEndian.AppendUint32(b, n) }
func (b packed) bytes(p []byte) packed  { return append(b.u32(uint32(len(p))), p...) }
func (b packed) string(s string) packed { return b.bytes([]byte(s)) }
func (b packed) header(h header) packed {
	return b.u32(h.seq).u32(uint32(h.stamp / 1e9)).u32(uint32(h.stamp % 1e9)).string(h.frame)
}

// cdr is how ROS 2 serializes.
type cdr struct{}

func (cdr) topic(name string, k kind) bagtest.Topic {
	t := bagtest.Topic{Name: name, Type: k.pkg + "/msg/" + k.name, Encoding: "cdr", SchemaEncoding: "ros2msg", Schema: k.fields}
	if k.pkg == "sensor_msgs" {
		t.Schema += line + "MSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n" +
			line + "MSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"
	}
	return t
}

func (cdr) compressed(h header, format string, data []byte) []byte {
	return newAligned().header(h).string(format).bytes(data)
}

func (cdr) raw(h header, encoding string, width, height, step uint32, data []byte) []byte {
	b := newAligned().header(h).u32(height).u32(width).string(encoding)
	return append(b, 0).u32(step).bytes(data)
}

func (cdr) text(s string) []byte { return newAligned().string(s) }

// aligned is a message of CDR, little endian; numbers are at multiples of their size,
// counted from behind the four bytes of encapsulation.
type aligned []byte

func newAligned() aligned { return aligned{0, 1, 0, 0} }

func (b aligned) u32(n uint32) aligned {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return binary.LittleEndian.AppendUint32(b, n)
}

func (b aligned) bytes(p []byte) aligned  { return append(b.u32(uint32(len(p))), p...) }
func (b aligned) string(s string) aligned { return b.bytes(append([]byte(s), 0)) }
func (b aligned) header(h header) aligned {
	return b.u32(uint32(h.stamp / 1e9)).u32(uint32(h.stamp % 1e9)).string(h.frame)
}
