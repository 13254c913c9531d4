package importer

import (
	"encoding/binary"
	"io"
)

// A tiffReader reads numbers in the byte order that the file says.
type tiffReader struct {
	r     io.ReaderAt
	order binary.ByteOrder
	first int64 // of the first directory
}

func openTIFF(r io.ReaderAt) (*tiffReader, error) {
	var b [8]byte
	if _, err := r.ReadAt(b[:], 0); err != nil {
		return nil, err
	}
	t := &tiffReader{r: r, order: binary.LittleEndian}
	switch string(b[:4]) {
	case "II*\x00":
	case "MM\x00*":
		t.order = binary.BigEndian
	default:
		return nil, errNoImage
	}
	t.first = int64(t.order.Uint32(b[4:]))
	return t, nil
}

// The TIFF tags that count here.
const (
	tagWidth       = 256
	tagHeight      = 257
	tagStrips      = 273
	tagOrientation = 274
	tagTiles       = 324
)

// tags reads the short and long values of the first directory.
func (t *tiffReader) tags() (map[uint16]int, error) {
	var count [2]byte
	if _, err := t.r.ReadAt(count[:], t.first); err != nil {
		return nil, err
	}
	entries := make([]byte, 12*int(t.order.Uint16(count[:])))
	n, _ := t.r.ReadAt(entries, t.first+2) // what is there of a directory that is cut counts
	tags := map[uint16]int{}
	for entries = entries[:n]; len(entries) >= 12; entries = entries[12:] {
		tag, kind := t.order.Uint16(entries), t.order.Uint16(entries[2:])
		switch kind {
		case 3:
			tags[tag] = int(t.order.Uint16(entries[8:]))
		case 4:
			tags[tag] = int(t.order.Uint32(entries[8:]))
		}
	}
	return tags, nil
}

func readTIFF(r io.ReaderAt, _ int64) (header, error) {
	t, err := openTIFF(r)
	if err != nil {
		return header{}, err
	}
	tags, err := t.tags()
	_, strips := tags[tagStrips]
	_, tiles := tags[tagTiles]
	if err != nil || !strips && !tiles {
		return header{}, errNoImage
	}
	h := header{width: tags[tagWidth], height: tags[tagHeight], orientation: sane(tags[tagOrientation])}
	if h.orientation > 4 {
		// Pillow turns a TIFF by itself, and CVAT turns it once more
		h.width, h.height = h.height, h.width
	}
	return h, nil
}

// orientation reads the tag out of EXIF data; 0 is none.
func orientation(r io.ReaderAt) int {
	t, err := openTIFF(r)
	if err != nil {
		return 0
	}
	tags, err := t.tags()
	if err != nil {
		return 0
	}
	return sane(tags[tagOrientation])
}

func sane(orientation int) int {
	if orientation < 1 || orientation > 8 {
		return 0
	}
	return orientation
}
