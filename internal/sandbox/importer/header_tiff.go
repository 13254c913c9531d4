package importer

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"
)

// A tiffReader reads numbers in the byte order that the file says.
type tiffReader struct {
	r     io.ReaderAt
	order binary.ByteOrder
	first int64 // of the first directory
	big   bool  // a BigTIFF: numbers of places and values have 64 bits

	elsewhere map[uint16]int64 // where the shorts of a tag are that do not fit its entry
}

func openTIFF(r io.ReaderAt) (*tiffReader, error) {
	var b [8]byte
	if _, err := r.ReadAt(b[:], 0); err != nil {
		return nil, err
	}
	t := &tiffReader{r: r, order: binary.LittleEndian, elsewhere: map[uint16]int64{}}
	switch string(b[:4]) {
	case "II*\x00":
	case "MM\x00*":
		t.order = binary.BigEndian
	case "II+\x00": // Pillow knows big ones of little-endian numbers alone
		var first [8]byte
		if _, err := r.ReadAt(first[:], 8); err != nil {
			return nil, err
		}
		t.big, t.first = true, int64(t.order.Uint64(first[:])&(1<<62-1))
		return t, nil
	default:
		return nil, errNoImage
	}
	t.first = int64(t.order.Uint32(b[4:]))
	return t, nil
}

// The TIFF tags that count here.
const (
	tagWidth       = 256
	tagHeight      = 257
	tagStrips      = 273
	tagOrientation = 274
	tagTiles       = 324
	tagBits        = 258
	tagCompression = 259
	tagPhotometric = 262
	tagSamples     = 277
	tagPlanar      = 284
	tagFormat      = 339
)

// tags reads the short and long values of the first directory.
func (t *tiffReader) tags() (map[uint16]int, error) {
	size, number := int64(2), 0
	var count [8]byte
	if t.big {
		size = 8
	}
	if _, err := t.r.ReadAt(count[:size], t.first); err != nil {
		return nil, err
	}
	if number = int(t.order.Uint16(count[:])); t.big {
		number = int(min(t.order.Uint64(count[:]), 1<<16))
	}
	entry, value := 12, 8
	if t.big {
		entry, value = 20, 12
	}
	entries := make([]byte, entry*number)
	n, _ := t.r.ReadAt(entries, t.first+size) // what is there of a directory that is cut counts
	tags := map[uint16]int{}
	for entries = entries[:n]; len(entries) >= entry; entries = entries[entry:] {
		tag, kind := t.order.Uint16(entries), t.order.Uint16(entries[2:])
		switch kind {
		case 3:
			if t.order.Uint32(entries[4:]) > uint32(entry-value)/2 {
				t.elsewhere[tag] = int64(t.order.Uint32(entries[value:]))
			}
			tags[tag] = int(t.order.Uint16(entries[value:]))
		case 4, 16:
			tags[tag] = int(t.order.Uint32(entries[value:]))
		}
	}
	return tags, nil
}

func readTIFF(r io.ReaderAt, _ int64) (header, error) {
	t, err := openTIFF(r)
	if err != nil {
		return header{}, err
	}
	tags, err := t.tags()
	_, strips := tags[tagStrips]
	_, tiles := tags[tagTiles]
	if err != nil || !strips && !tiles || !t.pillowKnows(tags) {
		return header{}, errNoImage
	}
	h := header{width: tags[tagWidth], height: tags[tagHeight], orientation: sane(tags[tagOrientation])}
	if h.orientation > 4 {
		// Pillow turns a TIFF by itself, and CVAT turns it once more
		h.width, h.height = h.height, h.width
	}
	return h, nil
}

// layouts are the pixels that Pillow's table has: photometric interpretation, samples and their bits.
var layouts = map[[3]int]bool{
	{0, 1, 1}: true, {0, 1, 2}: true, {0, 1, 4}: true, {0, 1, 8}: true, {0, 1, 16}: true, {0, 1, 32}: true,
	{1, 1, 1}: true, {1, 1, 2}: true, {1, 1, 4}: true, {1, 1, 8}: true, {1, 1, 12}: true, {1, 1, 16}: true, {1, 1, 32}: true, {1, 2, 8}: true,
	{2, 3, 8}: true, {2, 3, 16}: true, {2, 4, 8}: true, {2, 4, 16}: true, {2, 5, 8}: true, {2, 6, 8}: true,
	{3, 1, 1}: true, {3, 1, 2}: true, {3, 1, 4}: true, {3, 1, 8}: true, {3, 2, 8}: true,
	{5, 4, 8}: true, {5, 4, 16}: true, {5, 5, 8}: true, {5, 6, 8}: true, {6, 1, 8}: true, {6, 3, 8}: true, {8, 3, 8}: true,
}

// compressions that Pillow has a name for.
var compressions = []int{1, 2, 3, 4, 5, 6, 7, 8, 32771, 32773, 32809, 32946, 34676, 34677, 34925, 50000, 50001}

// pillowKnows tells the layouts that Pillow opens, but for rare ones that differ in their order of bytes, bits or extra
// samples.
func (t *tiffReader) pillowKnows(tags map[uint16]int) bool {
	compression := cmp.Or(tags[tagCompression], 1)
	if !slices.Contains(compressions, compression) {
		return false
	}
	photometric, samples := tags[tagPhotometric], cmp.Or(tags[tagSamples], 1)
	if compression == 6 { // old JPEG
		return true
	}
	bits, format := t.first16(tags, tagBits), t.first16(tags, tagFormat)
	if tags[tagPlanar] == 2 {
		return samples <= 4 // unknown ones are left out, where there is a name for each plane
	}
	if format == 3 {
		return bits == 32 && samples == 1 && photometric <= 1
	}
	return layouts[[3]int{photometric, samples, cmp.Or(bits, 1)}]
}

// first16 is the first of a tag's shorts: two fit the entry, more are where it says.
func (t *tiffReader) first16(tags map[uint16]int, tag uint16) int {
	at, there := t.elsewhere[tag]
	if !there {
		return tags[tag]
	}
	var b [2]byte
	if _, err := t.r.ReadAt(b[:], at); err != nil {
		return 0
	}
	return int(t.order.Uint16(b[:]))
}

// orientation reads the tag out of EXIF data; 0 is none.
func orientation(r io.ReaderAt) int {
	t, err := openTIFF(r)
	if err != nil {
		return 0
	}
	tags, err := t.tags()
	if err != nil {
		return 0
	}
	return sane(tags[tagOrientation])
}

func sane(orientation int) int {
	if orientation < 1 || orientation > 8 {
		return 0
	}
	return orientation
}
