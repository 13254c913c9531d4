package imageheader

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// The tags of a TIFF's directory that say what its pixels are, and where.
const (
	tiffWidth        = 256
	tiffHeight       = 257
	tiffBits         = 258
	tiffCompression  = 259
	tiffPhotometric  = 262
	tiffFillOrder    = 266
	tiffStrips       = 273
	tiffOrientation  = 274
	tiffSamples      = 277
	tiffStripBytes   = 279
	tiffPlanar       = 284
	tiffTileWidth    = 322
	tiffTileHeight   = 323
	tiffTiles        = 324
	tiffTileBytes    = 325
	tiffColours      = 320
	tiffRows         = 278
	tiffExtra        = 338
	tiffSampleFormat = 339
	tiffWMPhoto      = 0xbc01
)

// A tiffDirectory is the first directory of a TIFF, or of an EXIF block, which is one.
type tiffDirectory struct {
	r      io.ReaderAt
	order  binary.ByteOrder
	big    bool
	tags   map[uint16][]byte // entries, without the tag
	listed []uint16          // the tags, as they come
}

// readTIFF reads the directory; the values of its tags are read when they are asked for.
func readTIFF(r io.ReaderAt) (*tiffDirectory, error) {
	head := make([]byte, 16)
	if n, err := r.ReadAt(head, 0); n < 8 {
		return nil, shortRead(err)
	}
	d := &tiffDirectory{r: r, order: binary.LittleEndian, tags: make(map[uint16][]byte)}
	switch string(head[:2]) {
	case "MM":
		d.order = binary.BigEndian
	case "II":
	default:
		return nil, errors.New("no byte order")
	}
	at, entry, number := int64(d.order.Uint32(head[4:])), 12, int64(0)
	d.big = head[2] == 43 // Pillow knows it of little-endian ones only
	count := make([]byte, 2)
	if d.big {
		at, entry, count = int64(d.order.Uint64(head[8:])), 20, make([]byte, 8)
	}
	if at < 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if err := readFullAt(r, count, at); err != nil {
		return nil, err
	}
	if number = int64(d.order.Uint16(count)); d.big {
		number = int64(min(d.order.Uint64(count), maxTIFFTags+1))
	}
	if number > maxTIFFTags {
		return nil, fmt.Errorf("a directory of %d entries", number)
	}
	entries := make([]byte, entry*int(number))
	if err := readFullAt(r, entries, at+int64(len(count))); err != nil {
		return nil, err
	}
	for ; len(entries) > 0; entries = entries[entry:] {
		tag := d.order.Uint16(entries)
		d.tags[tag], d.listed = entries[2:entry], append(d.listed, tag)
	}
	return d, nil
}

const (
	maxTIFFTags   = 4096
	maxTIFFValues = 16 << 20 // bytes of one tag: the strips of the tallest pictures
)

// tiffUnits are the bytes of a value of the types that count.
var tiffUnits = map[uint16]int64{1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 11: 4, 12: 8, 13: 4, 16: 8}

// values are those of a tag, nil if it has none that count.
func (d *tiffDirectory) values(tag uint16) ([]int64, error) {
	entry, ok := d.tags[tag]
	if !ok {
		return nil, nil
	}
	unit := tiffUnits[d.order.Uint16(entry)]
	count, inline := int64(min(d.count(tag), 1<<40)), entry[6:]
	if d.big {
		inline = entry[10:]
	}
	if unit == 0 {
		return nil, nil
	}
	size := count * unit
	if size > maxTIFFValues {
		return nil, fmt.Errorf("tag %d has %d values", tag, count)
	}
	data := inline
	if size > int64(len(inline)) {
		at := int64(d.order.Uint32(inline))
		if d.big {
			at = int64(min(d.order.Uint64(inline), 1<<62))
		}
		data = make([]byte, size)
		if err := readFullAt(d.r, data, at); err != nil {
			return nil, err
		}
	}
	list := make([]int64, count)
	for i := range list {
		list[i] = d.number(d.order.Uint16(entry), data[int64(i)*unit:])
	}
	return list, nil
}

