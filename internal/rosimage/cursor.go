package rosimage

import (
	"encoding/binary"
	"strings"
)

// A cursor reads the fields of ROS 1 and CDR messages, which differ in little
// more than alignment and byte order. Its first error stays, and all that is read
// after it is zero, so that a layout reads as a list of its fields.
type cursor struct {
	b       []byte // from where alignment counts
	off     int
	order   binary.ByteOrder
	aligned bool // CDR pads before a number, and ends strings with a NUL
	widest  int  // what 64-bit numbers are aligned to; 0: nothing
	partial bool // b may end early
	claimed int  // the length of the last sequence, as the message says it
	err     error
}

// take is the next n bytes, or nil and an error.
func (c *cursor) take(n uint32, what string) []byte {
	if c.err != nil {
		return nil
	}
	if left := len(c.b) - c.off; uint64(n) > uint64(left) {
		c.fail(n, left, what)
		return nil
	}
	c.off += int(n)
	return c.b[c.off-int(n) : c.off : c.off]
}

func (c *cursor) fail(n uint32, left int, what string) {
	if c.partial {
		c.err = ErrShort
		return
	}
	c.err = malformed("%s claims %d bytes where %d are left", what, n, left)
}

func (c *cursor) u8(what string) byte {
	if b := c.take(1, what); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) u32(what string) uint32 {
	if pad := -c.off & 3; c.aligned && pad > 0 {
		c.take(uint32(pad), what)
	}
	if b := c.take(4, what); b != nil {
		return c.order.Uint32(b)
	}
	return 0
}

func (c *cursor) u64(what string) uint64 {
	if c.widest > 0 {
		c.take(uint32(-c.off&(c.widest-1)), what)
	}
	if b := c.take(8, what); b != nil {
		return c.order.Uint64(b)
	}
	return 0
}

func (c *cursor) string(what string) string {
	s := string(c.take(c.u32(what), what))
	if c.aligned {
		return strings.TrimSuffix(s, "\x00")
	}
	return s
}

// bytes is a sequence of bytes, as a part of the message; of a partial message,
// as much of it as there is.
func (c *cursor) bytes(what string) []byte {
	n := c.u32(what)
	c.claimed = clampSize(n)
	if left := len(c.b) - c.off; c.partial && c.err == nil && uint64(n) > uint64(left) {
		rest := c.take(uint32(left), what)
		c.err = ErrShort
		return rest
	}
	return c.take(n, what)
}
