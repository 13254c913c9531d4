package rosimage

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"

	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Info is what one message says about its topic to somebody who writes a manifest.
type Info struct {
	Encoding      string // "bgr8", "jpeg", "16UC1 in a compressedDepth png", …
	Format        string // what a compressed image calls itself
	Width, Height int    // pixels; 0 where the payload does not say
	Ext           string // of its frames with the options asked for
	Deep          bool   // see [Message.Deep]
	Passthrough   bool   // the frames are parts of the recording, byte for byte
	Problem       error  // why a manifest cannot use it; nil if it can
}

// Describe says what a topic of that type holds, judged by one whole message of
// it. A type without images, or a damaged message, is a Problem like any other.
func Describe(w Wire, typeName string, msg []byte, o Options) Info {
	k, ok := Known(typeName)
	if !ok {
		return Info{Problem: &UnsupportedError{Encoding: typeName}}
	}
	if k == Video {
		return Info{Encoding: "video", Problem: &UnsupportedError{Encoding: "video (" + typeName + ")"}}
	}
	m, err := Decode(w, k, msg)
	if err != nil {
		return Info{Problem: err}
	}
	return m.Info(o)
}

// Info describes a whole message; no pixels are kept.
func (m *Message) Info(o Options) Info {
	if m.Cloud != nil {
		_, err := m.planCloud(o)
		return Info{Encoding: m.Cloud.describe(), Width: m.Cloud.Width, Height: m.Cloud.Height, Ext: "pcd", Problem: err}
	}
	i := Info{Format: m.Format, Encoding: m.Encoding, Width: m.Width, Height: m.Height, Deep: m.Deep()}
	if i.Ext, i.Problem = m.Ext(o); i.Problem == nil {
		i.Problem = m.Check(o)
	}
	if m.holdsPixels() {
		return i
	}
	_, _, i.Passthrough = m.Passthrough(o)
	if d, ok := m.depthPayload(); ok {
		i.Encoding = d.describe()
		i.Width, i.Height = d.size()
		return i
	}
	i.Encoding = string(sniff(m.Data))
	i.Width, i.Height = fileSize(m.Data)
	return i
}

func (d depthFile) describe() string {
	pixels, file := "16UC1", "rvl"
	if d.inverse {
		pixels = "32FC1"
	}
	if d.isPNG {
		file = "png"
	}
	return strings.Join([]string{pixels, "compressedDepth", file}, " ")
}

// size reads the size without unpacking.
func (d depthFile) size() (width, height int) {
	if d.isPNG {
		return fileSize(d.data)
	}
	return rvlSize(d.data)
}

// fileSize reads the size from an image file's header; 0, 0 if it has none that is whole.
func fileSize(b []byte) (width, height int) {
	var c image.Config
	switch sniff(b) {
	case jpegFile:
		c, _ = jpeg.DecodeConfig(bytes.NewReader(b))
	case tiffFile:
		c, _ = tiff.DecodeConfig(bytes.NewReader(b))
	case webpFile:
		c, _ = webp.DecodeConfig(bytes.NewReader(b))
	case pngFile:
		if h, ok := readPNGHead(b); ok {
			return clampSize(h.width), clampSize(h.height)
		}
	}
	return c.Width, c.Height
}
