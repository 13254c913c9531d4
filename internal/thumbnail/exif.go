package thumbnail

import (
	"bytes"
	"encoding/binary"
	"image"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// orientation is the EXIF orientation of a JPEG, 1 to 8; 1, upright, of all else and
// of what cannot be read (CIPA DC-008, tag 0x0112 of IFD 0).
func orientation(data []byte) int {
	tiff := exif(data)
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	for range order.Uint16(tiff[at:]) {
		entry := at + 2
		if entry+12 > len(tiff) {
			return 1
		}
		if order.Uint16(tiff[entry:]) == 0x0112 {
			return valid(int(order.Uint16(tiff[entry+8:])))
		}
		at += 12
	}
	return 1
}

func valid(o int) int {
	if o < 1 || o > 8 {
		return 1
	}
	return o
}

// exif is the TIFF structure in a JPEG's APP1 segment, or nil.
func exif(data []byte) []byte {
	if !bytes.HasPrefix(data, []byte{0xff, 0xd8}) {
		return nil
	}
	for at := 2; at+4 <= len(data) && data[at] == 0xff && data[at+1] != 0xda; {
		size := int(binary.BigEndian.Uint16(data[at+2:]))
		if size < 2 || at+2+size > len(data) {
			return nil
		}
		segment := data[at+4 : at+2+size]
		if tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && data[at+1] == 0xe1 {
			return tiff
		}
		at += 2 + size
	}
	return nil
}

// turned undoes an orientation.
func turned(src image.Image, o int) image.Image {
	if o == 1 {
		return src
	}
	w, h := float64(src.Bounds().Dx()), float64(src.Bounds().Dy())
	m := f64.Aff3{} // where a pixel of src goes, its bounds beginning at 0, 0
	switch o {
	case 2:
		m = f64.Aff3{-1, 0, w, 0, 1, 0}
	case 3:
		m = f64.Aff3{-1, 0, w, 0, -1, h}
	case 4:
		m = f64.Aff3{1, 0, 0, 0, -1, h}
	case 5:
		m = f64.Aff3{0, 1, 0, 1, 0, 0}
	case 6:
		m = f64.Aff3{0, -1, h, 1, 0, 0}
	case 7:
		m = f64.Aff3{0, -1, h, -1, 0, w}
	case 8:
		m = f64.Aff3{0, 1, 0, -1, 0, w}
	}
	if o >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, int(w), int(h)))
	draw.NearestNeighbor.Transform(out, m, src, src.Bounds(), draw.Src, nil)
	return out
}
