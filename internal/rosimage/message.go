package rosimage

import "fmt"

// A Header is what every image message says about its moment.
type Header struct {
	StampNS int64  // header.stamp, nanoseconds since 1970; 0 where the driver set none
	FrameID string // the coordinate frame
	Seq     uint32 // ROS 1 only, else 0
}

// A Message is one image as it was recorded.
type Message struct {
	Header
	Kind Kind

	// Of raw images; zero otherwise.
	Encoding      string // the pixels', e.g. "bgr8"
	Width, Height int    // pixels
	Step          int    // bytes of a row with its padding; 0: rows without padding
	BigEndian     bool   // of samples wider than a byte

	// Format is what a compressed image says of itself, often wrongly; [Message.Ext]
	// trusts the payload instead.
	Format string

	// Data is the pixels, or an image file's bytes. It is a part of the message that
	// was given (but for JSON, whose base64 is decoded), and valid as long as that.
	Data []byte

	// DataSize is how many bytes the whole message's Data has, of a Partial one that
	// says so; 0 otherwise.
	DataSize int

	Cloud *Cloud // of point clouds; nil otherwise

	// Partial says that the message was cut, by [Peek]: Data holds only what was there.
	Partial bool
}

// holdsPixels tells raw pixels from an image file's bytes.
func (m *Message) holdsPixels() bool { return m.Kind.raw() && !isMotionJPEG(m.Encoding) }

// Packet is the payload of a message that may be a packet of a video, of the format that Format says: of all of a
// video's kind, and of a compressed image whose payload is no image file.
func (m *Message) Packet() (data []byte, ok bool) {
	switch m.Kind {
	case FoxgloveVideo, FFMPEGPacket:
		return m.Data, true
	case Compressed, FoxgloveCompressed:
		return m.Data, sniff(m.Data).ext() == ""
	}
	return nil, false
}

// Deep reports whether the image has one channel of more than 8 bits, as distances have, and thermal
// cameras. A partial message does for it.
func (m *Message) Deep() bool {
	if m.holdsPixels() {
		e, _ := encodingOf(m.Encoding)
		return e.depth || e.size == 2 && e.makes == 0
	}
	if _, ok := m.depthPayload(); ok {
		return true
	}
	h, ok := readPNGHead(m.Data)
	return ok && h.grey16()
}

// Decode reads a whole message. Its memory does not depend on what the lengths
// in it claim.
func Decode(w Wire, k Kind, msg []byte) (*Message, error) {
	m, err := parse(w, k, msg, false)
	if err != nil {
		return nil, fmt.Errorf("%s as %s: %w", k, w, err)
	}
	return m, nil
}

// Peek reads a message's first bytes, [HeadSize] of them or any other number. It
// fails with [ErrShort] if they do not even hold the stamp; what else they do not
// hold is zero, and Protobuf's frame_id always follows the payload.
func Peek(w Wire, k Kind, head []byte) (*Message, error) {
	m, err := parse(w, k, head, true)
	if err != nil {
		return nil, fmt.Errorf("%s as %s: %w", k, w, err)
	}
	return m, nil
}

func parse(w Wire, k Kind, b []byte, partial bool) (*Message, error) {
	if k == Video {
		return nil, &UnsupportedError{Encoding: "video"}
	}
	switch {
	case k == PointCloud2 && (w == ROS1 || w == CDR), k == FoxgloveCloud && (w == Protobuf || w == JSON):
		return parseCloud(w, b, partial)
	case k == PointCloud2 || k == FoxgloveCloud:
		return nil, &UnsupportedError{Encoding: string(w)}
	}
	foxglove := k == FoxgloveRaw || k == FoxgloveCompressed || k == FoxgloveVideo
	switch {
	case w == ROS1:
		return parseROS1(k, b, partial)
	case w == CDR:
		return parseCDR(k, b, partial)
	case w == Protobuf && foxglove:
		return parseProto(k, b, partial)
	case w == JSON && foxglove:
		return parseJSON(k, b, partial)
	}
	return nil, &UnsupportedError{Encoding: string(w)}
}

func parseCloud(w Wire, b []byte, partial bool) (*Message, error) {
	switch w {
	case ROS1:
		return parseROS1(PointCloud2, b, partial)
	case CDR:
		return parseCDR(PointCloud2, b, partial)
	case Protobuf:
		return parseProtoCloud(b, partial)
	}
	return parseJSONCloud(b, partial)
}
