package rosimage

import "fmt"

// Passthrough is the payload of a compressed image that is a JPEG, PNG or WebP
// file, whatever its format says, as a part of the message and byte for byte; ext
// is "jpg", "png" or "webp". So is the PNG inside a compressedDepth message of
// whole millimetres. ok is false if only [Encode] makes a file of the message.
func (m *Message) Passthrough(o Options) (data []byte, ext string, ok bool) {
	if m.Partial {
		return nil, "", false
	}
	file, is := m.file(o)
	return file, is.ext(), is.ext() != ""
}

// file finds the image file inside of a message that needs no work, and what it is.
func (m *Message) file(o Options) ([]byte, payload) {
	if m.Kind.holdsPixels() {
		return nil, ""
	}
	file := m.Data
	if d, ok := m.depthPayload(); ok {
		if d.inverse {
			return nil, ""
		}
		file = d.data
	}
	is := sniff(file)
	if h, ok := readPNGHead(file); ok && h.grey16() && o.Depth != nil {
		return nil, ""
	}
	return file, is
}

// Ext is the extension, without a dot, of the file that [Encode] would make. A
// partial message does for it, unless the error is [ErrShort]. It fails with an
// [UnsupportedError] where Encode would.
func (m *Message) Ext(o Options) (string, error) {
	if m.Kind.holdsPixels() {
		return m.pixelExt(o)
	}
	if m.Partial && len(m.Data) < depthHead+pngHeadSize {
		return "", ErrShort
	}
	if _, is := m.file(o); is.ext() != "" {
		return is.ext(), nil
	}
	if _, ok := m.depthSource(o); ok {
		return depthExt(o), nil
	}
	return "", m.unsupported()
}

func (m *Message) pixelExt(o Options) (string, error) {
	if m.Partial && m.Encoding == "" {
		return "", ErrShort
	}
	if _, ok := encodings[m.Encoding]; !ok {
		return "", m.unsupported()
	}
	if isDepth(m.Encoding) {
		return depthExt(o), nil
	}
	return o.ext(), nil
}

func (o Options) ext() string {
	if o.Format == JPEG {
		return "jpg"
	}
	return "png"
}

// depthExt is png unless a range makes eight bits of sixteen: JPEG has no more.
func depthExt(o Options) string {
	if o.Depth == nil {
		return "png"
	}
	return o.ext()
}

// unsupported says what the message is that is not read.
func (m *Message) unsupported() error {
	switch {
	case m.Kind.holdsPixels():
		return &UnsupportedError{Encoding: fmt.Sprintf("%q", m.Encoding)}
	case len(m.Data) == 0:
		return malformed("the payload is empty (format %q)", m.Format)
	case sniff(m.Data) != "":
		return &UnsupportedError{Encoding: fmt.Sprintf("%s (format %q)", sniff(m.Data), m.Format)}
	}
	return &UnsupportedError{Encoding: fmt.Sprintf("%q", m.Format)}
}
