package rosimage

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/png"
	"io"
	"math"
	"strings"
)

// depthHead is the header that compressed_depth_image_transport puts before the
// file: an int32 that names the quantization, and its two float32 parameters.
const depthHead = 12

// A depthFile is the payload of a compressedDepth message.
type depthFile struct {
	data    []byte // behind the header: a PNG, or RVL with its size
	isPNG   bool
	inverse bool    // samples are inverse depth, from 32FC1; else millimetres
	a, b    float64 // metres = a / (sample - b)
}

// depthPayload tells compressedDepth messages from files. The header's int32 says
// "inverse depth" of all of them, so the pixel type in format decides. Where format
// says nothing, a PNG behind twelve bytes shows what it is.
func (m *Message) depthPayload() (d depthFile, ok bool) {
	if m.holdsPixels() || len(m.Data) < depthHead || sniff(m.Data).ext() != "" {
		return d, false
	}
	d.data = m.Data[depthHead:]
	d.isPNG = sniff(d.data) == pngFile
	named := strings.Contains(m.Format, "compressedDepth")
	if !d.isPNG && !(named && strings.Contains(m.Format, "rvl")) {
		return d, false
	}
	d.inverse = strings.HasPrefix(strings.TrimSpace(m.Format), "32FC1")
	d.a = float64(math.Float32frombits(binary.LittleEndian.Uint32(m.Data[4:])))
	d.b = float64(math.Float32frombits(binary.LittleEndian.Uint32(m.Data[8:])))
	return d, true
}

// depthSource is a compressed image that holds depths: compressedDepth, or a plain
// 16-bit grey PNG where a range asks for its depths.
func (m *Message) depthSource(o Options) (depthFile, bool) {
	if d, ok := m.depthPayload(); ok {
		return d, true
	}
	h, ok := readPNGHead(m.Data)
	return depthFile{data: m.Data, isPNG: true}, ok && h.grey16() && o.Depth != nil
}

// unpack makes a picture of the depths inside a compressed image.
func (m *Message) unpack(o Options) (*picture, error) {
	d, ok := m.depthSource(o)
	if !ok {
		return nil, m.unsupported()
	}
	samples, err := d.samples()
	if err != nil {
		return nil, err
	}
	if !d.inverse {
		return depth16(samples, o)
	}
	buf := make([]uint16, samples.width)
	return depthPicture(samples.width, samples.height, o, func(metres []float64, y int) {
		samples.words(buf, y)
		for x, v := range buf {
			metres[x] = d.metres(v)
		}
	}), nil
}

// metres undoes the quantization; a sample of 0 is unknown.
func (d depthFile) metres(sample uint16) float64 {
	if sample == 0 {
		return 0
	}
	return d.a / (float64(sample) - d.b)
}

// check is what samples would say, without keeping any.
func (d depthFile) check() error {
	if d.isPNG {
		return checkWholePNG(d.data)
	}
	return checkRVL(d.data)
}

// samples unpacks to 16 bits a pixel, big endian.
func (d depthFile) samples() (grid, error) {
	if d.isPNG {
		return unpackPNG(d.data)
	}
	return unpackRVL(d.data)
}

func depthGrid(width, height, step int, pix []byte) grid {
	return grid{width: width, height: height, rowBytes: 2 * width, step: step, bigEndian: true, data: pix}
}

// deflateRatio is the most that deflate can make of a byte (zlib's technical notes),
// so a PNG's claimed size has a limit before it is believed.
const deflateRatio = 1032

func checkDepthPNG(b []byte) error {
	h, ok := readPNGHead(b)
	if !ok {
		return malformed("compressedDepth holds a PNG without a header")
	}
	if !h.grey16() {
		return malformed("compressedDepth holds a PNG of %d bits and colour type %d; it has 16 bits of grey", h.bits, h.colour)
	}
	limit := int(min(uint64(len(b))*deflateRatio/2, MaxDepthPixels))
	return checkDepthSize(clampSize(h.width), clampSize(h.height), limit)
}

// checkWholePNG inflates the rows, so that what is damaged or cut off is found.
func checkWholePNG(b []byte) error {
	if err := checkDepthPNG(b); err != nil {
		return err
	}
	h, _ := readPNGHead(b)
	rows, err := zlib.NewReader(&pngPixels{rest: b[8:]})
	if err != nil {
		return malformed("compressedDepth: its PNG is damaged: %w", err)
	}
	want := int64(h.height) * (1 + 2*int64(h.width))
	if len(b) > 28 && b[28] != 0 { // interlaced: its rows are others
		want -= int64(h.height)
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(rows, 2*want)); err != nil {
		return malformed("compressedDepth: its PNG is damaged: %w", err)
	} else if n < want {
		return malformed("compressedDepth: its PNG has %d bytes of pixels, not %d", n, want)
	}
	return nil
}

// pngPixels reads the contents of a PNG's IDAT chunks, as one stream.
type pngPixels struct {
	rest  []byte // from the next chunk on
	chunk []byte // what is left of this one
}

func (p *pngPixels) Read(b []byte) (int, error) {
	for len(p.chunk) == 0 {
		if len(p.rest) < 12 {
			return 0, io.ErrUnexpectedEOF
		}
		size, name, data := binary.BigEndian.Uint32(p.rest), string(p.rest[4:8]), p.rest[8:]
		if int64(size)+4 > int64(len(data)) {
			return 0, io.ErrUnexpectedEOF
		}
		if p.rest = data[size+4:]; name == "IDAT" {
			p.chunk = data[:size]
		}
	}
	n := copy(b, p.chunk)
	p.chunk = p.chunk[n:]
	return n, nil
}

func unpackPNG(b []byte) (grid, error) {
	if err := checkDepthPNG(b); err != nil {
		return grid{}, err
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return grid{}, malformed("compressedDepth: %w", err)
	}
	grey, ok := img.(*image.Gray16)
	if !ok {
		return grid{}, malformed("compressedDepth holds a PNG with transparency")
	}
	size := grey.Rect.Size()
	return depthGrid(size.X, size.Y, grey.Stride, grey.Pix), nil
}

// checkDepthSize limits width times height, without a product that could overflow.
func checkDepthSize(width, height, limit int) error {
	if width <= 0 || height <= 0 || width > limit || height > limit/width {
		return malformed("compressedDepth of %d x %d pixels; at most %d are read from so many bytes", width, height, limit)
	}
	return nil
}
