// Package imageheader tells from a file's first bytes whether it is an image that CVAT imports: its
// kind, its width and height as CVAT shows them, and what is wrong with it.
//
// An image passes if Pillow opens it and loads its pixels. CVAT asks Pillow for less: it shows what is there of a JPEG, PNG or GIF whose
// pixels are damaged. Of a TIFF or WebP it does not: the import of the whole task fails (measured on 2.73, both). So the pixels of those are
// unpacked here. Those of a PNG are not: it would take 26 times as long as their SHA-256.
package imageheader

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/content"
)

// A Header is what the first bytes of an image tell.
type Header struct {
	Width, Height int    // pixels, as displayed; 0 is not known
	Unchecked     string // the format's name, where only CVAT can open it
	Grey16        bool   // grey in 16 bits, of a PNG or a TIFF
}

func corrupt(format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Error, Code: diag.CodeCorruptImage, Text: fmt.Sprintf(format, args...), Hint: diag.Do(diag.HintRepairImage)}
}

// Empty is what is wrong with a file of 0 bytes.
func Empty() diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Error, Code: diag.CodeEmptyImage, Text: "empty (0 bytes)", Hint: diag.Do(diag.HintCopyAgain)}
}

// Read checks the image in r, of the given size. Its error is a [diag.Diagnostic], or the
// reader's.
func Read(r io.ReaderAt, size int64, name string) (Header, error) {
	if size == 0 {
		return Header{}, Empty()
	}
	head := make([]byte, min(size, 1024))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return Header{}, err
	}
	if code, name := content.Pointer(head); code != "" {
		return Header{}, diag.Diagnostic{Severity: diag.Error, Code: code, Text: name + ", not the image"}
	}
	for _, f := range decoders {
		if f.is(head) {
			h, err := f.header(r, size)
			if err != nil && f.name == "icon" && hasExtension(targaExtensions, name) {
				break // a TGA with an origin of its colours begins as a cursor does
			}
			return h, err
		}
	}
	return foreign(io.NewSectionReader(r, 0, size), head, name)
}

// A decoder judges the headers of a format by what Pillow opens. It gives the orientation too.
type decoder struct {
	name  string
	is    func(head []byte) bool
	judge func(r *io.SectionReader) (Header, outline, error)
}

// An outline is what a walk finds.
type outline struct {
	width, height int
	orientation   int   // as EXIF counts; 0 is none
	scan          int64 // where a JPEG's pixels begin
}

var decoders = []decoder{
	{name: "JPEG", is: prefix("\xff\xd8\xff"), judge: jpegHeader},
	{name: "PNG", is: prefix("\x89PNG\r\n\x1a\n"), judge: pngHeader},
	{name: "GIF", is: prefix("GIF87a", "GIF89a"), judge: upright(gifHeader)},
	{name: "BMP", is: prefix("BM"), judge: upright(bmpHeader)},
	{name: "TIFF", is: isTIFF, judge: upright(tiffHeader)},
	{name: "WebP", is: isWebP, judge: webpHeader},
	{name: "icon", is: isIcon, judge: upright(iconHeader)},
}

// upright is a format whose orientation does not matter.
func upright(judge func(*io.SectionReader) (Header, error)) func(*io.SectionReader) (Header, outline, error) {
	return func(r *io.SectionReader) (Header, outline, error) {
		h, err := judge(r)
		return h, outline{}, err
	}
}

// errCutOff is of a file that ends before its pixels do.
var errCutOff = errors.New("the pixels are cut off")

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

var isTIFF = prefix("II*\x00", "MM\x00*", "II\x00*", "MM*\x00", "II+\x00", "MM\x00+")

func isWebP(head []byte) bool {
	return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
}

// header is what the decoder finds, in a diagnostic's words.
func (d decoder) header(r io.ReaderAt, size int64) (Header, error) {
	h, o, err := d.judge(io.NewSectionReader(r, 0, size))
	if err != nil {
		return h, d.broken(err)
	}
	return o.turn(h), tooLarge(h)
}

// turn gives the size as it is shown.
func (o outline) turn(h Header) Header {
	if o.orientation > 4 {
		h.Width, h.Height = h.Height, h.Width
	}
	return h
}

func (d decoder) broken(err error) error {
	if errors.Is(err, errCutOff) {
		return corrupt("truncated: the pixels of the %s are cut off", d.name)
	}
	if truncated(err) {
		return corrupt("truncated: the %s header is cut off", d.name)
	}
	return corrupt("corrupt %s: %v", d.name, err)
}

// maxPixels is where Pillow takes an image for a decompression bomb and refuses it; CVAT 2.73 does not lift that. maxSide is that of the
// JPEGs that CVAT makes of images of any format to show them, without which the import fails (measured: 65500 passes, 65501 does not).
const (
	maxPixels = 178_956_970
	maxSide   = 65_500
)

func tooLarge(h Header) error {
	limit := ""
	switch {
	case h.Width > 0 && h.Height > maxPixels/h.Width:
		limit = fmt.Sprintf("at most %d in all", maxPixels)
	case max(h.Width, h.Height) > maxSide:
		limit = fmt.Sprintf("images of at most %d a side", maxSide)
	default:
		return nil
	}
	return diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeTooLargeImage, Hint: diag.Do(diag.HintShrinkImage),
		Text: fmt.Sprintf("%d x %d pixels; CVAT opens %s", h.Width, h.Height, limit),
	}
}

func truncated(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
