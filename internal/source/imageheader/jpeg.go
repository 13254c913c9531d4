package imageheader

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
)

// A jpegWalk is what a JPEG has said before its first scan. It is judged as libjpeg does, which Pillow asks for the pixels, and by what
// Pillow itself looks at: bytes of the scan are not read, in which Pillow takes nearly any damage.
type jpegWalk struct {
	outline
	frame        byte // the marker of its frame, 0 before it
	components   []jpegComponent
	quantization [4]bool
	huffman      [2][4]huffmanTable // of the first coefficients, and of the others
	block        []byte             // its EXIF block, which may be in several segments
	density      bool               // JFIF tells its dots per inch
}

// A jpegComponent is one colour of the frame.
type jpegComponent struct {
	id            byte
	across, down  int
	quantizedWith byte
}

// A huffmanTable is whether there is one, and what is wrong with it for the scan that uses it.
type huffmanTable struct {
	there bool
	wrong error
}

// jpegHeader asks Go's decoder and walks on, where Go's look at the header ends and Pillow's does not. What only Go finds
// fault with, CVAT may open: such an image passes, unchecked.
func jpegHeader(r *io.SectionReader) (Header, outline, error) {
	o, walked := walkJPEG(io.NewSectionReader(r, 0, r.Size()))
	config, err := jpeg.DecodeConfig(io.NewSectionReader(r, 0, r.Size()))
	h := Header{Width: config.Width, Height: config.Height}
	var unsupported jpeg.UnsupportedError
	switch {
	case walked != nil:
		return h, o, walked
	case err != nil && (truncated(err) || o.width*o.height == 0 && !errors.As(err, &unsupported)):
		return h, o, err
	case err != nil:
		h = Header{Width: o.width, Height: o.height, Unchecked: "this kind of JPEG"}
	case h.Width <= 0 || h.Height <= 0:
		return h, o, fmt.Errorf("it has %d x %d pixels", h.Width, h.Height)
	}
	if !holdsEOI(r, o.scan) {
		return h, o, errCutOff
	}
	return h, o, nil
}

// walkJPEG goes from marker to marker up to the start of the scan.
func walkJPEG(file *io.SectionReader) (outline, error) {
	var w jpegWalk
	r := bufio.NewReader(io.LimitReader(file, maxHeader))
	if err := skip(r, 2); err != nil {
		return w.outline, err
	}
	for {
		marker, err := jpegMarker(r)
		switch {
		case err != nil:
			return w.outline, err
		case marker >= 0xd0 && marker <= 0xd7:
			continue
		case !knownMarker(marker):
			return w.outline, fmt.Errorf("marker %#x is none that CVAT opens", marker)
		}
		b, err := take(r, 2)
		n := int(binary.BigEndian.Uint16(b)) - 2
		if err != nil {
			return w.outline, err
		}
		if n < 0 && (marker >= 0xe0 || marker == markerDNL) {
			n = 0 // to libjpeg such a segment is empty
		}
		if n < 0 {
			return w.outline, fmt.Errorf("segment %#x is %d bytes long", marker, n+2)
		}
		segment, err := take(r, n)
		if err != nil {
			return w.outline, err
		}
		if err := w.segment(marker, segment); err != nil {
			return w.outline, err
		}
		if marker == markerSOS {
			read, err := file.Seek(0, io.SeekCurrent)
			w.scan = read - int64(r.Buffered())
			return w.outline, err
		}
	}
}

const (
	markerDHT  = 0xc4
	markerDAC  = 0xcc
	markerSOS  = 0xda
	markerDQT  = 0xdb
	markerDNL  = 0xdc
	markerDRI  = 0xdd
	markerAPP0 = 0xe0
	markerAPP1 = 0xe1
)

// jpegMarker finds the next marker; fill bytes, and bytes that are none, may come before it.
func jpegMarker(r *bufio.Reader) (byte, error) {
	for {
		b, err := take(r, 1)
		for err == nil && b[0] != 0xff {
			b, err = take(r, 1)
		}
		for err == nil && b[0] == 0xff {
			b, err = take(r, 1)
		}
		if err != nil || b[0] != 0 {
			return b[0], err
		}
	}
}

// isFrame tells the start of a frame of any kind.
func isFrame(marker byte) bool {
	return marker >= 0xc0 && marker <= 0xcf && marker != markerDHT && marker != 0xc8 && marker != markerDAC
}

