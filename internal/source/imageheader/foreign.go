package imageheader

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/content"
)

// A foreignFormat is one that CVAT's Pillow opens and Go does not.
type foreignFormat struct {
	name, magic string
	at          int // where the magic stands
	size        func(head []byte) (width, height int)
}

var foreignFormats = []foreignFormat{
	{name: "JPEG 2000", magic: "\x00\x00\x00\x0cjP  ", size: jp2Size},
	{name: "JPEG 2000", magic: "\xff\x4f\xff\x51"},
	{name: "Photoshop", magic: "8BPS", size: at(binary.BigEndian.Uint32, 18, 14)},
	{name: "AVIF", magic: "ftypavif", at: 4},
	{name: "AVIF", magic: "ftypavis", at: 4},
	{name: "BigTIFF", magic: "II+\x00"},
	{name: "BigTIFF", magic: "MM\x00+"},
	{name: "DDS", magic: "DDS ", size: at(binary.LittleEndian.Uint32, 16, 12)},
	{name: "Apple icon", magic: "icns"},
	{name: "SGI", magic: "\x01\xda", size: at16(binary.BigEndian.Uint16, 6, 8)},
	{name: "Sun raster", magic: "\x59\xa6\x6a\x95", size: at(binary.BigEndian.Uint32, 4, 8)},
	{name: "FITS", magic: "SIMPLE  ="},
	{name: "XPM", magic: "/* XPM */"},
}

// foreign judges what no decoder of Go's knows.
func foreign(head []byte, name string) (Header, error) {
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
	case isIcon(head):
		return Header{Unchecked: "icon"}, nil
	case len(head) > 2 && head[0] == 0x0a && strings.IndexByte("\x00\x02\x03\x05", head[1]) >= 0 && head[2] == 1:
		return Header{Unchecked: "PCX"}, nil
	case isPNM(head):
		return Header{Unchecked: "PNM"}, nil
	case hasExtension(set(".xbm"), name) && bytes.HasPrefix(head, []byte("#define")):
		return Header{Unchecked: "XBM"}, nil
	case hasExtension(targaExtensions, name) && isTarga(head):
		w, h := at16(binary.LittleEndian.Uint16, 12, 14)(head)
		return Header{Unchecked: "TGA", Width: w, Height: h}, nil
	}
	return Header{}, diag.Diagnostic{Severity: diag.Error, Code: diag.CodeNotAnImage, Text: "no image: " + content.Describe(head), Hint: diag.Do(diag.HintRemoveImage)}
}

// isIcon tells an icon's or cursor's directory of at least one picture.
func isIcon(head []byte) bool {
	return len(head) > 5 && (string(head[:4]) == "\x00\x00\x01\x00" || string(head[:4]) == "\x00\x00\x02\x00") && head[4] > 0
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
