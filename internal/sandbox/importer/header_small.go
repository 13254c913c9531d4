package importer

import (
	"bufio"
	"encoding/binary"
	"io"
	"strconv"
)

// readGIF looks for the first image: a file without one is none to Pillow.
func readGIF(r io.ReaderAt, size int64) (header, error) {
	b := bufio.NewReader(io.NewSectionReader(r, 0, size))
	var screen [13]byte
	if _, err := io.ReadFull(b, screen[:]); err != nil {
		return header{}, err
	}
	h := header{width: int(binary.LittleEndian.Uint16(screen[6:])), height: int(binary.LittleEndian.Uint16(screen[8:]))}
	if screen[10]&0x80 != 0 {
		if _, err := b.Discard(3 << (screen[10]&7 + 1)); err != nil {
			return header{}, err
		}
	}
	for {
		block, err := b.ReadByte()
		if err != nil {
			return header{}, err
		}
		switch block {
		case '!':
			if err := skipGIFExtension(b); err != nil {
				return header{}, err
			}
		case ',':
			var image [9]byte
			if _, err := io.ReadFull(b, image[:]); err != nil {
				return header{}, err
			}
			le := binary.LittleEndian
			h.width = max(h.width, int(le.Uint16(image[0:]))+int(le.Uint16(image[4:])))
			h.height = max(h.height, int(le.Uint16(image[2:]))+int(le.Uint16(image[6:])))
			return h, nil
		default:
			return header{}, errNoImage
		}
	}
}

func skipGIFExtension(b *bufio.Reader) error {
	if _, err := b.ReadByte(); err != nil { // its label
		return err
	}
	for {
		n, err := b.ReadByte()
		if err != nil || n == 0 {
			return err
		}
		if _, err := b.Discard(int(n)); err != nil {
			return err
		}
	}
}

func readBMP(r io.ReaderAt, whole int64) (header, error) {
	size, err := number32(r, binary.LittleEndian, 14, 4)
	if err != nil || int64(14+size) > whole {
		return header{}, errNoImage
	}
	if size == 12 {
		return at(binary.LittleEndian, 18, 20, 2)(r, 0)
	}
	if size < 40 || size > 124 {
		return header{}, errNoImage
	}
	h, err := at(binary.LittleEndian, 18, 22, 4)(r, 0)
	h.height = max(h.height, -h.height) // negative: top down
	return h, err
}

// readWebP reads the first chunk. Pillow hands the whole file to a decoder, which wants
// it to be as long as it says.
func readWebP(r io.ReaderAt, size int64) (header, error) {
	b := make([]byte, 30)
	if _, err := r.ReadAt(b, 0); err != nil {
		return header{}, err
	}
	le := binary.LittleEndian
	if int64(le.Uint32(b[4:]))+8 > size {
		return header{}, errNoImage
	}
	switch string(b[12:16]) {
	case "VP8 ":
		return header{width: int(le.Uint16(b[26:])) & 0x3fff, height: int(le.Uint16(b[28:])) & 0x3fff}, nil
	case "VP8L":
		bits := le.Uint32(b[21:])
		return header{width: int(bits&0x3fff) + 1, height: int(bits>>14&0x3fff) + 1}, nil
	case "VP8X":
		w, h := le.Uint32(append(b[24:27:27], 0)), le.Uint32(append(b[27:30:30], 0))
		return header{width: int(w) + 1, height: int(h) + 1, orientation: webpOrientation(r, size, b[20])}, nil
	}
	return header{}, errNoImage
}

// webpOrientation looks for the EXIF chunk, if the flags say that there is one.
func webpOrientation(r io.ReaderAt, size int64, flags byte) int {
	if flags&0x08 == 0 {
		return 0
	}
	for at := int64(12); at+8 <= size; {
		var head [8]byte
		if _, err := r.ReadAt(head[:], at); err != nil {
			return 0
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		if string(head[:4]) == "EXIF" {
			return orientation(io.NewSectionReader(r, at+8, length))
		}
		at += 8 + length + length&1
	}
	return 0
}

// readPNM reads the text before the pixels: P6, width, height, with comments anywhere.
func readPNM(r io.ReaderAt, size int64) (h header, err error) {
	b := bufio.NewReader(io.NewSectionReader(r, 2, size-2))
	for _, v := range []*int{&h.width, &h.height} {
		word, err := pnmWord(b)
		if err != nil {
			return header{}, err
		}
		if *v, err = strconv.Atoi(word); err != nil {
			return header{}, err
		}
	}
	return h, nil
}

func pnmWord(b *bufio.Reader) (string, error) {
	var word []byte
	for len(word) < 12 {
		c, err := b.ReadByte()
		switch {
		case err != nil:
			return "", err
		case c == '#':
			if _, err := b.ReadString('\n'); err != nil {
				return "", err
			}
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			if len(word) > 0 {
				return string(word), nil
			}
		default:
			word = append(word, c)
		}
	}
	return "", errNoImage
}

// readICO takes the largest of the icons; a size of 0 is 256.
func readICO(r io.ReaderAt, _ int64) (h header, err error) {
	n, err := number32(r, binary.LittleEndian, 4, 2)
	if err != nil {
		return header{}, err
	}
	for i := range min(n, 256) {
		var entry [16]byte
		if _, err := r.ReadAt(entry[:], int64(6+16*i)); err != nil {
			return header{}, err
		}
		h.width = max(h.width, int(entry[0]-1)+1)
		h.height = max(h.height, int(entry[1]-1)+1)
	}
	return h, nil
}

func readPCX(r io.ReaderAt, _ int64) (header, error) {
	var b [8]byte
	if _, err := r.ReadAt(b[:], 4); err != nil {
		return header{}, err
	}
	le := binary.LittleEndian
	return header{
		width:  int(le.Uint16(b[4:])) - int(le.Uint16(b[0:])) + 1,
		height: int(le.Uint16(b[6:])) - int(le.Uint16(b[2:])) + 1,
	}, nil
}

func isTGA(m []byte) bool {
	kind := m[2] &^ 8
	return m[1] <= 1 && kind >= 1 && kind <= 3 && m[2] <= 11
}
