package imageheader

import (
	"encoding/binary"
	"errors"
	"io"
)

// isIcon tells an icon's or cursor's directory of at least one picture; a TGA may begin as an empty one.
func isIcon(head []byte) bool {
	return len(head) >= 6 && (string(head[:4]) == "\x00\x00\x01\x00" || string(head[:4]) == "\x00\x00\x02\x00") && (head[4] > 0 || head[5] > 0)
}

// An iconEntry is one picture of an icon.
type iconEntry struct {
	width, height, depth int64
	bits                 uint16
	size, offset         int64
}

// maxIconPNG is the width and height of the largest PNG in an icon whose pixels are unpacked here: an icon's has 256.
const maxIconPNG = 4096

// iconHeader judges the picture that Pillow takes of an icon or cursor: the largest one. Of an icon it is
// loaded at once, so that all of it must be there.
func iconHeader(r *io.SectionReader) (Header, error) {
	head := make([]byte, 6)
	if err := readFullAt(r, head, 0); err != nil {
		return Header{}, err
	}
	le := binary.LittleEndian
	cursor, number := head[2] == 2, int(le.Uint16(head[4:]))
	list := make([]byte, 16*number)
	if err := readFullAt(r, list, 6); err != nil {
		return Header{}, err
	}
	if number == 0 {
		return Header{}, errors.New("it holds no picture")
	}
	var best iconEntry
	for i := range number {
		e := readIconEntry(list[16*i:])
		larger := e.width*e.height > best.width*best.height || e.width*e.height == best.width*best.height && e.depth < best.depth
		if cursor {
			larger = list[16*i] > byte(best.width) && list[16*i+1] > byte(best.height)
		}
		if i == 0 || larger {
			best = e
			if cursor {
				best.width, best.height = int64(list[16*i]), int64(list[16*i+1])
			}
		}
	}
	return best.header(r, cursor)
}

func readIconEntry(b []byte) iconEntry {
	le := binary.LittleEndian
	e := iconEntry{
		width: int64(b[0]), height: int64(b[1]), bits: le.Uint16(b[6:]),
		size: int64(le.Uint32(b[8:])), offset: int64(le.Uint32(b[12:])),
	}
	if e.width == 0 {
		e.width = 256
	}
	if e.height == 0 {
		e.height = 256
	}
	switch e.depth = int64(e.bits); {
	case e.depth == 0 && b[2] > 1:
		for n := int64(b[2]) - 1; n > 0; n >>= 1 {
			e.depth++
		}
	case e.depth == 0:
		e.depth = 256
	}
	return e
}

func (e iconEntry) header(r *io.SectionReader, cursor bool) (Header, error) {
	magic := make([]byte, 8)
	if err := readFullAt(r, magic, e.offset); err != nil {
		return Header{}, err
	}
	if !cursor && string(magic) == "\x89PNG\r\n\x1a\n" {
		picture := io.NewSectionReader(r, e.offset, r.Size()-e.offset)
		h, _, err := pngHeader(picture)
		if err == nil && h.Width <= maxIconPNG && h.Height <= maxIconPNG {
			err = pngPixels(picture)
		}
		return h, err
	}
	b, err := readBitmap(r, e.offset, 0)
	h := Header{Width: int(b.width), Height: int(b.height / 2)}
	if err != nil {
		return h, err
	}
	if b.height < 2 {
		return h, errors.New("its picture has no rows")
	}
	mask := (b.width + 31) / 32 * 4 * (b.height / 2)
	from := e.offset + e.size - mask
	switch {
	case b.cutOff(r, b.height/2):
		return h, errCutOff
	case cursor:
		return h, nil
	case e.bits == 32 && b.pixels+b.width*(b.height/2)*4 > r.Size():
		return h, errCutOff
	case e.bits != 32 && (from < 0 || from+mask > r.Size()):
		return h, errCutOff
	}
	return h, nil
}
