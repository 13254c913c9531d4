package imageheader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"regexp"
	"strconv"
)

// exif reads the orientation of an EXIF block, which is a small TIFF. A damaged one
// is none.
func (o *outline) exif(block []byte) {
	if tags, err := tiffTags(bytes.NewReader(block)); err == nil && tags.orientation > 0 {
		o.orientation = tags.orientation
	}
}

var xmpOrientation = regexp.MustCompile(`tiff:Orientation(?:="|>)([1-8])`)

// xmp is where Pillow looks if EXIF tells no orientation.
func (o *outline) xmp(block []byte) {
	if m := xmpOrientation.FindSubmatch(block); m != nil && o.orientation == 0 {
		o.orientation, _ = strconv.Atoi(string(m[1]))
	}
}

// tiffTags reads size and orientation from the first directory of a TIFF.
func tiffTags(r io.ReaderAt) (outline, error) {
	var o outline
	head := make([]byte, 8)
	if err := readFullAt(r, head, 0); err != nil {
		return o, err
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(head[:2]) {
	case "MM":
		order = binary.BigEndian
	case "II":
	default:
		return o, errors.New("no byte order")
	}
	at := int64(order.Uint32(head[4:]))
	number := make([]byte, 2)
	if err := readFullAt(r, number, at); err != nil {
		return o, err
	}
	entries := make([]byte, 12*int(order.Uint16(number)))
	if err := readFullAt(r, entries, at+2); err != nil {
		return o, err
	}
	for ; len(entries) > 0; entries = entries[12:] {
		o.tag(order, entries[:12])
	}
	return o, nil
}

func readFullAt(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (o *outline) tag(order binary.ByteOrder, entry []byte) {
	value := int(order.Uint16(entry[8:]))
	if order.Uint16(entry[2:]) == 4 { // LONG, not SHORT
		value = int(min(order.Uint32(entry[8:]), 1<<30))
	}
	switch order.Uint16(entry) {
	case 256:
		o.width = value
	case 257:
		o.height = value
	case 274:
		if value >= 1 && value <= 8 {
			o.orientation = value
		}
	}
}
