package choose

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the formats that are decoded
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"github.com/cvatplan/cvatplan/internal/source/imageheader"
)

// An UndecodableError is an image that may be sound, and cannot be decoded here.
type UndecodableError struct{ Kind string }

func (e *UndecodableError) Error() string { return e.Kind + " is not decoded here" }

// A CorruptError is an image of which something is missing or wrong where its pixels are.
type CorruptError struct{ Err error }

func (e *CorruptError) Error() string { return fmt.Sprintf("its pixels are damaged: %v", e.Err) }

func (e *CorruptError) Unwrap() error { return e.Err }

// perPixel is what decoding takes at most, in bytes a pixel: a progressive JPEG's coefficients, of three
// components, and its picture.
const perPixel = 16

// Cost checks an image's header, and says how many bytes of memory decoding it takes at most. Its error is
// [imageheader.Read]'s, or an [*UndecodableError].
func Cost(r io.ReaderAt, size int64, name string) (int64, error) {
	h, err := imageheader.Read(r, size, name)
	if err != nil {
		return 0, err
	}
	if h.Unchecked != "" || h.Width <= 0 || h.Height <= 0 {
		return 0, &UndecodableError{orElse(h.Unchecked, "this kind of image")}
	}
	return size + perPixel*int64(h.Width)*int64(h.Height), nil
}

// Decode decodes the image, of which [Cost] gave the size. A decoder that panics is an error: images are files of strangers.
func Decode(r io.ReaderAt, size int64) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, &CorruptError{fmt.Errorf("decoder failed: %v", p)}
		}
	}()
	head := make([]byte, min(size, 16))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	source := &failing{r: r}
	in := io.Reader(bufio.NewReaderSize(io.NewSectionReader(source, 0, size), 64<<10))
	if isTIFF(head) { // is read anywhere, and would be buffered whole
		img, err = tiff.Decode(io.NewSectionReader(source, 0, size))
	} else {
		img, _, err = image.Decode(in)
	}
	switch {
	case err == nil:
		return img, nil
	case source.err != nil:
		return nil, source.err
	case undecodable(err):
		return nil, &UndecodableError{err.Error()}
	}
	return nil, &CorruptError{err}
}

func isTIFF(head []byte) bool {
	return bytes.HasPrefix(head, []byte("II*\x00")) || bytes.HasPrefix(head, []byte("MM\x00*"))
}

// undecodable tells what a decoder cannot do from what is damaged.
func undecodable(err error) bool {
	var j jpeg.UnsupportedError
	var p png.UnsupportedError
	var t tiff.UnsupportedError
	return errors.As(err, &j) || errors.As(err, &p) || errors.As(err, &t) || errors.Is(err, bmp.ErrUnsupported) || errors.Is(err, image.ErrFormat)
}

// failing keeps what reading failed with, which is not the image's fault.
type failing struct {
	r   io.ReaderAt
	err error
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