// number is one value of a type that counts; -1 is a fraction, or what is none of those that Pillow knows.
func (d *tiffDirectory) number(kind uint16, v []byte) int64 {
	fraction := func(f float64) int64 {
		if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return -1
		}
		return int64(f)
	}
	switch kind {
	case 1:
		return int64(v[0])
	case 3:
		return int64(d.order.Uint16(v))
	case 6:
		return int64(int8(v[0]))
	case 8:
		return int64(int16(d.order.Uint16(v)))
	case 9:
		return int64(int32(d.order.Uint32(v)))
	case 11:
		return fraction(float64(math.Float32frombits(d.order.Uint32(v))))
	case 12:
		return fraction(math.Float64frombits(d.order.Uint64(v)))
	case 16:
		return int64(min(d.order.Uint64(v), 1<<62))
	}
	return int64(d.order.Uint32(v))
}

// value is the first one of a tag.
func (d *tiffDirectory) value(tag uint16, fallback int64) int64 {
	if list, err := d.values(tag); err == nil && len(list) > 0 {
		return list[0]
	}
	return fallback
}

// tiffHeader judges a TIFF by what Pillow opens. Pillow turns a TIFF's size by itself and CVAT turns it
// back, so no orientation is left.
func tiffHeader(r *io.SectionReader) (Header, error) {
	d, err := readTIFF(r)
	if err != nil {
		return Header{}, err
	}
	whole := d.dropBehind(r.Size())
	h, err := d.header(r.Size())
	if !whole && (err != nil || d.value(tiffCompression, 1) != 1) {
		return h, io.ErrUnexpectedEOF
	}
	return h, err
}

func (d *tiffDirectory) header(size int64) (Header, error) {
	h := Header{Width: int(min(d.value(tiffWidth, 0), 1<<31)), Height: int(min(d.value(tiffHeight, 0), 1<<31))}
	if h.Width <= 0 || h.Height <= 0 {
		return h, fmt.Errorf("it has %d x %d pixels", h.Width, h.Height)
	}
	if err := d.checkTypes(); err != nil {
		return h, err
	}
	l, err := d.layout()
	if compression := d.value(tiffCompression, 1); err == nil && compression != 1 {
		err = d.checkLibtiff(compression, l)
	}
	if err == nil {
		h.Grey16 = l.samples == 1 && l.bits == 16
		err = d.whole(size, h, l)
	}
	return h, err
}

// tiffSizes are the bytes of a value of all types.
var tiffSizes = map[uint16]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}

// dropBehind takes out the first tag whose values lie behind the file's end, and those after it, and says whether there is none: Pillow
// reads them in their order, up to there.
func (d *tiffDirectory) dropBehind(size int64) (whole bool) {
	for i, tag := range d.listed {
		if d.inside(tag, uint64(size)) {
			continue
		}
		for _, tag := range d.listed[i:] {
			delete(d.tags, tag)
		}
		return false
	}
	return true
}

// inside reports whether a tag's values lie in a file of this size.
func (d *tiffDirectory) inside(tag uint16, size uint64) bool {
	entry := d.tags[tag]
	n, room, at := d.count(tag), uint64(4), entry[6:]
	if d.big {
		room, at = 8, entry[10:]
	}
	each := tiffSizes[d.order.Uint16(entry)]
	if each == 0 || n*each <= room && n <= room {
		return true
	}
	from := uint64(d.order.Uint32(at))
	if d.big {
		from = d.order.Uint64(at)
	}
	return from <= size && n <= (size-from)/each
}

// checkTypes says whether a number that tells what the pixels are is written as something else, such as a byte, which Pillow takes
// for text. Of types that there are not, Pillow does not see the tag.
func (d *tiffDirectory) checkTypes() error {
	for _, tag := range []uint16{tiffWidth, tiffHeight, tiffBits, tiffCompression, tiffPhotometric, tiffSamples} {
		if kind := d.kind(tag); slices.Contains(tiffOthers, kind) {
			return fmt.Errorf("tag %d has values of type %d", tag, kind)
		}
	}
	for _, tag := range []uint16{tiffWidth, tiffHeight, tiffStrips, tiffTiles} {
		if kind := d.kind(tag); kind == 11 || kind == 12 {
			return fmt.Errorf("tag %d has fractions", tag)
		}
	}
	return nil
}

// kind is the type of a tag's values, 0 if there is none.
func (d *tiffDirectory) kind(tag uint16) uint16 {
	entry, ok := d.tags[tag]
	if !ok {
		return 0
	}
	return d.order.Uint16(entry)
}

// count is how many values a tag has.
func (d *tiffDirectory) count(tag uint16) uint64 {
	switch entry, ok := d.tags[tag]; {
	case !ok:
		return 0
	case d.big:
		return d.order.Uint64(entry[2:])
	default:
		return uint64(d.order.Uint32(entry[2:]))
	}
}

