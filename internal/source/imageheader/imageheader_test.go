package imageheader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// picture is a small image, 8 wide and 6 high.
func picture() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 8, 6))
	for i := range 48 {
		m.Set(i%8, i/8, color.RGBA{uint8(i * 5), uint8(255 - i), 90, 255})
	}
	return m
}

func encoded(t testing.TB, encode func(io.Writer, image.Image) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, picture()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegImage(t testing.TB) []byte {
	return encoded(t, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) })
}

func pngImage(t testing.TB) []byte { return encoded(t, png.Encode) }

func gifImage(t testing.TB) []byte {
	return encoded(t, func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) })
}

func tiffImage(t testing.TB) []byte {
	return encoded(t, func(w io.Writer, m image.Image) error { return tiff.Encode(w, m, nil) })
}

// webpImage is lossless and whole, of 8 x 6 pixels.
func webpImage() []byte { return riff(chunk("VP8L", lossless(8, 6).data)) }

func chunk(name string, data []byte) []byte {
	b := append([]byte(name), binary.LittleEndian.AppendUint32(nil, uint32(len(data)))...)
	return append(append(b, data...), make([]byte, len(data)%2)...)
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...), body...)
}

// exifBlock is an EXIF block with an orientation alone.
func exifBlock(orientation byte) []byte {
	return []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00\x00")
}

// withSegment puts an APP1 segment after a JPEG's first marker.
func withSegment(b []byte, data string) []byte {
	segment := "\xff\xe1" + string(binary.BigEndian.AppendUint16(nil, uint16(len(data)+2))) + data
	return append(append([]byte("\xff\xd8"), segment...), b[2:]...)
}

func withPNGChunk(b []byte, name string, data []byte) []byte {
	return slices.Concat(b[:33], pngChunk(name, data), b[33:])
}