// knownMarker are those with a length that both Pillow and libjpeg pass before a scan.
func knownMarker(marker byte) bool {
	switch marker {
	case markerDHT, markerDAC, markerSOS, markerDQT, markerDNL, markerDRI, 0xfe:
		return true
	}
	return isFrame(marker) || marker >= 0xe0 && marker <= 0xef
}

func (w *jpegWalk) segment(marker byte, b []byte) error {
	switch {
	case isFrame(marker):
		return w.start(marker, b)
	case marker == markerDQT:
		return w.quantize(b)
	case marker == markerDHT:
		return w.huffmanTables(b)
	case marker == markerDRI && len(b) != 2:
		return fmt.Errorf("its restart interval has %d bytes", len(b))
	case marker == markerSOS:
		if err := w.readEXIF(); err != nil {
			return err
		}
		return w.startScan(b)
	case marker == markerAPP0 && bytes.HasPrefix(b, []byte("JFIF")) && len(b) >= 12:
		w.density = w.density || b[7] == 1 || b[7] == 2
	case marker == markerAPP1 && bytes.HasPrefix(b, []byte(exifHead)):
		w.block = append(w.block, b[len(exifHead):]...)
	case marker == markerAPP1 && bytes.HasPrefix(b, []byte("http://ns.adobe.com/xap/")):
		w.xmp(b)
	}
	return nil
}

// readEXIF reads the block. Where JFIF tells no dots per inch, Pillow looks for them there first, and passes over what is none.
func (w *jpegWalk) readEXIF() error {
	if err := w.exif(w.block); !errors.Is(err, errNoEXIF) || w.density {
		return err
	}
	return nil
}

// start reads the frame: size and colours.
func (w *jpegWalk) start(marker byte, b []byte) error {
	switch {
	case len(b) < 6:
		return fmt.Errorf("its frame has %d bytes", len(b))
	case b[0] != 8:
		return fmt.Errorf("it has %d bits per sample, and CVAT opens only 8", b[0])
	case b[5] != 1 && b[5] != 3 && b[5] != 4:
		return fmt.Errorf("it has %d components, and CVAT opens only 1, 3 or 4", b[5])
	case len(b) != 6+3*int(b[5]):
		return fmt.Errorf("its frame has %d bytes for %d components", len(b), b[5])
	case w.frame != 0:
		return errors.New("it has two frames")
	}
	w.frame = marker
	w.height, w.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	for b = b[6:]; len(b) > 0; b = b[3:] {
		w.components = append(w.components, jpegComponent{id: b[0], across: int(b[1] >> 4), down: int(b[1] & 15), quantizedWith: b[2]})
	}
	return w.sampling()
}

// sampling says whether each colour has its share of the pixels, a whole one.
func (w *jpegWalk) sampling() error {
	across, down := 0, 0
	for _, c := range w.components {
		across, down = max(across, c.across), max(down, c.down)
	}
	for _, c := range w.components {
		if c.across < 1 || c.across > 4 || c.down < 1 || c.down > 4 || across%c.across != 0 || down%c.down != 0 {
			return fmt.Errorf("a component is sampled %d x %d, and CVAT does not open that", c.across, c.down)
		}
	}
	return nil
}

// quantize notes which quantization tables there are, each of 64 values of one byte or two.
func (w *jpegWalk) quantize(b []byte) error {
	for len(b) > 0 {
		n := 1 + 64
		if b[0] >= 16 {
			n += 64
		}
		if len(b) < n {
			return errors.New("a quantization table is too short")
		}
		if b[0]&15 > 3 {
			return fmt.Errorf("there is no quantization table %d", b[0]&15)
		}
		w.quantization[b[0]&15] = true
		b = b[n:]
	}
	return nil
}

// huffmanTables notes which Huffman tables there are: for each length of 1 to 16 bits the number of codes, then their values.
func (w *jpegWalk) huffmanTables(b []byte) error {
	for len(b) > 16 {
		kind, counts, values := b[0], b[1:17], b[17:]
		number := 0
		for _, n := range counts {
			number += int(n)
		}
		if kind>>4 > 1 || kind&15 > 3 {
			return fmt.Errorf("there is no Huffman table %#x", kind)
		}
		if number > 256 || number > len(values) {
			return errors.New("a Huffman table is too short")
		}
		w.huffman[kind>>4][kind&15] = huffmanTable{there: true, wrong: wrongHuffman(kind>>4 == 0, counts, values[:number])}
		b = values[number:]
	}
	if len(b) > 0 {
		return errors.New("a Huffman table is too short")
	}
	return nil
}

