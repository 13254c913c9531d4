package importer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// drawn is a picture in a format that Go can write.
func drawn(t testing.TB, format string, w, h int) []byte {
	t.Helper()
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	var err error
	switch format {
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "png":
		err = png.Encode(&b, img)
	case "png16":
		err = png.Encode(&b, image.NewGray16(img.Rect))
	case "gif":
		err = gif.Encode(&b, img, nil)
	case "bmp":
		err = bmp.Encode(&b, img)
	case "tiff":
		err = tiff.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// turned puts an EXIF orientation into a JPEG.
func turned(raw []byte, orientation uint16) []byte {
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	binary.BigEndian.PutUint16(exif[24:], orientation)
	segment := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	return append(append([]byte{0xff, 0xd8}, segment...), raw[2:]...)
}

func decoded(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bigTIFF has the header and the directory of one of three samples, the bits of which need no other place.
func bigTIFF() []byte {
	le := binary.LittleEndian
	b := []byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00")
	tags := [][4]uint64{{256, 3, 1, 7}, {257, 4, 1, 5}, {258, 3, 3, 8 | 8<<16 | 8<<32}, {259, 3, 1, 1}, {262, 3, 1, 2}, {273, 16, 1, 16}, {277, 3, 1, 3}}
	b = le.AppendUint64(b, uint64(len(tags)))
	for _, t := range tags {
		b = le.AppendUint64(le.AppendUint16(le.AppendUint16(b, uint16(t[0])), uint16(t[1])), t[2])
		b = le.AppendUint64(b, t[3])
	}
	return b
}

func TestImagesAreKnownByTheirHeaders(t *testing.T) {
	webp := decoded(t, "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==") // 1 by 1, lossless
	for name, test := range map[string]struct {
		content []byte
		want    header
	}{
		"jpeg":             {drawn(t, "jpeg", 30, 20), header{30, 20, 0, "jpeg"}},
		"turned jpeg":      {turned(drawn(t, "jpeg", 30, 20), 6), header{30, 20, 6, "jpeg"}},
		"png":              {drawn(t, "png", 31, 21), header{31, 21, 0, "png"}},
		"16 bit png":       {drawn(t, "png16", 3, 5), header{3, 5, 0, "png"}},
		"gif":              {drawn(t, "gif", 32, 22), header{32, 22, 0, "gif"}},
		"bmp":              {drawn(t, "bmp", 33, 23), header{33, 23, 0, "bmp"}},
		"tiff":             {drawn(t, "tiff", 34, 24), header{34, 24, 0, "tiff"}},
		"big tiff":         {bigTIFF(), header{7, 5, 0, "tiff"}},
		"webp":             {webp, header{1, 1, 0, "webp"}},
		"pgm with comment": {[]byte("P5\n# by hand\n7 9\n255\n"), header{7, 9, 0, "pnm"}},
		"ico":              {append([]byte("\x00\x00\x01\x00\x02\x00\x10\x10"), append(make([]byte, 14), append([]byte{0, 32}, make([]byte, 14)...)...)...), header{256, 32, 0, "ico"}},
		"psd":              {append([]byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x09\x00\x00\x00\x08"), 0, 8), header{8, 9, 0, "psd"}},
		"j2k":              {[]byte("\xff\x4f\xff\x51\x00\x29\x00\x00\x00\x00\x00\x06\x00\x00\x00\x05\x00\x00"), header{6, 5, 0, "j2k"}},
		"tga":              {[]byte("\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x03\x00\x18\x00"), header{4, 3, 0, "tga"}},
		"cut jpeg":         {drawn(t, "jpeg", 300, 200)[:700], header{300, 200, 0, "jpeg"}},
	} {
		got, err := readHeader(bytes.NewReader(test.content), int64(len(test.content)))
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, test.want)
		}
	}
}

func TestWhatIsNoImageIsRefused(t *testing.T) {
	cutPNG := drawn(t, "png", 30, 20)
	badPNG := bytes.Clone(cutPNG)
	badPNG[18] ^= 1
	twelveBits := bytes.Clone(drawn(t, "jpeg", 8, 8))
	twelveBits[bytes.Index(twelveBits, []byte{0xff, 0xc0})+4] = 12
	for name, content := range map[string][]byte{
		"nothing":              nil,
		"text":                 []byte("this is not an image at all"),
		"a jpeg's first bytes": {0xff, 0xd8, 0xff},
		"a jpeg cut early":     drawn(t, "jpeg", 30, 20)[:100],
		"12 bits":              twelveBits,
		"a png's signature":    cutPNG[:8],
		"a png without pixels": cutPNG[:33],
		"a png's bad checksum": badPNG,
		"a gif without images": append(drawn(t, "gif", 3, 2)[:13+6], ';'),
		"an empty tiff":        []byte("II*\x00\x08\x00\x00\x00\x00\x00"),
		"a cut webp":           []byte("RIFF\xff\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11"),
		"a pnm of words":       []byte("P6 wide high 255 "),
	} {
		if h, err := readHeader(bytes.NewReader(content), int64(len(content))); err == nil {
			t.Errorf("%s is taken for %+v", name, h)
		}
	}
}

// Multispectral and high-range TIFFs, and compressions of geographers, are none that Pillow opens.
func TestTIFFsThatPillowCannotOpenAreRefused(t *testing.T) {
	files, err := filepath.Glob("../../source/imageheader/testdata/field/06-tiff-that-pillow-cannot-open/*.tif")
	if err != nil || len(files) != 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if h, err := readHeader(bytes.NewReader(content), int64(len(content))); err == nil {
			t.Errorf("%s is taken for %+v", file, h)
		}
	}
}

func FuzzReadHeaderNeverPanics(f *testing.F) {
	for _, format := range []string{"jpeg", "png", "gif", "bmp", "tiff"} {
		f.Add(drawn(f, format, 9, 7))
	}
	f.Add(turned(drawn(f, "jpeg", 9, 7), 5))
	f.Fuzz(func(_ *testing.T, content []byte) {
		_, _ = readHeader(bytes.NewReader(content), int64(len(content)))
	})
}

// A header of a point cloud is not read without end.
func TestACloudsHeaderIsBounded(t *testing.T) {
	endless := io.LimitReader(repeated('a'), 1<<40)
	if _, err := readCloud(endless); err == nil || !strings.Contains(err.Error(), "a header of more than 1048576 bytes") {
		t.Error(err)
	}
	comments := strings.Repeat("# "+strings.Repeat("a", 1000)+"\n", 1000)
	head := comments + "VERSION 0.7\nWIDTH 3\nHEIGHT 1\nDATA binary\n"
	if h, err := readCloud(strings.NewReader(head)); err != nil || h.width != 3 {
		t.Error(h, err)
	}
}

// repeated is a reader of one byte, again and again.
type repeated byte

func (b repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}
