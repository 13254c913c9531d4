package importer

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// readPNG walks the chunks up to the pixels; critical chunks must have their checksum.
func readPNG(r io.ReaderAt, size int64) (h header, err error) {
	for at := int64(8); ; {
		var head [8]byte
		if _, err := r.ReadAt(head[:], at); err != nil {
			return header{}, err
		}
		length, kind := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		if kind == "IDAT" || kind == "IEND" {
			return h, nil
		}
		if at+12+length > size {
			return header{}, io.ErrUnexpectedEOF
		}
		if kind == "IHDR" || kind == "PLTE" || kind == "eXIf" {
			chunk := make([]byte, length+8) // name, content, checksum
			if _, err := r.ReadAt(chunk, at+4); err != nil {
				return header{}, err
			}
			sum := binary.BigEndian.Uint32(chunk[length+4:])
			if kind != "eXIf" && crc32.ChecksumIEEE(chunk[:length+4]) != sum {
				return header{}, errNoImage
			}
			h.pngChunk(kind, chunk[4:length+4])
		}
		at += 12 + length
	}
}

func (h *header) pngChunk(kind string, content []byte) {
	switch {
	case kind == "IHDR" && len(content) >= 8:
		h.width, h.height = int(binary.BigEndian.Uint32(content)), int(binary.BigEndian.Uint32(content[4:]))
	case kind == "eXIf":
		h.orientation = orientation(bytes.NewReader(content))
	}
}