// tiffOthers are the types that are no numbers to Pillow, or quotients.
var tiffOthers = []uint16{1, 2, 5, 7, 10}

// checkLibtiff says whether libtiff takes the tags of a compressed TIFF: single numbers are single, and whole; and such pixels are some
// that their compression is for.
func (d *tiffDirectory) checkLibtiff(compression int64, l tiffLayout) error {
	many := []uint16{tiffBits, tiffStripBytes, tiffTileBytes}
	for _, tag := range append(many, tiffWidth, tiffHeight, tiffSamples, tiffRows, tiffPlanar, tiffTileWidth, tiffTileHeight) {
		entry, ok := d.tags[tag]
		if !ok {
			continue
		}
		if kind := d.order.Uint16(entry); !slices.Contains(tiffWhole, kind) {
			return fmt.Errorf("tag %d has values of type %d", tag, kind)
		}
		if list, err := d.values(tag); err != nil || len(list) != 1 && !slices.Contains(many, tag) {
			return fmt.Errorf("tag %d has %d values", tag, len(list))
		}
	}
	if planar := d.value(tiffPlanar, 1); planar != 1 && planar != 2 {
		return fmt.Errorf("there is no order %d of its samples", planar)
	}
	if slices.Contains([]int64{2, 3, 4, 32771}, compression) && l.bits != 1 {
		return fmt.Errorf("its compression %d is of pixels of 1 bit, and it has %d", compression, l.bits)
	}
	return d.checkPredictor(compression, l)
}

// tiffWhole are the types that are whole numbers to libtiff.
var tiffWhole = []uint16{1, 3, 4, 6, 8, 9, 16, 17}

// tiffCompressions are those that Pillow knows, and its libtiff decodes as CVAT has it: that of Pillow 12.3 has no WebP (50001).
var tiffCompressions = map[int64]bool{
	1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true, 8: true, 32771: true, 32773: true, 32809: true,
	32946: true, 34676: true, 34677: true, 34925: true, 50000: true,
}

// A tiffLayout is what Pillow chooses its pixels' mode by.
type tiffLayout struct {
	little                    bool // little-endian
	photometric, format, fill int64
	bits                      int64   // of each sample: Pillow knows none that differ
	samples                   int     // a pixel
	extra                     []int64 // what the samples beyond the colours are
}

// layout is that of the pixels, or why Pillow does not open such. interop/test_images.py compares it with Pillow.
func (d *tiffDirectory) layout() (tiffLayout, error) {
	if _, ok := d.tags[tiffWMPhoto]; ok {
		return tiffLayout{}, errors.New("it is a Windows Media Photo")
	}
	compression := d.value(tiffCompression, 1)
	if !tiffCompressions[compression] {
		return tiffLayout{}, fmt.Errorf("its compression %d is none that CVAT opens", compression)
	}
	l := tiffLayout{
		little: d.order == binary.LittleEndian, photometric: d.value(tiffPhotometric, 0),
		fill: d.value(tiffFillOrder, 1), format: 1, samples: 1,
	}
	if compression == 6 { // old JPEG
		l.photometric = 6
	}
	if compression == 6 && (l.photometric == 2 || l.photometric == 6) {
		l.samples = 3
	}
	if err := d.readSamples(&l); err != nil {
		return l, err
	}
	if err := d.readFormat(&l); err != nil {
		return l, err
	}
	if _, ok := d.tags[tiffColours]; l.photometric == 3 && !ok {
		return l, errors.New("it has no colours for its pixels")
	}
	if !l.opens() || l.photometric == 6 && l.samples == 3 && compression == 1 {
		return l, fmt.Errorf("CVAT opens no TIFF of %d samples of %d bits (photometric %d, sample format %d, extra samples %v)", l.samples, l.bits, l.photometric, l.format, l.extra)
	}
	return l, nil
}

