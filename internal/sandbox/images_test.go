package sandbox

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
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

// A header may promise more pixels than any memory has, and so may one behind a list of
// images that says otherwise.
func TestImagesAreDrawnUpToPillowsLimit(t *testing.T) { // A88
	c := start(t, Options{})
	id := c.newTask(`{"name":"bomb"}`)
	huge := encoded(t, "png", 8, 8)
	binary.BigEndian.PutUint32(huge[16:], 60_000)
	binary.BigEndian.PutUint32(huge[20:], 60_000)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	c.tus(id, "a.zip", archiveOf(t, file{"1.jpg", picture(1)}, file{"2.png", huge}))
	c.tus(id, "list.jsonl", []byte("{\"version\":\"1.1\"}\n{\"type\":\"images\"}\n"+`{"name":"1","extension":".jpg","width":16,"height":12}`+"\n"+`{"name":"2","extension":".png","width":16,"height":12}`+"\n"))
	if got := c.imported(id, `{"image_quality":70,"sorting_method":"predefined"}`); got != "finished " {
		t.Fatal(got)
	}
	c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=1", id)).want(t, 501, "60000 × 60000 pixels are more than 178956970")
	c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=1&quality=original", id)).want(t, 200, string(huge))
}

func TestAZipThatUnpacksToTooMuchIsRefused(t *testing.T) {
	c := start(t, Options{})
	honest := archiveOf(t, file{"1.jpg", picture(1)})
	lying := bytes.Clone(honest)
	directory := bytes.LastIndex(lying, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(lying[directory+24:], 1<<30+1)
	id := c.newTask(`{"name":"bomb"}`)
	c.tus(id, "a.zip", lying)
	if got := c.imported(id, quality); !strings.Contains(got, "not a file of 1073741825 bytes, as 1.jpg would be unpacked; the limit is 1073741824") {
		t.Error(got)
	}
}

// What is packed is unpacked as far as it is read.
func TestPackedImagesAreImportedAndShown(t *testing.T) {
	c := start(t, Options{})
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	images := map[string][]byte{"1.png": encoded(t, "png", 700, 500), "2.tiff": encoded(t, "tiff", 300, 200), "3.jpg": picture(3)}
	for _, name := range []string{"1.png", "2.tiff", "3.jpg"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(images[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	id := c.newTask(`{"name":"packed"}`)
	c.tus(id, "a.zip", b.Bytes())
	if got := c.imported(id, quality); got != "finished " {
		t.Fatal(got)
	}
	c.get(fmt.Sprintf("/api/tasks/%d/data/meta", id)).want(t, 200, `"width":300,"height":200,"name":"2.tiff"`)
	for n, name := range []string{"1.png", "2.tiff", "3.jpg"} {
		c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=%d&quality=original", id, n)).want(t, 200, string(images[name]))
	}
}
