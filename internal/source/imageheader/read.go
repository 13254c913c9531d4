package imageheader

import (
	"bufio"
	"io"
)

// maxHeader bounds what may come before the pixels: reading on through a file of
// gigabytes would find nothing.
const maxHeader = 64 << 20

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

// shortRead is the error of a read that got less than it asked for.
func shortRead(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func readFullAt(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	return shortRead(err)
}
