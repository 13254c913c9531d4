package imageheader

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/content"
)

// A foreignFormat is one that CVAT's Pillow opens and Go does not.
type foreignFormat struct {
	name, magic string
	at          int // where the magic is
	size        func(head []byte) (width, height int)
}

var foreignFormats = []foreignFormat{
	{name: "JPEG 2000", magic: "\x00\x00\x00\x0cjP  ", size: jp2Size},
	{name: "JPEG 2000", magic: "\xff\x4f\xff\x51"},
	{name: "Photoshop", magic: "8BPS", size: at(binary.BigEndian.Uint32, 18, 14)},
	{name: "AVIF", magic: "ftypavif", at: 4},
	{name: "AVIF", magic: "ftypavis", at: 4},
	{name: "DDS", magic: "DDS ", size: at(binary.LittleEndian.Uint32, 16, 12)},
	{name: "Apple icon", magic: "icns"},
	{name: "SGI", magic: "\x01\xda", size: at16(binary.BigEndian.Uint16, 6, 8)},
	{name: "Sun raster", magic: "\x59\xa6\x6a\x95", size: at(binary.BigEndian.Uint32, 4, 8)},
	{name: "FITS", magic: "SIMPLE  ="},
	{name: "XPM", magic: "/* XPM */"},
}

// foreign judges what no decoder of Go's knows.
func foreign(r *io.SectionReader, head []byte, name string) (Header, error) {
	for _, f := range foreignFormats {
		if len(head) < f.at || !bytes.HasPrefix(head[f.at:], []byte(f.magic)) {
			continue
		}
		h := Header{Unchecked: f.name}
		if f.size != nil {
			h.Width, h.Height = f.size(head)
		}
		return h, tooLarge(h)
	}
	switch {
	case len(head) > 2 && head[0] == 0x0a && strings.IndexByte("\x00\x02\x03\x05", head[1]) >= 0 && head[2] == 1:
		return Header{Unchecked: "PCX"}, nil
	case isPNM(head):
		return Header{Unchecked: "PNM"}, nil
	case hasExtension(set(".xbm"), name) && bytes.HasPrefix(head, []byte("#define")):
		return Header{Unchecked: "XBM"}, nil
	case hasExtension(targaExtensions, name) && isTarga(head):
		return targaHeader(r, head)
	}
	return Header{}, diag.Diagnostic{Severity: diag.Error, Code: diag.CodeNotAnImage, Text: "not an image: " + content.Describe(head), Hint: diag.Do(diag.HintRemoveImage)}
}

// isPNM tells P1 to P6 before a blank.
func isPNM(head []byte) bool {
	return len(head) > 2 && head[0] == 'P' && '1' <= head[1] && head[1] <= '6' && strings.IndexByte(" \t\r\n", head[2]) >= 0
}

var targaExtensions = set(".tga", ".icb", ".vda", ".vst")

// isTarga judges by plausibility: the format has no magic.
func isTarga(head []byte) bool {
	if len(head) < 18 {
		return false
	}
	w, h := at16(binary.LittleEndian.Uint16, 12, 14)(head)
	return head[1] <= 1 && strings.IndexByte("\x01\x02\x03\x09\x0a\x0b", head[2]) >= 0 && w > 0 && h > 0
}

// targaDepths are the bits of a pixel that Pillow knows, by the kind of picture.
var targaDepths = map[byte]string{1: "\x08", 2: "\x10\x18\x20", 3: "\x01\x08\x10"}

// targaHeader judges one by what Pillow opens.
func targaHeader(r *io.SectionReader, head []byte) (Header, error) {
	le := binary.LittleEndian
	w, h := at16(le.Uint16, 12, 14)(head)
	depth, packed := head[16], head[2]&8 != 0
	if strings.IndexByte(targaDepths[head[2]&7], depth) < 0 {
		return Header{}, corrupt("corrupt TGA: CVAT opens none of kind %d with %d bits a pixel", head[2], depth)
	}
	palette := int64(0)
	if head[1] == 0 && head[2]&7 == 1 {
		return Header{}, corrupt("corrupt TGA: it has no colours for its pixels")
	}
	if head[1] == 1 {
		bits := head[7]
		if kind := head[2] & 7; bits != 16 && bits != 24 || kind == 2 || depth < 8 {
			return Header{}, corrupt("corrupt TGA: CVAT opens none with colours of %d bits", bits)
		}
		each := int64(bits) / 8
		palette = int64(le.Uint16(head[5:])) * each
		first, there := int64(le.Uint16(head[3:])), min(palette, max(r.Size()-18-int64(head[0]), 0))
		if first*each+there > 256*each {
			return Header{}, corrupt("corrupt TGA: it has colours up to number %d, and CVAT opens 256", first+there/each)
		}
	}
	pixels := 18 + int64(head[0]) + palette
	row := (int64(w)*int64(depth) + 7) / 8
	if packed {
		if err := targaRuns(r, pixels, int64(depth)/8, int64(w), int64(h)); err != nil {
			return Header{}, err
		}
	}
	if !packed && pixels+row*int64(h) > r.Size() {
		return Header{}, errTargaCut
	}
	found := Header{Width: w, Height: h}
	return found, tooLarge(found)
}

var errTargaCut = corrupt("truncated: the pixels of the TGA are cut off")

// targaRuns counts the pixels of run-length encoded rows; each of the given bytes. To Pillow, pixels that are alike do not go beyond
// the end of their row, while others may.
func targaRuns(r *io.SectionReader, at, size, width, height int64) error {
	in := bufio.NewReader(io.NewSectionReader(r, at, max(r.Size()-at, 0)))
	for have := int64(0); have < width*height; {
		head, err := in.ReadByte()
		if err != nil || size == 0 {
			return errTargaCut
		}
		run := int64(head&0x7f) + 1
		bytes := run * size
		if head&0x80 != 0 {
			bytes = size
			if have%width+run > width {
				return corrupt("corrupt TGA: a run of pixels is longer than its row")
			}
		}
		have += run
		if _, err := in.Discard(int(bytes)); err != nil {
			return errTargaCut
		}
	}
	return nil
}

// at reads width and height at these offsets; a head that is too short has none.
func at(number func([]byte) uint32, width, height int) func([]byte) (int, int) {
	return func(head []byte) (int, int) {
		if len(head) < max(width, height)+4 {
			return 0, 0
		}
		w, h := number(head[width:]), number(head[height:])
		if w > 1<<24 || h > 1<<24 {
			return 0, 0
		}
		return int(w), int(h)
	}
}

func at16(number func([]byte) uint16, width, height int) func([]byte) (int, int) {
	return func(head []byte) (int, int) {
		if len(head) < max(width, height)+2 {
			return 0, 0
		}
		return int(number(head[width:])), int(number(head[height:]))
	}
}

// jp2Size finds the image header box.
func jp2Size(head []byte) (width, height int) {
	if i := bytes.Index(head, []byte("ihdr")); i >= 0 {
		return at(binary.BigEndian.Uint32, i+8, i+4)(head)
	}
	return 0, 0
}
