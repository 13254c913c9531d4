package importer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A header is what CVAT learns about an image when it imports it: it reads no pixels,
// so that an image cut off behind its header imports fine (A51).
type header struct {
	width, height int
	orientation   int // EXIF, 1 to 8; 0 is none
	format        string
}

// upright is the size after turning.
func (h header) upright() (width, height int) {
	if h.orientation > 4 {
		return h.height, h.width
	}
	return h.width, h.height
}

var errNoImage = errors.New("cannot identify image file")

// readHeader recognises an image by its first bytes, whatever its name, as Pillow does.
func readHeader(r io.ReaderAt, size int64) (header, error) {
	var magic [16]byte
	if n, err := r.ReadAt(magic[:], 0); n < 4 {
		if err != nil && !errors.Is(err, io.EOF) {
			return header{}, err
		}
		return header{}, errNoImage
	}
	for _, f := range formats {
		if !f.fits(magic[:]) {
			continue
		}
		h, err := f.read(r, size)
		h.format = f.name
		if err != nil || h.width <= 0 || h.height <= 0 {
			return header{}, errNoImage
		}
		if pixels := int64(h.width) * int64(h.height); pixels > storage.MaxPixels {
			return header{}, failure("PIL.Image.DecompressionBombError", "Image size (%d pixels) exceeds limit of %d pixels, could be decompression bomb DOS attack.", pixels, storage.MaxPixels) // (A88)
		}
		return h, nil
	}
	return header{}, errNoImage
}

type format struct {
	name string
	fits func(magic []byte) bool
	read reading
}

// formats are those that a camera or a dataset is likely to hold, and some more;
// Pillow knows about forty. TGA comes last, as it has no magic to speak of.
var formats = []format{
	{"jpeg", starts("\xff\xd8\xff"), readJPEG},
	{"png", starts("\x89PNG\r\n\x1a\n"), readPNG},
	{"gif", starts("GIF8"), readGIF},
	{"bmp", starts("BM"), readBMP},
	{"tiff", starts("II*\x00", "MM\x00*", "II+\x00"), readTIFF},
	{"webp", func(m []byte) bool { return bytes.HasPrefix(m, []byte("RIFF")) && string(m[8:12]) == "WEBP" }, readWebP},
	{"pnm", func(m []byte) bool { return m[0] == 'P' && m[1] >= '1' && m[1] <= '6' }, readPNM},
	{"ico", starts("\x00\x00\x01\x00"), readICO},
	{"psd", starts("8BPS\x00\x01"), at(binary.BigEndian, 18, 14, 4)},
	{"pcx", func(m []byte) bool { return m[0] == 10 && m[1] <= 5 && m[1] != 1 }, atLeast(128, readPCX)},
	{"sgi", starts("\x01\xda"), at(binary.BigEndian, 6, 8, 2)},
	{"sun", starts("\x59\xa6\x6a\x95"), at(binary.BigEndian, 4, 8, 4)},
	{"dds", starts("DDS "), atLeast(128, at(binary.LittleEndian, 16, 12, 4))},
	{"jp2", starts("\x00\x00\x00\x0cjP  \r\n\x87\n"), near("ihdr", 8, 4)},
	{"j2k", starts("\xff\x4f\xff\x51"), at(binary.BigEndian, 8, 12, 4)},
	{"avif", func(m []byte) bool {
		return string(m[4:8]) == "ftyp" && (string(m[8:12]) == "avif" || string(m[8:12]) == "avis")
	}, near("ispe", 8, 12)},
	{"tga", isTGA, at(binary.LittleEndian, 12, 14, 2)},
}

func starts(with ...string) func([]byte) bool {
	return func(magic []byte) bool {
		for _, w := range with {
			if bytes.HasPrefix(magic, []byte(w)) {
				return true
			}
		}
		return false
	}
}

type reading func(r io.ReaderAt, size int64) (header, error)

// atLeast wants the head of a file to be whole.
func atLeast(bytes int64, read reading) reading {
	return func(r io.ReaderAt, size int64) (header, error) {
		if size < bytes {
			return header{}, errNoImage
		}
		return read(r, size)
	}
}

// at reads width and height that are at fixed offsets.
func at(order binary.ByteOrder, width, height int64, bytes int) reading {
	return func(r io.ReaderAt, _ int64) (header, error) {
		w, err := number32(r, order, width, bytes)
		h, err2 := number32(r, order, height, bytes)
		return header{width: w, height: h}, errors.Join(err, err2)
	}
}

func number32(r io.ReaderAt, order binary.ByteOrder, offset int64, bytes int) (int, error) {
	var b [4]byte
	if _, err := r.ReadAt(b[:bytes], offset); err != nil {
		return 0, err
	}
	if bytes == 2 {
		return int(order.Uint16(b[:])), nil
	}
	return int(int32(order.Uint32(b[:]))), nil
}

// near reads width and height behind a box's name, within the first kilobytes.
func near(box string, width, height int64) reading {
	return func(r io.ReaderAt, _ int64) (header, error) {
		b := make([]byte, 8<<10)
		n, _ := r.ReadAt(b, 0) // short is fine
		i := bytes.Index(b[:n], []byte(box))
		if i < 0 {
			return header{}, errNoImage
		}
		return at(binary.BigEndian, int64(i)+width, int64(i)+height, 4)(r, 0)
	}
}
