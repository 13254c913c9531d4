package rosimage

import (
	"encoding/binary"
	"fmt"
)

func parseROS1(k Kind, b []byte, partial bool) (*Message, error) {
	c := &cursor{b: b, order: binary.LittleEndian, partial: partial}
	return c.message(k)
}

// cdrHead is the encapsulation: two bytes of representation, two of options.
const cdrHead = 4

// parseCDR reads plain CDR and plain XCDR2, which differ in where 64-bit fields may begin. Alignment counts from behind the encapsulation.
func parseCDR(k Kind, b []byte, partial bool) (*Message, error) {
	if len(b) < cdrHead {
		return nil, malformed("%d bytes are no CDR", len(b))
	}
	c := &cursor{b: b[cdrHead:], aligned: true, partial: partial}
	switch id := binary.BigEndian.Uint16(b); id {
	case 0, 6:
		c.order, c.widest = binary.BigEndian, 8-int(id/6*4)
	case 1, 7:
		c.order, c.widest = binary.LittleEndian, 8-int(id/7*4)
	default:
		return nil, &UnsupportedError{Encoding: fmt.Sprintf("CDR representation %#04x", id)}
	}
	return c.message(k)
}

// message reads the fields in the order of the kind's definition. Fields behind
// the last one that we use are later versions' (foxglove's message_id), and stay unread.
func (c *cursor) message(k Kind) (*Message, error) {
	if k == PointCloud2 {
		return c.cloud()
	}
	m := &Message{Kind: k}
	m.Header = c.header(k)
	if c.err != nil {
		return nil, c.err
	}
	switch k {
	case Raw:
		m.Height, m.Width = c.size("height"), c.size("width")
		m.Encoding = c.string("encoding")
		m.BigEndian = c.u8("is_bigendian") != 0
		m.Step = c.size("step")
		m.Data = c.bytes("data")
	case FoxgloveRaw:
		m.Width, m.Height = c.size("width"), c.size("height")
		m.Encoding = c.string("encoding")
		m.Step = c.size("step")
		m.Data = c.bytes("data")
	case Compressed:
		m.Format = c.string("format")
		m.Data = c.bytes("data")
	case FoxgloveCompressed, FoxgloveVideo:
		m.Data = c.bytes("data")
		m.Format = c.string("format")
	case FFMPEGPacket:
		m.Width, m.Height = c.size("width"), c.size("height")
		m.Format = c.string("encoding")
		c.u64("pts")
		c.u8("flags")
		c.u8("is_bigendian")
		m.Data = c.bytes("data")
	default:
		return nil, &UnsupportedError{Encoding: k.String()}
	}
	m.Partial = c.err == ErrShort
	if m.Partial {
		m.DataSize = c.claimed
	}
	if c.err != nil && !m.Partial {
		return nil, c.err
	}
	return m, nil
}

// header reads a std_msgs/Header, or foxglove's two fields in its place.
func (c *cursor) header(k Kind) (h Header) {
	std := k == Raw || k == Compressed || k == PointCloud2 || k == FFMPEGPacket
	if std && !c.aligned {
		h.Seq = c.u32("header.seq")
	}
	sec, nsec := c.u32("stamp"), c.u32("stamp")
	h.StampNS = int64(sec)*1e9 + int64(nsec)
	if std && c.aligned {
		h.StampNS = int64(int32(sec))*1e9 + int64(nsec) // builtin_interfaces/Time is signed
	}
	h.FrameID = c.string("frame_id")
	return h
}

func (c *cursor) size(what string) int { return clampSize(c.u32(what)) }

// clampSize makes an int of a dimension. What does not fit is out of bounds either way.
func clampSize(n uint32) int { return int(min(n, 1<<31-1)) }
