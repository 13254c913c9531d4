package imageheader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// Pillow opens none of them: CVAT's import of the whole task would fail.
func TestPixelsThatAreCutOffAreFound(t *testing.T) {
	img := image.NewPaletted(image.Rect(0, 0, 50, 40), palette.Plan9)
	for i := range img.Pix {
		img.Pix[i] = byte(rand.New(rand.NewPCG(1, uint64(i))).Uint32())
	}
	for name, encode := range map[string]func(io.Writer) error{
		"JPEG":                  func(w io.Writer) error { return jpeg.Encode(w, img, nil) },
		"JPEG with a thumbnail": func(w io.Writer) error { return jpegWithin(w, img, "Exif\x00\x00II*\x00", 0xe1) },
		"JPEG with a comment":   func(w io.Writer) error { return jpegWithin(w, img, "the end \xff\xd9 of all", 0xfe) },
		"PNG":                   func(w io.Writer) error { return png.Encode(w, img) },
		"GIF":                   func(w io.Writer) error { return gif.Encode(w, img, nil) },
		"BMP":                   func(w io.Writer) error { return bmp.Encode(w, img) },
		"TIFF":                  func(w io.Writer) error { return tiff.Encode(w, img, nil) },
		"TIFF, the pixels last": func(w io.Writer) error { _, err := w.Write(tiffOf(50, 40, 8)); return err },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := encode(&b); err != nil {
				t.Fatal(err)
			}
			whole := b.Bytes()
			for _, more := range []string{"", "something behind it"} {
				data := append(bytes.Clone(whole), more...)
				if _, err := Read(bytes.NewReader(data), int64(len(data)), ""); err != nil {
					t.Errorf("whole, and %q: %v", more, err)
				}
			}
			for _, percent := range []int{30, 60, 90} {
				data := whole[:len(whole)*percent/100]
				if _, err := Read(bytes.NewReader(data), int64(len(data)), ""); err == nil || !strings.Contains(err.Error(), "truncated") {
					t.Errorf("%d %% of it: %v", percent, err)
				}
			}
		})
	}
}

// Rows of a BMP are padded to four bytes, and Pillow does not look for those behind the last one.
func TestABMPNeedsNoPaddingAtItsEnd(t *testing.T) {
	var b bytes.Buffer
	if err := bmp.Encode(&b, image.NewPaletted(image.Rect(0, 0, 50, 40), palette.Plan9)); err != nil {
		t.Fatal(err)
	}
	for missing, whole := range []bool{true, true, true, false} {
		data := b.Bytes()[:b.Len()-missing]
		if _, err := Read(bytes.NewReader(data), int64(len(data)), ""); (err == nil) != whole {
			t.Errorf("without %d bytes: %v", missing, err)
		}
	}
}

func TestAGIFThatEndsWithinItsPictureIsCutOff(t *testing.T) {
	whole := gifImage(t)
	start := bytes.Index(whole, []byte("\x2c\x00\x00\x00\x00")) // the picture's place
	for n := start + 1; n < start+14; n++ {
		if _, err := Read(bytes.NewReader(whole[:n]), int64(n), ""); err == nil || !strings.Contains(err.Error(), "truncated") {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}

// Bytes that are no block are passed over, as Pillow does, and a file of them takes no read of the storage for each.
func TestAGIFsBlocksAreReadManyAtOnce(t *testing.T) {
	whole := gifImage(t)
	start := bytes.Index(whole, []byte("\x2c\x00\x00\x00\x00"))
	for name, between := range map[string]string{"bytes that are no block": "\x00", "extensions": "\x21\xfe\x00"} {
		data := slices.Concat(whole[:start], bytes.Repeat([]byte(between), 100_000), whole[start:])
		r := &countedReads{from: bytes.NewReader(data)}
		if _, err := Read(r, int64(len(data)), ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if most := len(data)/1000 + 20; r.n > most {
			t.Errorf("%s: %d reads of %d bytes, want %d at most", name, r.n, len(data), most)
		}
		if _, err := Read(r, int64(len(data)-len(whole)+start+12), ""); err == nil || !strings.Contains(err.Error(), "truncated") {
			t.Errorf("%s, cut off: %v", name, err)
		}
	}
}

type countedReads struct {
	from io.ReaderAt
	n    int
}

func (r *countedReads) ReadAt(b []byte, at int64) (int, error) {
	r.n++
	return r.from.ReadAt(b, at)
}

// jpegWithin writes a JPEG with a segment that holds a smaller JPEG.
func jpegWithin(w io.Writer, img image.Image, before string, marker byte) error {
	var b, small bytes.Buffer
	if err := errors.Join(jpeg.Encode(&b, img, nil), jpeg.Encode(&small, image.NewGray(image.Rect(0, 0, 8, 8)), nil)); err != nil {
		return err
	}
	segment := before + small.String()
	data := append([]byte("\xff\xd8\xff"), marker)
	data = binary.BigEndian.AppendUint16(data, uint16(len(segment)+2))
	data = append(append(data, segment...), b.Bytes()[2:]...)
	_, err := w.Write(data)
	return err
}
