package imageheader

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
	r     io.ReaderAt
	order binary.ByteOrder
	big   bool
	tags  map[uint16][]byte // entries, without the tag
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
		d.tags[d.order.Uint16(entries)] = entries[2:entry]
	}
	return d, nil
}

const (
	maxTIFFTags   = 4096
	maxTIFFValues = 16 << 20 // bytes of one tag: the strips of the tallest pictures
)

// tiffUnits are the bytes of a value of the types that count.
var tiffUnits = map[uint16]int64{1: 1, 3: 2, 4: 4, 13: 4, 16: 8}

// values are those of a tag, nil if it has none that count.
func (d *tiffDirectory) values(tag uint16) ([]int64, error) {
	entry, ok := d.tags[tag]
	if !ok {
		return nil, nil
	}
	unit := tiffUnits[d.order.Uint16(entry)]
	count, inline := int64(d.order.Uint32(entry[2:])), entry[6:]
	if d.big {
		count, inline = int64(min(d.order.Uint64(entry[2:]), 1<<40)), entry[10:]
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
		switch v := data[int64(i)*unit:]; unit {
		case 1:
			list[i] = int64(v[0])
		case 2:
			list[i] = int64(d.order.Uint16(v))
		case 4:
			list[i] = int64(d.order.Uint32(v))
		case 8:
			list[i] = int64(min(d.order.Uint64(v), 1<<62))
		}
	}
	return list, nil
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
	h := Header{Width: int(min(d.value(tiffWidth, 0), 1<<31)), Height: int(min(d.value(tiffHeight, 0), 1<<31))}
	if h.Width == 0 || h.Height == 0 {
		return h, fmt.Errorf("it has %d x %d pixels", h.Width, h.Height)
	}
	if err := d.checkPlaces(r.Size()); err != nil {
		return h, err
	}
	if err := d.checkTypes(); err != nil {
		return h, err
	}
	l, err := d.layout()
	if err == nil {
		h.Grey16 = l.samples == 1 && l.bits == 16
		err = d.whole(r.Size(), h, l)
	}
	return h, err
}

// tiffSizes are the bytes of a value of all types.
var tiffSizes = map[uint16]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}

// checkPlaces says whether the values of some tag lie behind the file's end: Pillow reads them all.
func (d *tiffDirectory) checkPlaces(size int64) error {
	for _, entry := range d.tags {
		n, room, at := uint64(d.order.Uint32(entry[2:])), uint64(4), entry[6:]
		if d.big {
			n, room, at = d.order.Uint64(entry[2:]), 8, entry[10:]
		}
		each := tiffSizes[d.order.Uint16(entry)]
		if each == 0 || n*each <= room && n <= room {
			continue
		}
		from := uint64(d.order.Uint32(at))
		if d.big {
			from = d.order.Uint64(at)
		}
		if from > uint64(size) || n > (uint64(size)-from)/each {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// checkTypes says whether a number that tells what the pixels are is written as something else, such as a byte, which Pillow takes
// for text. Of types that there are not, Pillow does not see the tag.
func (d *tiffDirectory) checkTypes() error {
	for _, tag := range []uint16{tiffWidth, tiffHeight, tiffBits, tiffCompression, tiffPhotometric, tiffSamples} {
		entry, ok := d.tags[tag]
		if !ok {
			continue
		}
		if kind := d.order.Uint16(entry); slices.Contains(tiffOthers, kind) {
			return fmt.Errorf("tag %d has values of type %d", tag, kind)
		}
	}
	return nil
}

// tiffOthers are the types that are no whole numbers to Pillow.
var tiffOthers = []uint16{1, 2, 5, 7, 10, 11, 12}

// tiffCompressions are those that Pillow knows, and its libtiff decodes as CVAT has it.
var tiffCompressions = map[int64]bool{
	1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true, 8: true, 32771: true, 32773: true, 32809: true,
	32946: true, 34676: true, 34677: true, 34925: true, 50000: true, 50001: true,
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

// planes is how many planes, each of one sample, Pillow finds a name for.
func (l tiffLayout) planes() int64 {
	switch {
	case l.bits != 16:
		return int64(l.samples)
	case l.samples == 1:
		return 4
	}
	return int64(l.samples) + 4
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

// whole compares the places of the pixels with the file's size.
func (d *tiffDirectory) whole(size int64, h Header, l tiffLayout) error {
	offsets, bytes, width := uint16(tiffStrips), uint16(tiffStripBytes), int64(h.Width)
	rows := max(min(d.value(tiffRows, int64(h.Height)), int64(h.Height)), 1)
	_, striped := d.tags[tiffStrips]
	if !striped {
		offsets, bytes, width, rows = tiffTiles, tiffTileBytes, d.value(tiffTileWidth, 0), d.value(tiffTileHeight, 0)
	}
	at, err := d.values(offsets)
	if err != nil {
		return err
	}
	if len(at) == 0 {
		return errors.New("it does not say where its pixels are")
	}
	lengths, err := d.values(bytes)
	if err != nil {
		return err
	}
	plain := d.value(tiffCompression, 1) == 1
	samples := int64(l.samples)
	if d.value(tiffPlanar, 1) == 2 {
		across, down := (int64(h.Width)+width-1)/max(width, 1), (int64(h.Height)+rows-1)/max(rows, 1)
		if plain && int64(len(at)) > l.planes()*across*down {
			return errors.New("it has more planes than CVAT opens")
		}
		samples = 1
	}
	if !striped && (width < 1 || rows < 1 || d.value(tiffTileHeight, 0) < 1) || striped && plain && d.value(tiffRows, 1) == 0 {
		return errors.New("its strips or tiles have no size")
	}
	if !plain {
		if err := d.enough(len(at), lengths, h, l, width, rows); err != nil {
			return err
		}
	}
	for i, start := range at {
		length := int64(1)
		switch {
		case plain && striped: // Pillow asks for as many bytes as there should be
			first := int64(i) * rows % max((int64(h.Height)+rows-1)/rows*rows, 1)
			length = (min(width, 1<<26)*l.bits*samples + 7) / 8 * min(rows, int64(h.Height)-first)
		case plain: // and for what of a tile is in the image
			across, down := (int64(h.Width)+width-1)/width, (int64(h.Height)+rows-1)/rows
			x, y := int64(i)%across*width, int64(i)/across%down*rows
			row := func(pixels int64) int64 { return (min(pixels, 1<<26)*l.bits*samples + 7) / 8 }
			length = row(width)*(min(rows, int64(h.Height)-y, 1<<26)-1) + row(min(width, int64(h.Width)-x))
		case i < len(lengths):
			length = lengths[i]
		}
		if start > size || length > size-start {
			return errCutOff
		}
	}
	return nil
}

// enough says whether a compressed TIFF says of each strip or tile that its pixels need where it is. libtiff asks for each by
// its number.
func (d *tiffDirectory) enough(number int, lengths []int64, h Header, l tiffLayout, width, rows int64) error {
	need := (int64(h.Width) + width - 1) / width * ((int64(h.Height) + rows - 1) / rows)
	if d.value(tiffPlanar, 1) == 2 {
		need *= int64(l.samples)
	}
	if int64(number) < need {
		return fmt.Errorf("it says where %d strips or tiles are, and its pixels need %d", number, need)
	}
	if need > 1 && int64(len(lengths)) >= need && slices.Min(lengths[:need]) == 0 {
		return errors.New("one of its strips or tiles is empty")
	}
	return nil
}
