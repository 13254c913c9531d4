package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"golang.org/x/image/tiff"
)

// exifTurned puts an EXIF orientation into a JPEG.
func exifTurned(raw []byte, orientation uint16) []byte {
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	binary.BigEndian.PutUint16(exif[24:], orientation)
	segment := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	return append(append([]byte{0xff, 0xd8}, segment...), raw[2:]...)
}

func TestAnImageThatEXIFTurnsIsShownUpright(t *testing.T) { // A52
	c := start(t, Options{})
	img := image.NewRGBA(image.Rect(0, 0, 40, 20))
	for y := range 20 {
		for x := range 40 {
			img.Set(x, y, color.RGBA{R: byte(255 * (x / 20)), A: 255}) // black left, red right
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	id := c.newTask(`{"name":"exif"}`)
	c.multiple(id, file{"a.jpg", exifTurned(b.Bytes(), 6)})
	if got := c.imported(id, quality); got != "finished " {
		t.Fatal(got)
	}
	c.get(fmt.Sprintf("/api/tasks/%d/data/meta", id)).want(t, 200, `"width":20,"height":40`)
	shown, _, err := image.Decode(bytes.NewReader([]byte(c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=0&quality=original", id)).body)))
	if err != nil || shown.Bounds().Dx() != 20 || shown.Bounds().Dy() != 40 {
		t.Fatal(shown.Bounds(), err)
	}
	top, _, _, _ := shown.At(10, 5).RGBA()
	bottom, _, _, _ := shown.At(10, 35).RGBA()
	if top > 0x2000 || bottom < 0xe000 {
		t.Errorf("red is %x at the top and %x at the bottom", top, bottom)
	}
}

// encoded is a picture in one of two formats.
func encoded(t testing.TB, format string, w, h int) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	var b bytes.Buffer
	var err error
	if format == "png" {
		err = png.Encode(&b, img)
	} else {
		err = tiff.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
