package rosimage

import "encoding/binary"

// A payload is what the first bytes of a compressed image show it to be.
type payload string

const (
	jpegFile payload = "jpeg"
	pngFile  payload = "png"
	webpFile payload = "webp"
	tiffFile payload = "tiff"
)

// ext is the extension of a file that CVAT takes as it is, "" of any other.
func (p payload) ext() string {
	switch p {
	case jpegFile:
		return "jpg"
	case tiffFile:
		return "tif"
	case pngFile, webpFile:
		return string(p)
	}
	return ""
}

const pngMagic = "\x89PNG\r\n\x1a\n"

// magics are tried in order; a question mark is any byte. Those without an
// extension are for the error's text: what people do put into CompressedImage
// besides pictures that browsers show.
var magics = []struct {
	start string
	is    payload
}{
	{"\xff\xd8\xff", jpegFile},
	{pngMagic, pngFile},
	{"RIFF????WEBP", webpFile},
	{"II*\x00", tiffFile},
	{"MM\x00*", tiffFile},
	{"II+\x00", tiffFile}, // BigTIFF
	{"MM\x00+", tiffFile},
	{"BM", "bmp"},
	{"GIF8", "gif"},
	{"\x00\x00\x00\x0cjP  ", "jpeg 2000"},
	{"\xff\x4f\xff\x51", "jpeg 2000"},
	{"\x00\x00\x00\x0cJXL ", "jpeg xl"},
	{"\xff\x0a", "jpeg xl"},
	{"????ftypavif", "avif"},
	{"????ftyp", "heif"},
	{"\x00\x00\x00\x01", "H.264 or H.265 video"},
	{"\x00\x00\x01", "H.264 or H.265 video"},
}

// sniff looks at a file's first bytes; "" is a file of no kind that it knows.
func sniff(b []byte) payload {
	for _, m := range magics {
		if startsWith(b, m.start) {
			return m.is
		}
	}
	return ""
}

func startsWith(b []byte, start string) bool {
	for i := range len(start) {
		if i >= len(b) || start[i] != '?' && b[i] != start[i] {
			return false
		}
	}
	return true
}

// A pngHead is what the first chunk of a PNG says.
type pngHead struct {
	width, height uint32
	bits, colour  byte
}

// pngHeadSize is the signature and the first chunk up to its colour type.
const pngHeadSize = 26

// readPNGHead fails for bytes that are no PNG, or too few.
func readPNGHead(b []byte) (h pngHead, ok bool) {
	if len(b) < pngHeadSize || sniff(b) != pngFile || string(b[12:16]) != "IHDR" {
		return h, false
	}
	return pngHead{
		width:  binary.BigEndian.Uint32(b[16:]),
		height: binary.BigEndian.Uint32(b[20:]),
		bits:   b[24],
		colour: b[25],
	}, true
}

// grey16 is a PNG of depths: one channel of 16 bits.
func (h pngHead) grey16() bool { return h.bits == 16 && h.colour == 0 }
