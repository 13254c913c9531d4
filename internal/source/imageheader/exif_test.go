package imageheader

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"
)

// orientationOf is an EXIF block that holds an orientation of a type, or as many as there are.
func orientationOf(kind uint16, values ...uint16) string {
	b := []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01")
	b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint16(b, kind), uint32(len(values)))
	for _, v := range append(values, 0)[:2] {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return string(b) + "\x00\x00\x00\x00"
}

// The verdicts are those of imports of CVAT 2.73, each of one image.
func TestEXIFBlocksOnWhichImportsFailAreFound(t *testing.T) {
	noDensity := jpegImage(t)

	jfif := "\xff\xe0\x00\x10JFIF\x00\x01\x01\x01\x00\x48\x00\x48\x00\x00"
	density := slices.Concat([]byte("\xff\xd8"+jfif), noDensity[2:])
	webp := func(block string) []byte {
		return webpOf(webpHead(webpEXIF, 8, 6), lossless(8, 6), riffChunk{"EXIF", []byte(block)})
	}
	raw := func(block string) []byte {
		return withPNGChunk(pngImage(t), "tEXt", []byte(pngRawEXIF+"\x00\nexif\n  8\n"+hex.EncodeToString([]byte(block))))
	}
	for name, c := range map[string]struct {
		block  string
		turned bool
		fails  bool // of a PNG, a WebP and a JPEG whose JFIF tells its density
		always bool // of any other JPEG, too
	}{
		"whole":                          {block: orientationOf(3, 6), turned: true},
		"with what JPEGs have before it": {block: exifHead + orientationOf(3, 6), turned: true},
		"of two orientations":            {block: orientationOf(3, 6, 3), turned: true},
		"of no orientation that is":      {block: orientationOf(3, 9)},
		"empty":                          {block: ""},
		"of a directory that is cut off": {block: orientationOf(3, 6)[:14]},
		"that begins behind its end":     {block: "II*\x00\xff\xff\x00\x00"},
		"of zeros":                       {block: "\x00\x00\x00\x00\x00\x00\x00\x00", fails: true},
		"of text":                        {block: "garbage!garbage", fails: true},
		"with a wrong number":            {block: "MM\x13*\x00\x00\x00\x08", fails: true},
		"of three bytes":                 {block: "II*", fails: true},
		"of six bytes":                   {block: "II*\x00\x08\x00", fails: true},
		"that is a BigTIFF":              {block: "II+\x00\x08\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", fails: true},
		"with an orientation in text":    {block: orientationOf(2, '6'), fails: true, always: true},
		"with an orientation in a byte":  {block: orientationOf(1, 6), fails: true, always: true},
	} {
		for format, f := range map[string]struct {
			file  []byte
			fails bool
		}{
			"a.png":         {withPNGChunk(pngImage(t), "eXIf", []byte(c.block)), c.fails},
			"a.webp":        {webp(c.block), c.fails},
			"raw.png":       {raw(c.block), c.fails},
			"density.jpg":   {withSegment(density, exifHead+c.block), c.fails},
			"nodensity.jpg": {withSegment(noDensity, exifHead+c.block), c.always},
		} {
			h, err := Read(bytes.NewReader(f.file), int64(len(f.file)), format)
			if (err != nil) != f.fails || err == nil && (h.Height > h.Width) != c.turned {
				t.Errorf("a block %s in %s: %+v, %v", name, format, h, err)
			}
		}
	}
}

func TestABlockInTwoSegmentsIsOne(t *testing.T) {
	block := orientationOf(3, 6)
	file := withSegment(withSegment(jpegImage(t), exifHead+block[9:]), exifHead+block[:9])
	if h, err := Read(bytes.NewReader(file), int64(len(file)), "a.jpg"); err != nil || h.Height < h.Width {
		t.Errorf("%+v, %v", h, err)
	}
}

// CVAT shows images as JPEGs, and fails to make one that is longer (measured with PNGs of 65500 and 65501 x 2 pixels).
func TestASideThatNoJPEGHasIsTooLarge(t *testing.T) {
	for _, side := range []int{65500, 65501} {
		for _, h := range []Header{{Width: side, Height: 2}, {Width: 2, Height: side}} {
			if err := tooLarge(h); (err == nil) != (side == 65500) {
				t.Errorf("%d x %d: %v", h.Width, h.Height, err)
			}
		}
	}
	file := bytes.Clone(laidOutTIFF(false, map[uint16][]uint32{tiffHeight: {65501}, tiffWidth: {1}, tiffRows: {65501}, tiffStrips: {1024}, tiffStripBytes: {65501}}, nil))
	file = append(file, make([]byte, 65501)...)
	if _, err := Read(bytes.NewReader(file), int64(len(file)), "a.tif"); err == nil {
		t.Error("a TIFF of 1 x 65501 pixels is taken")
	}
}