// png221 is a PNG of a colour type that there is not, with its checksum right.
func png221(b []byte) []byte {
	b = bytes.Clone(b)
	b[25] = 221
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func before(b []byte, what string) []byte { return b[:bytes.Index(b, []byte(what))] }

type finding struct {
	Width, Height int
	Unchecked     string
	Code          diag.Code
	Text          string
}

func judged(name string, b []byte) finding {
	h, err := Read(bytes.NewReader(b), int64(len(b)), name)
	v := finding{Width: h.Width, Height: h.Height, Unchecked: h.Unchecked}
	var f diag.Diagnostic
	if errors.As(err, &f) {
		return finding{Code: f.Code, Text: f.Text}
	}
	if err != nil {
		return finding{Text: err.Error()}
	}
	return v
}

func TestImagesPassWithTheirSizeAsCVATShowsIt(t *testing.T) {
	j, p := jpegImage(t), pngImage(t)
	tests := map[string]struct {
		image []byte
		want  finding
	}{
		"JPEG":                       {j, finding{Width: 8, Height: 6}},
		"JPEG, rotated by EXIF":      {withSegment(j, "Exif\x00\x00"+string(exifBlock(6))), finding{Width: 6, Height: 8}},
		"JPEG, upside down by EXIF":  {withSegment(j, "Exif\x00\x00"+string(exifBlock(3))), finding{Width: 8, Height: 6}},
		"JPEG, rotated by XMP":       {withSegment(j, "http://ns.adobe.com/xap/1.0/\x00<x tiff:Orientation=\"8\"/>"), finding{Width: 6, Height: 8}},
		"JPEG, damaged EXIF":         {withSegment(j, "Exif\x00\x00II*\x00\xff\xff\xff\xff"), finding{Width: 8, Height: 6}},
		"PNG":                        {p, finding{Width: 8, Height: 6}},
		"PNG, rotated":               {withPNGChunk(p, "eXIf", exifBlock(5)), finding{Width: 6, Height: 8}},
		"GIF":                        {gifImage(t), finding{Width: 8, Height: 6}},
		"BMP":                        {encoded(t, bmp.Encode), finding{Width: 8, Height: 6}},
		"TIFF":                       {tiffImage(t), finding{Width: 8, Height: 6}},
		"WebP":                       {webpImage(), finding{Width: 8, Height: 6}},
		"WebP, rotated":              {riff(chunk("VP8X", []byte{8, 0, 0, 0, 7, 0, 0, 5, 0, 0}), webpImage()[12:], chunk("EXIF", exifBlock(6))), finding{Width: 6, Height: 8}},
		"another format's extension": {p, finding{Width: 8, Height: 6}},
		"JPEG of a rare kind":        {bytes.Replace(j, []byte("\xff\xc0\x00\x11\x08"), []byte("\xff\xc9\x00\x11\x08"), 1), finding{Width: 8, Height: 6, Unchecked: "this kind of JPEG"}},
		"JPEG 2000":                  {[]byte("\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 \x00\x00\x00\x00jp2 \x00\x00\x00\x2djp2h\x00\x00\x00\x16ihdr\x00\x00\x00\x06\x00\x00\x00\x08"), finding{Width: 8, Height: 6, Unchecked: "JPEG 2000"}},
		"Photoshop":                  {[]byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x06\x00\x00\x00\x08\x00\x08\x00\x03"), finding{Width: 8, Height: 6, Unchecked: "Photoshop"}},
		"portable pixmap":            {[]byte("P6\n8 6\n255\n"), finding{Unchecked: "PNM"}},
		"Photoshop, cut off":         {[]byte("8BPS"), finding{Unchecked: "Photoshop"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, judged("x.jpg", tt.image)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFilesThatAreNoImagesAreNamedForWhatTheyAre(t *testing.T) {
	j, p, g, tf := jpegImage(t), pngImage(t), gifImage(t), tiffImage(t)
	tests := map[string]struct {
		image []byte
		want  finding
	}{
		"empty":                          {nil, finding{Code: diag.CodeEmptyImage, Text: "empty (0 bytes)"}},
		"JPEG, cut in the header":        {j[:100], finding{Code: diag.CodeCorruptImage, Text: "truncated: the JPEG header is cut off"}},
		"JPEG, cut before the scan":      {before(j, "\xff\xda"), finding{Code: diag.CodeCorruptImage, Text: "truncated: the JPEG header is cut off"}},
		"JPEG, only the magic":           {j[:3], finding{Code: diag.CodeCorruptImage, Text: "truncated: the JPEG header is cut off"}},
		"JPEG without a frame":           {[]byte("\xff\xd8\xff\xda\x00\x02"), finding{Code: diag.CodeCorruptImage, Text: "corrupt JPEG: invalid JPEG format: missing SOF marker"}},
		"JPEG, cut in the scan's header": {j[:bytes.Index(j, []byte("\xff\xda"))+4], finding{Code: diag.CodeCorruptImage, Text: "truncated: the JPEG header is cut off"}},
		"JPEG of 12 bits":                {bytes.Replace(j, []byte("\xff\xc0\x00\x11\x08"), []byte("\xff\xc1\x00\x11\x0c"), 1), finding{Code: diag.CodeCorruptImage, Text: "corrupt JPEG: it has 12 bits per sample, and CVAT opens only 8"}},
		"too many pixels":                {[]byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x60\x00\x00\x00\x60\x00\x00\x08\x00\x03"), finding{Code: diag.CodeTooLargeImage, Text: "24576 x 24576 pixels; CVAT opens at most 178956970 in all"}},
		"PNG, no such colours":           {png221(p), finding{Code: diag.CodeCorruptImage, Text: "corrupt PNG: there is no colour type 221 of 8 bits"}},
		"PNG, cut before the pixels":     {before(p, "IDAT"), finding{Code: diag.CodeCorruptImage, Text: "truncated: the PNG header is cut off"}},
		"PNG, wrong checksum":            {bytes.Replace(p, []byte("IHDR\x00"), []byte("IHDR\x01"), 1), finding{Code: diag.CodeCorruptImage, Text: "corrupt PNG: chunk IHDR has a wrong checksum"}},
		"PNG without pixels":             {append(append([]byte{}, p[:33]...), p[len(p)-12:]...), finding{Code: diag.CodeCorruptImage, Text: "corrupt PNG: it has no pixels"}},
		"GIF, cut off":                   {g[:13], finding{Code: diag.CodeCorruptImage, Text: "truncated: the GIF header is cut off"}},
		"TIFF, cut off":                  {tf[:len(tf)-20], finding{Code: diag.CodeCorruptImage, Text: "truncated: the TIFF header is cut off"}},
		"WebP without a picture":         {riff(chunk("VP8X", []byte{8, 0, 0, 0, 7, 0, 0, 5, 0, 0}), chunk("EXIF", exifBlock(6))), finding{Code: diag.CodeCorruptImage, Text: "corrupt WebP: it has no picture"}},
		"WebP of chunks that do not fit": {riff(chunk("VP8X", []byte{8, 0, 0, 0, 7, 0, 0, 5, 0, 0}), webpImage()[12:], []byte("abcdef")), finding{Code: diag.CodeCorruptImage, Text: "corrupt WebP: its chunks do not fill it"}},
		"WebP, cut off":                  {webpImage()[:22], finding{Code: diag.CodeCorruptImage, Text: "truncated: the WebP header is cut off"}},
		"BMP, cut off":                   {encoded(t, bmp.Encode)[:20], finding{Code: diag.CodeCorruptImage, Text: "truncated: the BMP header is cut off"}},
		"text":                           {[]byte("hello\nworld"), finding{Code: diag.CodeNotAnImage, Text: `not an image: text`}},
		"HTML":                           {[]byte("<!DOCTYPE html><html>"), finding{Code: diag.CodeNotAnImage, Text: "not an image: an HTML page, as a download gives that needed a login"}},
		"zeros":                          {make([]byte, 5000), finding{Code: diag.CodeNotAnImage, Text: "not an image: it begins with zeros only, as a file does whose copy was interrupted"}},
		"noise":                          {[]byte("\x01\x02\x03\x04\x05\x06\x07\x08\x09"), finding{Code: diag.CodeNotAnImage, Text: "not an image: it begins with the bytes 01 02 03 04"}},
		"a PDF":                          {[]byte("%PDF-1.4\n"), finding{Code: diag.CodeNotAnImage, Text: "not an image: its content is application/pdf"}},
		"a Git LFS pointer":              {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"), finding{Code: diag.CodeLFSPointer, Text: "a Git LFS pointer, not the image"}},
		"a DVC stub":                     {[]byte("outs:\n- md5: 00\n  path: a.jpg\n"), finding{Code: diag.CodeDVCMissing, Text: "a DVC stub, not the image"}},
		"a git-annex pointer":            {[]byte("/annex/objects/SHA256E-s9--00.jpg\n"), finding{Code: diag.CodeAnnexMissing, Text: "a git-annex pointer, not the image"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, judged("x.jpg", tt.image)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTargaIsBelievedWhereTheNameSaysSo(t *testing.T) {
	targa := append([]byte("\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x06\x00\x18\x00"), make([]byte, 3*8*6)...)
	if diff := cmp.Diff(finding{Width: 8, Height: 6}, judged("x.TGA", targa)); diff != "" {
		t.Error(diff)
	}
	if v := judged("x.jpg", targa); !strings.HasPrefix(v.Text, "not an image") {
		t.Errorf("as .jpg: %+v", v)
	}
}

func FuzzRead(f *testing.F) {
	j, p := jpegImage(f), pngImage(f)
	for _, seed := range [][]byte{
		j, p, gifImage(f), tiffImage(f), webpImage(), encoded(f, bmp.Encode), withSegment(j, "Exif\x00\x00"+string(exifBlock(6))),
		withPNGChunk(p, "eXIf", exifBlock(5)), withPNGChunk(p, "zTXt", append([]byte("k\x00\x00"), deflated(2<<20)...)), tiffOf(8, 6, 16),
		encoded(f, bmp.Encode)[:60], []byte("\x00\x00\x01\x00\x01\x00\x08\x06\x00\x00\x01\x00\x20\x00\x40\x00\x00\x00\x16\x00\x00\x00\x28\x00\x00\x00"), j[:50], p[:40], []byte("8BPS"), []byte("P6\n8 6\n255\n"),
	} {
		f.Add(seed, "x.jpg")
		f.Add(seed, "x.tga")
	}
	files, _ := filepath.Glob("testdata/field/*/*")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, filepath.Base(file))
	}
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		h, err := Read(bytes.NewReader(b), int64(len(b)), name)
		var fault diag.Diagnostic
		switch {
		case err != nil && !errors.As(err, &fault):
			t.Errorf("an error of another kind: %v", err)
		case err == nil && h.Unchecked == "" && (h.Width <= 0 || h.Height <= 0):
			t.Errorf("a checked image of %d x %d pixels", h.Width, h.Height)
		case err == nil && (h.Width < 0 || h.Height < 0):
			t.Errorf("%d x %d pixels", h.Width, h.Height)
		}
	})
}
