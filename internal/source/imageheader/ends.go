package imageheader

import (
	"bytes"
	"io"
)

// cutOff tells a file whose pixels end too early, as Pillow finds when it loads them, from the
// lengths that the file itself says. No pixel is decoded, so that not every cut is found.
// A JPEG's pixels begin at scan.
func cutOff(name string, r *io.SectionReader, scan int64) bool {
	switch name {
	case "JPEG":
		return !holdsEOI(r, scan)
	case "GIF":
		return gifCutOff(r)
	}
	return false
}

// holdsEOI looks for a JPEG's end of image, from the end of the file on: something may follow it. The header
// before the scan may hold others, of a thumbnail or in a comment.
func holdsEOI(r *io.SectionReader, scan int64) bool {
	buf := make([]byte, 2<<10) // it is almost always at the very end
	for end := r.Size(); end >= scan+2; {
		start := max(end-int64(len(buf)), scan)
		part := buf[:end-start]
		if n, _ := r.ReadAt(part, start); n < len(part) {
			return true // unreadable, which is said elsewhere
		}
		if bytes.Contains(part, []byte("\xff\xd9")) {
			return true
		}
		if start == scan {
			return false
		}
		end = start + 1 // the marker may lie across
		if len(buf) < 64<<10 {
			buf = make([]byte, 64<<10)
		}
	}
	return false
}

// gifCutOff goes over the blocks of the first picture, of which the last, empty one may be missing.
func gifCutOff(file *io.SectionReader) bool {
	r := &window{file: file}
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
			if off > file.Size() {
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
				return true
			}
			off += 10
			if b[9]&0x80 != 0 {
				off += 3 << (b[9]&7 + 1)
			}
			off++ // the size of the codes
			return off >= file.Size() || blocks()
		case 0x3b:
			return false
		default:
			off++
		}
	}
}

// A window reads ahead: bytes that are looked at one by one cost no read of the file each, nor a request to a storage.
type window struct {
	file  *io.SectionReader
	held  []byte
	start int64 // of what is held, in the file
}

// ReadAt is that of what is held, or else of the file.
func (w *window) ReadAt(b []byte, at int64) (int, error) {
	if at < w.start || at+int64(len(b)) > w.start+int64(len(w.held)) {
		held := make([]byte, max(4<<10, len(b)))
		n, err := w.file.ReadAt(held, at)
		if w.held, w.start = held[:n], at; n < len(b) {
			return copy(b, w.held), err
		}
	}
	return copy(b, w.held[at-w.start:]), nil
}
