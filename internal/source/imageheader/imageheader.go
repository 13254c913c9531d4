package source

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// A header is what the first bytes of an image tell. CVAT's import reads no more of an
// image than Pillow's Image.open does, so an image that passes here imports, even if
// its pixels are cut off (measured on 2.73).
type header struct {
	width, height int    // as displayed; 0 is not known
	unchecked     string // the format's name, where only CVAT can open it
}

// A fault is why a file is no image that CVAT imports.
type fault struct {
	code       diag.Code
	text, hint string
}

func (f *fault) Error() string { return f.text }

func corrupt(format string, args ...any) *fault {
	return &fault{code: diag.CodeCorruptImage, text: fmt.Sprintf(format, args...), hint: "repair or remove it, or set frames.bad: skip"}
}

// readHeader checks the image in r, of the given size. Its error is a *fault, or the
// reader's.
func readHeader(r io.ReaderAt, size int64, name string) (header, error) {
	if size == 0 {
		return header{}, &fault{code: diag.CodeEmptyImage, text: "empty (0 bytes)", hint: "copy it again or remove it, or set frames.bad: skip"}
	}
	head := make([]byte, min(size, 1024))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return header{}, err
	}
	if f := pointer(head); f != nil {
		return header{}, f
	}
	for _, f := range decoders {
		if f.is(head) {
			return f.header(r, size)
		}
	}
	return foreign(head, name)
}

// A decoder reads the headers of a format that Go knows. Its walk goes on where Go's
// look at the header ends and Pillow's does not; it gives the orientation too.
type decoder struct {
	name   string
	is     func(head []byte) bool
	config func(io.Reader) (image.Config, error)
	walk   func(r *io.SectionReader) (outline, error)
}

// An outline is what a walk finds.
type outline struct {
	width, height int
	orientation   int // as EXIF counts; 0 is none
}

var decoders = []decoder{
	{"JPEG", prefix("\xff\xd8\xff"), jpeg.DecodeConfig, buffered(walkJPEG)},
	{"PNG", prefix("\x89PNG\r\n\x1a\n"), png.DecodeConfig, buffered(walkPNG)},
	{"GIF", prefix("GIF87a", "GIF89a"), gif.DecodeConfig, buffered(walkGIF)},
	{"BMP", prefix("BM"), bmp.DecodeConfig, walkNothing},
	{"TIFF", prefix("II*\x00", "MM\x00*"), tiff.DecodeConfig, walkTIFF},
	{"WebP", isWebP, webp.DecodeConfig, walkWebP},
}

func prefix(magic ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, m := range magic {
			if bytes.HasPrefix(head, []byte(m)) {
				return true
			}
		}
		return false
	}
}

func isWebP(head []byte) bool {
	return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
}

// header asks Go's decoder, then walks on. What only Go finds fault with, CVAT may
// open: such an image passes, unchecked.
func (d decoder) header(r io.ReaderAt, size int64) (header, error) {
	config, err := d.config(io.NewSectionReader(r, 0, size))
	o, walked := d.walk(io.NewSectionReader(r, 0, size))
	h := header{width: config.Width, height: config.Height}
	switch {
	case walked != nil:
		return h, d.broken(walked)
	case err != nil && (truncated(err) || o.width*o.height == 0 && !unsupported(err)):
		return h, d.broken(err)
	case err != nil:
		h = header{width: o.width, height: o.height, unchecked: "this kind of " + d.name}
	case h.width <= 0 || h.height <= 0:
		return h, corrupt("%s of %d x %d pixels", d.name, h.width, h.height)
	}
	if o.orientation > 4 {
		h.width, h.height = h.height, h.width
	}
	return h, tooLarge(h)
}

func (d decoder) broken(err error) error {
	if truncated(err) {
		return corrupt("truncated: the %s header is cut off", d.name)
	}
	return corrupt("corrupt %s: %v", d.name, err)
}

// maxPixels is where Pillow takes an image for a decompression bomb and refuses it;
// CVAT 2.73 does not lift that.
const maxPixels = 178_956_970

func tooLarge(h header) error {
	if h.width == 0 || h.height <= maxPixels/h.width {
		return nil
	}
	return &fault{
		code: diag.CodeTooLargeImage, hint: "split it, or scale it down",
		text: fmt.Sprintf("%d x %d pixels; CVAT opens at most %d in all", h.width, h.height, maxPixels),
	}
}

func truncated(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func unsupported(err error) bool {
	var j jpeg.UnsupportedError
	var t tiff.UnsupportedError
	return errors.As(err, &j) || errors.As(err, &t) || errors.Is(err, bmp.ErrUnsupported)
}
