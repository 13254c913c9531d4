package imageheader

import (
	"bytes"
	"regexp"
	"strconv"
)

// exif reads the orientation of an EXIF block, which is a small TIFF. A damaged one
// is none.
func (o *outline) exif(block []byte) {
	d, err := readTIFF(bytes.NewReader(block))
	if err != nil {
		return
	}
	if turned := d.value(tiffOrientation, 0); turned >= 1 && turned <= 8 {
		o.orientation = int(turned)
	}
}

var xmpOrientation = regexp.MustCompile(`tiff:Orientation(?:="|>)([1-8])`)

// xmp is where Pillow looks if EXIF tells no orientation.
func (o *outline) xmp(block []byte) {
	if m := xmpOrientation.FindSubmatch(block); m != nil && o.orientation == 0 {
		o.orientation, _ = strconv.Atoi(string(m[1]))
	}
}

// trimEXIF takes off what JPEGs have before the block, and other formats may.
func trimEXIF(data []byte) []byte { return bytes.TrimPrefix(data, []byte("Exif\x00\x00")) }