// wrongHuffman says whether codes run out, or a first coefficient would have more bits than there are.
func wrongHuffman(first bool, counts, values []byte) error {
	code := 0
	for i, n := range counts {
		if code += int(n); n > 0 && code >= 1<<(i+1) {
			return errors.New("a Huffman table has more codes than there are")
		}
		code <<= 1
	}
	for _, v := range values {
		if first && v > 15 {
			return errors.New("a Huffman table has values that there are not")
		}
	}
	return nil
}

// startScan looks whether the first scan has all that it names.
func (w *jpegWalk) startScan(b []byte) error {
	if w.frame == 0 {
		return nil // which Go's decoder says
	}
	if len(b) < 4 || b[0] < 1 || b[0] > 4 || len(b) != 4+2*int(b[0]) {
		return fmt.Errorf("the head of its scan has %d bytes", len(b))
	}
	n, blocks := int(b[0]), 0
	seen := make(map[byte]bool)
	for i := range n {
		c, ok := w.component(b[1+2*i])
		if !ok || seen[c.id] {
			return fmt.Errorf("its scan names component %d, which is not there", b[1+2*i])
		}
		seen[c.id], blocks = true, blocks+c.across*c.down
		if c.quantizedWith > 3 || !w.quantization[c.quantizedWith] {
			return fmt.Errorf("it has no quantization table %d", c.quantizedWith)
		}
		if err := w.scanTables(b[2+2*i], b[1+2*n:]); err != nil {
			return err
		}
	}
	if n > 1 && blocks > 10 {
		return errors.New("its components are sampled more finely than CVAT opens")
	}
	return w.progression(n, b[1+2*n:])
}

func (w *jpegWalk) component(id byte) (jpegComponent, bool) {
	for _, c := range w.components {
		if c.id == id {
			return c, true
		}
	}
	return jpegComponent{}, false
}

func (w *jpegWalk) progressive() bool { return w.frame == 0xc2 }

// scanTables says whether a component's Huffman tables are there and right. Of a frame of a moving picture they may be missing: then they are
// the usual two.
func (w *jpegWalk) scanTables(choice byte, band []byte) error {
	first, others := choice>>4, choice&15
	use := [2]bool{true, true}
	switch {
	case w.frame > 0xc2: // lossless, or not of Huffman's codes
		return nil
	case w.progressive():
		begin := band[0] == 0
		use = [2]bool{begin && band[2]>>4 == 0, !begin}
	}
	for kind, number := range [2]byte{first, others} {
		if !use[kind] {
			continue
		}
		if number > 3 {
			return fmt.Errorf("its scan has no Huffman table %d", number)
		}
		t := w.huffman[kind][number]
		if !t.there && (w.progressive() || number > 1) {
			return fmt.Errorf("its scan has no Huffman table %d", number)
		}
		if t.wrong != nil {
			return t.wrong
		}
	}
	return nil
}

// progression says whether a progressive scan's coefficients, first to last, and bits are some that there are.
func (w *jpegWalk) progression(components int, band []byte) error {
	if !w.progressive() {
		return nil
	}
	from, to, before, low := band[0], band[1], band[2]>>4, band[2]&15
	switch {
	case from == 0 && to != 0, from > 0 && (from > to || to > 63 || components != 1), before != 0 && low != before-1, low > 13:
		return fmt.Errorf("its scan is of coefficients %d to %d, bits %d to %d, and there are no such", from, to, before, low)
	}
	return nil
}

// holdsEOI looks for a JPEG's end of image, from the end of the file on: something may follow it. The header
// before the scan may hold others, of a thumbnail or in a comment.
func holdsEOI(r *io.SectionReader, scan int64) bool {
	buf := make([]byte, 2<<10) // it is almost always at the very end
	for end := r.Size(); end >= scan+2; {
		start := max(end-int64(len(buf)), scan)
		part := buf[:end-start]
		if n, _ := r.ReadAt(part, start); n < len(part) {
			return true // unreadable, which is said elsewhere
		}
		if bytes.Contains(part, []byte("\xff\xd9")) {
			return true
		}
		if start == scan {
			return false
		}
		end = start + 1 // the marker may lie across
		if len(buf) < 64<<10 {
			buf = make([]byte, 64<<10)
		}
	}
	return false
}
