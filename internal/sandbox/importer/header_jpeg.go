package importer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// readJPEG walks the segments up to the first scan.
func readJPEG(r io.ReaderAt, size int64) (h header, err error) {
	b := bufio.NewReaderSize(io.NewSectionReader(r, 2, size-2), 4<<10)
	for {
		marker, err := jpegMarker(b)
		if err != nil {
			return header{}, err
		}
		if marker >= 0xd0 && marker <= 0xd8 || marker == 0x01 {
			continue // no content
		}
		var length [2]byte
		if _, err := io.ReadFull(b, length[:]); err != nil {
			return header{}, err
		}
		rest := int(binary.BigEndian.Uint16(length[:])) - 2
		if rest < 0 {
			return header{}, errNoImage
		}
		switch {
		case marker == 0xda: // the scan itself need not be there, its head must
			_, err := b.Discard(rest)
			return h, err
		case isFrame(marker):
			err = h.jpegFrame(b, rest)
		case marker == 0xe1:
			err = h.jpegEXIF(b, rest)
		default:
			_, err = b.Discard(rest)
		}
		if err != nil {
			return header{}, err
		}
	}
}

func jpegMarker(b *bufio.Reader) (byte, error) {
	c, err := b.ReadByte()
	if err != nil || c != 0xff {
		return 0, errNoImage
	}
	for c == 0xff {
		if c, err = b.ReadByte(); err != nil {
			return 0, err
		}
	}
	return c, nil
}

func isFrame(marker byte) bool {
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}

func (h *header) jpegFrame(b *bufio.Reader, length int) error {
	if length < 6 {
		return errNoImage
	}
	var f [6]byte
	if _, err := io.ReadFull(b, f[:]); err != nil {
		return err
	}
	if f[0] != 8 || f[5] != 1 && f[5] != 3 && f[5] != 4 {
		return errNoImage // Pillow reads 8 bits, in 1, 3 or 4 layers
	}
	h.height, h.width = int(binary.BigEndian.Uint16(f[1:])), int(binary.BigEndian.Uint16(f[3:]))
	_, err := b.Discard(length - 6)
	return err
}

func (h *header) jpegEXIF(b *bufio.Reader, length int) error {
	segment := make([]byte, length)
	if _, err := io.ReadFull(b, segment); err != nil {
		return err
	}
	if tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && h.orientation == 0 {
		h.orientation = orientation(bytes.NewReader(tiff))
	}
	return nil
}
