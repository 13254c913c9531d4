package imageheader

import (
	"bytes"
	"encoding/binary"
	"io"
)

// cutOff tells a file whose pixels end too early, as Pillow finds when it loads them, from the
// lengths that the file itself says. No pixel is decoded, so that not every cut is found.
func cutOff(name string, r *io.SectionReader, h Header) bool {
	switch name {
	case "JPEG":
		return !holdsEOI(r)
	case "PNG":
		return pngCutOff(r)
	case "GIF":
		return gifCutOff(r)
	case "BMP":
		return bmpCutOff(r, h)
	}
	return false
}

// holdsEOI looks for a JPEG's end of image, from the end of the file on: something may follow it.
func holdsEOI(r *io.SectionReader) bool {
	buf := make([]byte, 64<<10)
	for end := r.Size(); end > 2; {
		start := max(end-int64(len(buf)), 0)
		part := buf[:end-start]
		if n, _ := r.ReadAt(part, start); n < len(part) {
			return true // unreadable, which is said elsewhere
		}
		if bytes.Contains(part, []byte("\xff\xd9")) {
			return true
		}
		if start == 0 {
			return false
		}
		end = start + 1 // the marker may lie across
	}
	return false
}

// pngCutOff goes over the chunks of pixels. What follows the last of them may be missing.
func pngCutOff(r *io.SectionReader) bool {
	head := make([]byte, 8)
	for off := int64(8); ; {
		if n, _ := r.ReadAt(head, off); n < len(head) {
			return false
		}
		size, kind := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		if kind == "IDAT" && off+8+size > r.Size() {
			return true
		}
		if kind == "IEND" {
			return false
		}
		off += 12 + size
	}
}

// gifCutOff goes over the blocks of the first picture, of which the last, empty one may be missing.
func gifCutOff(r *io.SectionReader) bool {
	b := make([]byte, 13)
	if n, _ := r.ReadAt(b, 0); n < len(b) {
		return false
	}
	off := int64(13)
	if b[10]&0x80 != 0 {
		off += 3 << (b[10]&7 + 1)
	}
	blocks := func() (cut bool) {
		for {
			if n, _ := r.ReadAt(b[:1], off); n < 1 {
				return false
			}
			off += 1 + int64(b[0])
			if b[0] == 0 {
				return false
			}
			if off > r.Size() {
				return true
			}
		}
	}
	for {
		if n, _ := r.ReadAt(b[:1], off); n < 1 {
			return false
		}
		switch b[0] {
		case 0x21:
			off += 2
			if blocks() {
				return false // the header's walk says it
			}
		case 0x2c:
			if n, _ := r.ReadAt(b[:10], off); n < 10 {
				return false
			}
			off += 10
			if b[9]&0x80 != 0 {
				off += 3 << (b[9]&7 + 1)
			}
			off++ // the size of the codes
			return blocks()
		default:
			return false
		}
	}
}

// bmpCutOff compares an uncompressed picture's rows with the file.
func bmpCutOff(r *io.SectionReader, h Header) bool {
	b := make([]byte, 34)
	if n, _ := r.ReadAt(b, 0); n < len(b) || binary.LittleEndian.Uint32(b[14:]) < 40 {
		return false
	}
	le := binary.LittleEndian
	bits, compression := int64(le.Uint16(b[28:])), le.Uint32(b[30:])
	if compression != 0 && compression != 3 {
		return false
	}
	row := (int64(h.Width)*bits + 31) / 32 * 4
	return int64(le.Uint32(b[10:]))+row*int64(h.Height) > r.Size()
}
