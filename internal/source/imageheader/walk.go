package imageheader

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The walks follow a format's structure as far as Pillow does when it opens an image.

// maxHeader bounds what may come before the pixels: reading on through a file of
// gigabytes would find nothing.
const maxHeader = 64 << 20

// buffered is a walk that goes straight ahead.
func buffered(walk func(*bufio.Reader) (outline, error)) func(*io.SectionReader) (outline, error) {
	return func(r *io.SectionReader) (outline, error) {
		return walk(bufio.NewReader(io.LimitReader(r, maxHeader)))
	}
}

// take reads n bytes at the reader's place.
func take(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}

// skip passes over n bytes, which must be there.
func skip(r *bufio.Reader, n int) error {
	_, err := r.Discard(n)
	return err
}

// maxMetadata bounds EXIF and XMP blocks that are read; a JPEG's are below 64 KiB.
const maxMetadata = 1 << 20

// walkJPEG goes from marker to marker up to the start of the scan.
func walkJPEG(file *io.SectionReader) (outline, error) {
	var o outline
	r := bufio.NewReader(io.LimitReader(file, maxHeader))
	if err := skip(r, 2); err != nil {
		return o, err
	}
	for {
		marker, err := jpegMarker(r)
		if err != nil {
			return o, err
		}
		if marker == 0x01 || marker >= 0xd0 && marker <= 0xd8 {
			continue
		}
		b, err := take(r, 2)
		n := int(binary.BigEndian.Uint16(b)) - 2
		if err != nil {
			return o, err
		}
		if n < 0 {
			return o, fmt.Errorf("segment %#x is %d bytes long", marker, n+2)
		}
		segment, err := take(r, n)
		if err != nil {
			return o, err
		}
		if err := o.segment(marker, segment); err != nil {
			return o, err
		}
		if marker == 0xda {
			read, err := file.Seek(0, io.SeekCurrent)
			o.scan = read - int64(r.Buffered())
			return o, err
		}
	}
}

// jpegMarker finds the next marker; fill bytes may come before it.
func jpegMarker(r *bufio.Reader) (byte, error) {
	b, err := take(r, 1)
	for err == nil && b[0] != 0xff {
		b, err = take(r, 1)
	}
	for err == nil && b[0] == 0xff {
		b, err = take(r, 1)
	}
	return b[0], err
}

func (o *outline) segment(marker byte, b []byte) error {
	frame := marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
	switch {
	case frame && len(b) >= 5 && b[0] != 8:
		return fmt.Errorf("it has %d bits per sample, and CVAT opens only 8", b[0])
	case frame && len(b) >= 6 && b[5] != 1 && b[5] != 3 && b[5] != 4:
		return fmt.Errorf("it has %d components, and CVAT opens only 1, 3 or 4", b[5])
	case frame && len(b) >= 5:
		o.height, o.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	case marker == 0xdb && !wholeTables(b):
		return errors.New("a quantization table is too short")
	case marker == 0xe1 && bytes.HasPrefix(b, []byte("Exif\x00\x00")):
		o.exif(b[6:])
	case marker == 0xe1 && bytes.HasPrefix(b, []byte("http://ns.adobe.com/xap/")):
		o.xmp(b)
	}
	return nil
}

// wholeTables reports whether each quantization table has its 64 values, of one byte or two.
func wholeTables(b []byte) bool {
	for len(b) > 0 {
		n := 1 + 64
		if b[0] >= 16 {
			n += 64
		}
		if len(b) < n {
			return false
		}
		b = b[n:]
	}
	return true
}

// walkGIF goes over extensions up to the first picture, and over bytes that are neither, as Pillow does.
func walkGIF(r *bufio.Reader) (outline, error) {
	var o outline
	b, err := take(r, 13)
	if err != nil {
		return o, err
	}
	if b[10]&0x80 != 0 {
		err = skip(r, 3<<(b[10]&7+1))
	}
	for err == nil {
		b, err = take(r, 1)
		switch {
		case err != nil:
		case b[0] == 0x2c:
			return o, nil
		case b[0] == 0x21:
			err = skipBlocks(r)
		case b[0] == 0x3b:
			err = errors.New("it has no picture")
		}
	}
	return o, err
}

func skipBlocks(r *bufio.Reader) error {
	if err := skip(r, 1); err != nil {
		return err
	}
	for {
		b, err := take(r, 1)
		if err != nil || b[0] == 0 {
			return err
		}
		if err := skip(r, int(b[0])); err != nil {
			return err
		}
	}
}
