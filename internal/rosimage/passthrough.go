package rosimage

import (
	"fmt"
	"slices"
	"strings"
)

// Passthrough is the payload of a compressed image that is a JPEG, PNG, WebP or TIFF
// file, whatever its format says, as a part of the message and byte for byte; ext
// is "jpg", "png", "webp" or "tif". So is the PNG inside a compressedDepth message of
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
	if m.holdsPixels() || m.Kind.video() || m.Cloud != nil {
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
// partial message does for it, unless the error is [ErrShort]. It fails where Encode
// would: with an [UnsupportedError], or, as far as the first bytes show it, because the
// message is damaged.
func (m *Message) Ext(o Options) (string, error) {
	if m.holdsPixels() {
		return m.pixelExt(o)
	}
	if m.Kind.video() {
		return "", &UnsupportedError{Encoding: fmt.Sprintf("video (format %q)", m.Format)}
	}
	if m.Cloud != nil {
		return "pcd", new(cloudPlan).choose(m.Cloud, o.Fields)
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
	e, ok := encodingOf(m.Encoding)
	if !ok {
		return "", m.unsupported()
	}
	// Protobuf's fields come in any order, so that a partial message may lack its size.
	if !m.Partial || m.DataSize > 0 && m.Width > 0 && m.Height > 0 {
		if _, err := m.grid(e, max(m.DataSize, len(m.Data))); err != nil {
			return "", err
		}
	}
	if e.depth {
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

// Check says why [Encode] would fail, without keeping any pixels.
func (m *Message) Check(o Options) error {
	if m.holdsPixels() {
		_, err := m.picture(o)
		return err
	}
	if _, err := m.Ext(o); err != nil {
		return err
	}
	if m.Cloud != nil {
		_, _, err := m.Points(o)
		return err
	}
	if d, ok := m.depthSource(o); ok {
		return d.check()
	}
	return nil
}

// unsupported says why the message is not read: it is of another kind, or damaged.
func (m *Message) unsupported() error {
	is := sniff(m.Data)
	switch {
	case m.holdsPixels() && m.Width == 0 && m.Height == 0 && m.Encoding == "":
		return malformed("the image is empty: 0 x 0 pixels, no encoding")
	case m.holdsPixels() && m.Encoding == "":
		return malformed("it names no encoding")
	case m.holdsPixels() && !plausible(m.Encoding):
		return malformed("the encoding is damaged: %q", m.Encoding)
	case m.holdsPixels():
		return &UnsupportedError{Encoding: fmt.Sprintf("%q", m.Encoding)}
	case len(m.Data) == 0:
		return malformed("the payload is empty (format %q)", m.format())
	case is != "":
		return &UnsupportedError{Encoding: fmt.Sprintf("%s (format %q)", is, m.format())}
	case m.format() == "" || claimsAFile(m.format()) || !plausible(m.format()):
		return malformed("the payload is not an image: it begins with %q (format %q)", m.Data[:min(len(m.Data), 12)], m.format())
	}
	return &UnsupportedError{Encoding: fmt.Sprintf("%q", m.format())}
}

// format is what a message that should hold a file calls it.
func (m *Message) format() string {
	if m.Kind.raw() {
		return m.Encoding
	}
	return m.Format
}

// claimsAFile tells formats whose payload is one that is read, if it is not damaged.
func claimsAFile(format string) bool {
	format = strings.ToLower(format)
	return slices.ContainsFunc([]string{"jpeg", "jpg", "png", "webp", "tif", "compresseddepth"}, func(name string) bool {
		return strings.Contains(format, name)
	})
}

// plausible tells a name that somebody may have given from bytes that are none.
func plausible(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' })
}
