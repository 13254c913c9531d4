package imageheader

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// A tiffPlaces is how the pixels of a TIFF are divided into strips or tiles, and where these are.
type tiffPlaces struct {
	at, lengths   []int64
	striped       bool
	planar        bool  // each sample has strips or tiles of its own
	width, height int64 // of the image
	columns, rows int64 // of a strip or tile
	bits          int64 // of a pixel there
}

// whole compares the places of the pixels with the file's size.
func (d *tiffDirectory) whole(size int64, h Header, l tiffLayout) error {
	compression := d.value(tiffCompression, 1)
	p, err := d.places(h, l, compression == 1)
	switch {
	case err != nil:
		return err
	case compression == 1:
		return d.wholePlain(p, size, l)
	}
	return d.wholePacked(p, size, h, l, compression)
}

func (d *tiffDirectory) places(h Header, l tiffLayout, plain bool) (tiffPlaces, error) {
	p := tiffPlaces{width: int64(h.Width), height: int64(h.Height), planar: d.value(tiffPlanar, 1) == 2, bits: l.bits * int64(l.samples)}
	if p.planar {
		p.bits = l.bits
	}
	places, bytes := uint16(tiffStrips), uint16(tiffStripBytes)
	if _, p.striped = d.tags[tiffStrips]; !p.striped {
		places, bytes = tiffTiles, tiffTileBytes
	}
	if _, tiled := d.tags[tiffTileWidth]; tiled && !plain {
		p.striped = false // to libtiff, by whichever tag it says where they are
	}
	p.columns, p.rows = p.width, max(min(d.value(tiffRows, p.height), p.height), 1)
	if !p.striped {
		p.columns, p.rows = d.value(tiffTileWidth, 0), d.value(tiffTileHeight, 0)
	}
	var err error
	if p.at, err = d.values(places); err != nil {
		return p, err
	}
	if len(p.at) == 0 {
		return p, errors.New("it does not say where its pixels are")
	}
	p.lengths, err = d.values(bytes)
	return p, err
}

// number is how many strips or tiles there are side by side, and how many below each other.
func (p tiffPlaces) number() (across, down int64) {
	columns, rows := max(p.columns, 1), max(p.rows, 1)
	return (p.width + columns - 1) / columns, (p.height + rows - 1) / rows
}

// row is the bytes of so many pixels of a row.
func (p tiffPlaces) row(pixels int64) int64 { return (min(pixels, 1<<26)*p.bits + 7) / 8 }

var errNoTileSize = errors.New("its strips or tiles have no size")

// inside says whether each strip or tile lies in the file, by how many bytes it has.
func (p tiffPlaces) inside(size int64, length func(i int) int64) error {
	for i, start := range p.at {
		if n := length(i); start > size || n > size-start {
			return errCutOff
		}
	}
	return nil
}

// wholePlain is of pixels that are not compressed, for which Pillow asks by itself.
func (d *tiffDirectory) wholePlain(p tiffPlaces, size int64, l tiffLayout) error {
	across, down := p.number()
	switch {
	case p.planar && int64(len(p.at)) > int64(l.samples)*across*down:
		return errors.New("it has more planes than CVAT opens")
	case !l.plain(p.planar):
		return errors.New("CVAT opens no TIFF of such samples that is not compressed")
	case p.striped && d.value(tiffRows, 1) == 0, !p.striped && (p.columns < 1 || p.rows < 1):
		return errNoTileSize
	case p.striped: // as many bytes as there should be
		return p.inside(size, func(i int) int64 {
			first := int64(i) * p.rows % max(down*p.rows, 1)
			return p.row(p.columns) * min(p.rows, p.height-first)
		})
	}
	return p.inside(size, func(i int) int64 { // what of a tile is in the image
		x, y := int64(i)%across*p.columns, int64(i)/across%down*p.rows
		return p.row(p.columns)*(min(p.rows, p.height-y, 1<<26)-1) + p.row(min(p.columns, p.width-x))
	})
}

// wholePacked is of compressed pixels, which libtiff unpacks.
func (d *tiffDirectory) wholePacked(p tiffPlaces, size int64, h Header, l tiffLayout, compression int64) error {
	if !p.striped && (p.columns < 1 || p.rows < 1) {
		return errNoTileSize
	}
	number, err := p.enough(l)
	if err != nil {
		return err
	}
	said := func(i int) int64 {
		if i < len(p.lengths) {
			return p.lengths[i]
		}
		return 1
	}
	if err := p.inside(size, said); err != nil {
		return err
	}
	if l.photometric == 6 || l.fill != 1 || tooLarge(h) != nil {
		return nil
	}
	each := p.rows
	if p.striped {
		each = d.value(tiffRows, 0)
	}
	const all = 1<<32 - 1 // one strip of all rows
	if (!p.striped || each != all) && p.row(p.columns)*each > math.MaxInt32 {
		return fmt.Errorf("its strips or tiles of %d rows are larger than CVAT opens", each)
	}
	return p.unpack(d.r, number, compression)
}

// enough says whether a compressed TIFF says of each strip or tile that its pixels need where it is. libtiff asks for each by
// its number, of which there are so many.
func (p tiffPlaces) enough(l tiffLayout) (number int64, err error) {
	across, down := p.number()
	number = across * down
	if p.planar {
		number *= int64(l.samples)
	}
	if int64(len(p.at)) < number {
		return number, fmt.Errorf("it says where %d strips or tiles are, and its pixels need %d", len(p.at), number)
	}
	if number > 1 && int64(len(p.lengths)) >= number && slices.Min(p.lengths[:number]) == 0 {
		return number, errors.New("one of its strips or tiles is empty")
	}
	return number, nil
}