// readSamples sets how many samples a pixel has, and how many bits each of them. Planes of extra samples that mean nothing
// are not read, so they do not count.
func (d *tiffDirectory) readSamples(l *tiffLayout) error {
	bits, err := d.values(tiffBits)
	if err != nil {
		return err
	}
	if len(bits) == 0 {
		bits = []int64{1}
	}
	if l.extra, err = d.values(tiffExtra); err != nil {
		return err
	}
	samples := d.value(tiffSamples, int64(l.samples))
	if d.value(tiffPlanar, 1) == 2 && len(l.extra) > 0 && slices.Max(l.extra) == 0 {
		bits = bits[:max(len(bits)-len(l.extra), 0)]
		samples -= int64(len(l.extra))
		l.extra = nil
	}
	if samples < 1 || samples > 6 {
		return fmt.Errorf("it has %d samples a pixel", samples)
	}
	l.samples = int(samples)
	if len(bits) > l.samples {
		bits = bits[:l.samples]
	}
	if len(bits) != l.samples && len(bits) != 1 || slices.Max(bits) != slices.Min(bits) {
		return fmt.Errorf("its %d samples have bits %v", l.samples, bits)
	}
	l.bits = bits[0]
	return nil
}

// readFormat sets the kind of number that samples are; -1 where they are of several.
func (d *tiffDirectory) readFormat(l *tiffLayout) error {
	formats, err := d.values(tiffSampleFormat)
	if err != nil || len(formats) == 0 {
		return err
	}
	if l.format = formats[0]; slices.Max(formats) != slices.Min(formats) {
		l.format = -1
	}
	return nil
}

func (l tiffLayout) opens() bool {
	either, plain := l.fill == 1 || l.fill == 2, l.fill == 1
	few := l.bits == 1 || l.bits == 2 || l.bits == 4 || l.bits == 8
	unsigned := l.format == 1
	switch {
	case l.photometric <= 1 && l.photometric >= 0 && l.samples == 1 && len(l.extra) == 0:
		return l.grey(either, plain, few)
	case l.photometric == 1 && l.samples == 2:
		return unsigned && plain && l.bits == 8 && slices.Equal(l.extra, []int64{2})
	case l.photometric == 2 && l.samples == 3:
		return unsigned && len(l.extra) == 0 && (l.bits == 8 && either || l.bits == 16 && plain)
	case l.photometric == 2 && l.samples == 4:
		known := len(l.extra) == 0 || len(l.extra) == 1 && (l.extra[0] <= 2 || l.extra[0] == 999 && l.bits == 8)
		return unsigned && plain && known && (l.bits == 8 || l.bits == 16)
	case l.photometric == 2: // 5 or 6, of which only the first beyond the colours may say something
		return unsigned && plain && l.bits == 8 && len(l.extra) == l.samples-3 && l.extra[0] <= 2 && slices.Max(l.extra[1:]) == 0
	case l.photometric == 3 && l.samples == 1:
		return unsigned && few && either && len(l.extra) == 0
	case l.photometric == 3 && l.samples == 2:
		return unsigned && plain && l.bits == 8 && len(l.extra) == 1 && (l.extra[0] == 0 || l.extra[0] == 2)
	case l.photometric == 5 && l.samples == 4:
		return unsigned && plain && len(l.extra) == 0 && (l.bits == 8 || l.bits == 16)
	case l.photometric == 5 && l.samples > 4:
		return unsigned && plain && l.bits == 8 && len(l.extra) == l.samples-4 && slices.Max(l.extra) == 0
	case l.photometric == 6:
		return unsigned && plain && l.bits == 8 && len(l.extra) == 0 && (l.samples == 1 || l.samples == 3)
	case l.photometric == 8:
		return unsigned && plain && l.bits == 8 && len(l.extra) == 0 && l.samples == 3
	}
	return false
}

// plain says whether Pillow has a name for pixels that are not compressed: what it opens so, it may not load.
func (l tiffLayout) plain(planar bool) bool {
	switch {
	case planar && (l.samples == 2 || l.samples == 1 && l.bits == 16):
		return false
	case l.fill == 2:
		return !(l.photometric == 0 && l.bits == 8 || l.photometric == 3 && l.bits < 8)
	}
	return true
}

// grey is of one sample a pixel, where white is 0 or the largest.
func (l tiffLayout) grey(either, plain, few bool) bool {
	switch dark := l.photometric == 1; l.format {
	case 1:
		return few && either ||
			l.bits == 16 && plain && (dark || l.little) || l.bits == 16 && l.fill == 2 && dark && l.little ||
			(l.bits == 12 || l.bits == 32) && plain && dark && l.little
	case 2:
		return dark && plain && (l.bits == 8 || l.bits == 16 || l.bits == 32)
	case 3:
		return plain && l.bits == 32
	}
	return false
}
