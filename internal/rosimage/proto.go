package rosimage

import (
	"errors"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of foxglove.RawImage, foxglove.CompressedImage, foxglove.CompressedVideo
// and google.protobuf.Timestamp, from foxglove-sdk's schemas/proto.
const (
	rawTimestamp, rawWidth, rawHeight, rawEncoding, rawStep, rawData, rawFrameID = 1, 2, 3, 4, 5, 6, 7
	timeSeconds, timeNanos                                                       = 1, 2
)

// A compressedLayout has the field numbers of what is compressed; its timestamp is that of raw images.
type compressedLayout struct{ data, format, frameID protowire.Number }

var compressedLayouts = map[Kind]compressedLayout{
	FoxgloveCompressed: {data: 2, format: 3, frameID: 4},
	FoxgloveVideo:      {data: 3, format: 4, frameID: 2},
}

// A protoField is one field: a number, or bytes as a part of the message; where b ends
// inside of them, n is how many they should be.
type protoField struct {
	num protowire.Number
	n   uint64
	b   []byte
}

// size is how long bytes that are cut off should be.
func (f protoField) size() int { return clampSize(uint32(min(f.n, 1<<32-1))) }

// parseProto reads fields in whatever order they come.
func parseProto(k Kind, b []byte, partial bool) (*Message, error) {
	m := &Message{Kind: k}
	stamped := false
	err := eachField(b, partial, func(f protoField, cut bool) error {
		m.Partial = m.Partial || cut
		if cut && f.num != k.protoData() {
			return nil
		}
		if f.num == rawTimestamp {
			stamped = true
			return m.protoTime(f.b)
		}
		m.protoField(f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	// Nothing ends a Protobuf message: without a payload, more fields may follow.
	m.Partial = m.Partial || partial && m.Data == nil
	if m.Partial && !stamped {
		return nil, ErrShort
	}
	return m, nil
}

// protoData is the field of the payload.
func (k Kind) protoData() protowire.Number {
	if of, compressed := compressedLayouts[k]; compressed {
		return of.data
	}
	return rawData
}

func (m *Message) protoField(f protoField) {
	if of, compressed := compressedLayouts[m.Kind]; compressed {
		switch f.num {
		case of.data:
			m.Data, m.DataSize = f.b, f.size()
		case of.format:
			m.Format = string(f.b)
		case of.frameID:
			m.FrameID = string(f.b)
		}
		return
	}
	switch f.num {
	case rawWidth:
		m.Width = clampSize(uint32(f.n))
	case rawHeight:
		m.Height = clampSize(uint32(f.n))
	case rawStep:
		m.Step = clampSize(uint32(f.n))
	case rawEncoding:
		m.Encoding = string(f.b)
	case rawData:
		m.Data, m.DataSize = f.b, f.size()
	case rawFrameID:
		m.FrameID = string(f.b)
	}
}

func (m *Message) protoTime(b []byte) error {
	return eachField(b, false, func(f protoField, _ bool) error {
		switch f.num {
		case timeSeconds:
			m.StampNS += int64(f.n) * 1e9
		case timeNanos:
			m.StampNS += int64(int32(f.n))
		}
		return nil
	})
}

// eachField calls f for each field of a message. A partial message may end
// anywhere; its last field is then handed over with cut set and the bytes that there are.
func eachField(b []byte, partial bool, f func(p protoField, cut bool) error) error {
	for len(b) > 0 {
		p, n, cut := nextField(b)
		if n < 0 {
			return malformed("Protobuf: %w", protowire.ParseError(n))
		}
		if cut && !partial {
			return malformed("field %d claims more bytes than the message has", p.num)
		}
		if err := f(p, cut); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// nextField reads one field and its length n, negative for bytes that are no
// Protobuf. cut says that b ends inside of it.
func nextField(b []byte) (p protoField, n int, cut bool) {
	num, typ, head := protowire.ConsumeTag(b)
	if head < 0 {
		return p, truncated(b, head), true
	}
	p.num = num
	rest := b[head:]
	switch typ {
	case protowire.VarintType:
		p.n, n = protowire.ConsumeVarint(rest)
	case protowire.Fixed32Type:
		var v uint32
		v, n = protowire.ConsumeFixed32(rest)
		p.n = uint64(v)
	case protowire.Fixed64Type:
		p.n, n = protowire.ConsumeFixed64(rest)
	case protowire.BytesType:
		size, skip := protowire.ConsumeVarint(rest)
		if skip >= 0 && size > uint64(len(rest)-skip) {
			p.b, p.n = rest[skip:], size
			return p, len(b), true
		}
		p.b, n = protowire.ConsumeBytes(rest)
	default:
		n = protowire.ConsumeFieldValue(num, typ, rest)
	}
	if n < 0 {
		return p, truncated(b, n), true
	}
	return p, head + n, false
}

// truncated makes "all of b" of an error that only says that b has ended.
func truncated(b []byte, code int) int {
	if errors.Is(protowire.ParseError(code), io.ErrUnexpectedEOF) {
		return len(b)
	}
	return code
}
