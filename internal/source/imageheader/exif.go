package imageheader

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// exif reads the orientation of an EXIF block, which is a small TIFF. It says whether the import of CVAT 2.73 fails on the block, as
// it does if Pillow takes it for no TIFF, or if the orientation is a text (measured). What else is damaged there tells nothing.
func (o *outline) exif(block []byte) error {
	for bytes.HasPrefix(block, []byte(exifHead)) {
		block = block[len(exifHead):]
	}
	switch {
	case len(block) == 0:
		return nil
	case !isTIFF(block) || len(block) < 8 || block[2] == '+': // of which Pillow wants 16 bytes and reads 8
		return errNoEXIF
	}
	d, err := readTIFF(bytes.NewReader(block))
	if err != nil {
		return nil
	}
	if kind := d.kind(tiffOrientation); slices.Contains(tiffTexts, kind) && d.count(tiffOrientation) > 0 && d.inside(tiffOrientation, uint64(len(block))) {
		return fmt.Errorf("the orientation in its EXIF block is no number (type %d), and CVAT's import fails on that", kind)
	}
	if turned := d.value(tiffOrientation, 0); turned >= 1 && turned <= 8 {
		o.orientation = int(turned)
	}
	return nil
}

// exifHead is what JPEGs have before the block, and other formats may.
const exifHead = "Exif\x00\x00"

// errNoEXIF is of an EXIF block that does not begin as one.
var errNoEXIF = errors.New("its EXIF block does not begin as one, and CVAT's import fails on that")

// tiffTexts are the types that are text or bytes to Pillow.
var tiffTexts = []uint16{1, 2, 7}

var xmpOrientation = regexp.MustCompile(`tiff:Orientation(?:="|>)([1-8])`)

// xmp is where Pillow looks if EXIF tells no orientation.
func (o *outline) xmp(block []byte) {
	if m := xmpOrientation.FindSubmatch(block); m != nil && o.orientation == 0 {
		o.orientation, _ = strconv.Atoi(string(m[1]))
	}
}
