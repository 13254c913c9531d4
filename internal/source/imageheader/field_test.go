package imageheader

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Pillow knows a fixed table of layouts, and CVAT's import fails on any other. More kinds are compared with
// Pillow itself, in interop/test_images.py.
func TestTIFFsThatPillowCannotOpenAreErrors(t *testing.T) {
	want := map[string]string{
		"f16.tif":         "of 1 samples of 16 bits (photometric 1, sample format 3, extra samples [])",
		"f32_rgb.tif":     "of 3 samples of 32 bits (photometric 2, sample format 3, extra samples [])",
		"f64.tif":         "of 1 samples of 64 bits (photometric 1, sample format 3, extra samples [])",
		"jp2k.tif":        "its compression 34712 is none that CVAT opens",
		"jxl.tif":         "its compression 50002 is none that CVAT opens",
		"lerc.tif":        "its compression 34887 is none that CVAT opens",
		"u16_2band.tif":   "of 2 samples of 16 bits (photometric 1, sample format 1, extra samples [0])",
		"u16_4band.tif":   "of 4 samples of 16 bits (photometric 1, sample format 1, extra samples [0 0 0])",
		"u16_planar5.tif": "it has more planes than CVAT opens",
		"u8_5band.tif":    "of 5 samples of 8 bits (photometric 1, sample format 1, extra samples [0 0 0 0])",
	}
	files, err := filepath.Glob("testdata/field/06-tiff-that-pillow-cannot-open/*.tif")
	if err != nil || len(files) != len(want) {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if v := judged(file, data); v.Code != "corrupt_image" || !strings.Contains(v.Text, want[filepath.Base(file)]) {
			t.Errorf("%s: %+v", file, v)
		}
	}
}

// tiffOf is a grey TIFF of one strip, which is at its end.
func tiffOf(width, height, bits int) []byte {
	le := binary.LittleEndian
	tags := [][2]int{{256, width}, {257, height}, {258, bits}, {259, 1}, {262, 1}, {273, 0}, {277, 1}, {278, height}, {279, width * height * bits / 8}}
	tags[5][1] = 8 + 2 + 12*len(tags) + 4
	b := le.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), uint16(len(tags)))
	for _, tag := range tags {
		b = le.AppendUint32(le.AppendUint32(le.AppendUint16(le.AppendUint16(b, uint16(tag[0])), 4), 1), uint32(tag[1]))
	}
	return append(append(b, 0, 0, 0, 0), make([]byte, width*height*bits/8)...)
}

func TestWhatPillowOpensIsTaken(t *testing.T) {
	p := pngImage(t)
	idat := bytes.Clone(p)
	idat[bytes.Index(p, []byte("IDAT"))+4+int(binary.BigEndian.Uint32(p[33:]))] ^= 1
	tests := map[string][]byte{
		"TIFF of 1 bit": tiffOf(8, 6, 1), "TIFF of 12 bits": tiffOf(8, 6, 12), "TIFF of 16 bits": tiffOf(8, 6, 16), "TIFF of 32 bits": tiffOf(8, 6, 32),
		"PNG with a wrong checksum of pixels": idat,
		"PNG with text":                       withPNGChunk(p, "zTXt", append([]byte("k\x00\x00"), deflated(1<<10)...)),
		"PNG with text that is damaged":       withPNGChunk(p, "zTXt", []byte("k\x00\x00no zlib")),
		"PNG with a chunk of its own":         withPNGChunk(p, "abCd", []byte("x")),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(finding{Width: 8, Height: 6}, judged("x", data)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func deflated(n int) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(make([]byte, n))
	z.Close()
	return b.Bytes()
}

func TestPNGsThatPillowCannotOpenAreErrors(t *testing.T) {
	p := pngImage(t)
	gama := func(flip byte) []byte {
		b := append(binary.BigEndian.AppendUint32(nil, 4), "gAMA\x00\x00\xb1\x8f"...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
		b[len(b)-1] ^= flip
		return append(append(bytes.Clone(p[:33]), b...), p[33:]...)
	}
	if v := judged("x", gama(0)); v.Code != "" {
		t.Errorf("whole: %+v", v)
	}
	large := append([]byte("k\x00\x00"), deflated(2<<20)...)
	tests := map[string]struct {
		data []byte
		want string
	}{
		"wrong checksum":    {gama(1), "corrupt PNG: chunk gAMA has a wrong checksum"},
		"oversized text":    {withPNGChunk(p, "zTXt", large), "corrupt PNG: chunk zTXt holds more than 1 MiB of text"},
		"oversized profile": {withPNGChunk(p, "iCCP", large), "corrupt PNG: chunk iCCP holds more than 1 MiB of text"},
		"oversized iTXt":    {withPNGChunk(p, "iTXt", append([]byte("k\x00\x01\x00\x00\x00"), deflated(2<<20)...)), "corrupt PNG: chunk iTXt holds more than 1 MiB of text"},
		"65 MiB of text":    {withPNGChunk(p, "tEXt", make([]byte, 65<<20)), "corrupt PNG: it has more than 64 MiB of text"},
		"no IEND":           {p[:len(p)-12], "truncated: the pixels of the PNG are cut off"},
		"cut in the IEND":   {p[:len(p)-9], "truncated: the pixels of the PNG are cut off"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if v := judged("x", tt.data); v.Code != "corrupt_image" || v.Text != tt.want {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestIconsAreJudgedByTheirLargestPicture(t *testing.T) {
	p := pngImage(t)
	icon := func(kind byte, picture []byte) []byte {
		entry := binary.LittleEndian.AppendUint32([]byte{0, 0, kind, 0, 1, 0, 8, 6, 0, 0, 1, 0, 32, 0}, uint32(len(picture)))
		return append(binary.LittleEndian.AppendUint32(entry, 22), picture...)
	}
	dib := append(binary.LittleEndian.AppendUint32(nil, 40), "\x08\x00\x00\x00\x0c\x00\x00\x00\x01\x00\x20\x00"...)
	dib = append(dib, make([]byte, 24+8*6*4)...)
	tests := map[string]struct {
		data []byte
		want finding
	}{
		"PNG":             {icon(1, p), finding{Width: 8, Height: 6}},
		"PNG, cut off":    {icon(1, p[:len(p)-20]), finding{Code: "corrupt_image", Text: "truncated: the pixels of the icon are cut off"}},
		"PNG as a cursor": {icon(2, p), finding{Code: "corrupt_image", Text: "corrupt icon: there is no header of 1196314761 bytes"}},
		"bitmap":          {icon(1, dib), finding{Width: 8, Height: 6}},
		"bitmap, cut off": {icon(1, dib[:60]), finding{Code: "corrupt_image", Text: "truncated: the pixels of the icon are cut off"}},
		"cursor":          {icon(2, dib), finding{Width: 8, Height: 6}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, judged("x.ico", tt.data)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
