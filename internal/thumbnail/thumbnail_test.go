package thumbnail

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// quarters is red, green, blue and white, clockwise from the upper left.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{R: 255, A: 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.RGBA{G: 255, A: 255}
			case x >= w/2:
				c = color.RGBA{B: 255, A: 255}
			case y >= h/2:
				c = color.RGBA{R: 255, G: 255, B: 255, A: 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func encoded(t *testing.T, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func thumb(t *testing.T, data []byte) image.Image {
	t.Helper()
	out, err := JPEG(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// corners names the colours of the four quarters, clockwise from the upper left.
func corners(m image.Image) string {
	b := m.Bounds()
	x0, x1, y0, y1 := b.Dx()/4, b.Dx()*3/4, b.Dy()/4, b.Dy()*3/4
	return name(m.At(x0, y0)) + name(m.At(x1, y0)) + name(m.At(x1, y1)) + name(m.At(x0, y1))
}

func name(c color.Color) string {
	r, g, b, _ := c.RGBA()
	bits := 0
	for i, v := range []uint32{r, g, b} {
		if v > 0x7fff {
			bits |= 1 << i
		}
	}
	return strings.Split("k r g y b m c w", " ")[bits]
}

func TestEveryFormatThatGoDecodesBecomesASmallJPEG(t *testing.T) {
	src := quarters(320, 240)
	cases := map[string]struct {
		data []byte
		size image.Point
	}{
		"png":      {encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, src) }), image.Pt(160, 120)},
		"jpeg":     {encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, src, nil) }), image.Pt(160, 120)},
		"gif":      {encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, src, nil) }), image.Pt(160, 120)},
		"bmp":      {encoded(t, func(b *bytes.Buffer) error { return bmp.Encode(b, src) }), image.Pt(160, 120)},
		"tiff":     {encoded(t, func(b *bytes.Buffer) error { return tiff.Encode(b, src, nil) }), image.Pt(160, 120)},
		"upright":  {encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, quarters(80, 800)) }), image.Pt(16, 160)},
		"a line":   {encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, quarters(2000, 4)) }), image.Pt(160, 1)},
		"is small": {encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, quarters(40, 20)) }), image.Pt(40, 20)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := thumb(t, c.data)
			if got := m.Bounds().Size(); got != c.size {
				t.Errorf("size %v, want %v", got, c.size)
			}
			if got := corners(m); c.size.Y > 1 && got != "rgbw" {
				t.Errorf("colours %s, want rgbw", got)
			}
		})
	}
}

// webP is a lossless 1 × 1 picture.
const webP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="

func TestWebPIsDecoded(t *testing.T) {
	data, err := base64.StdEncoding.DecodeString(webP)
	if err != nil {
		t.Fatal(err)
	}
	if got := thumb(t, data).Bounds().Size(); got != image.Pt(1, 1) {
		t.Errorf("size %v", got)
	}
}

// withOrientation puts an EXIF segment behind a JPEG's first marker.
func withOrientation(picture []byte, order binary.AppendByteOrder, o int) []byte {
	mark := "II"
	if order == binary.AppendByteOrder(binary.BigEndian) {
		mark = "MM"
	}
	body := order.AppendUint32(order.AppendUint16([]byte("Exif\x00\x00"+mark), 42), 8)
	body = order.AppendUint16(body, 2) // two entries: width first, then the orientation
	for _, e := range [][2]int{{0x0100, 640}, {0x0112, o}} {
		body = order.AppendUint16(order.AppendUint16(body, uint16(e[0])), 3)
		body = order.AppendUint16(order.AppendUint16(order.AppendUint32(body, 1), uint16(e[1])), 0)
	}
	body = order.AppendUint32(body, 0)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return append(append(append([]byte{0xff, 0xd8}, segment...), body...), picture[2:]...)
}

func TestAFrameIsTurnedAsAnnotatorsSeeIt(t *testing.T) {
	picture := encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, quarters(320, 160), nil) })
	wide, tall := image.Pt(160, 80), image.Pt(80, 160)
	cases := map[int]struct {
		corners string
		size    image.Point
	}{
		1: {"rgbw", wide}, 2: {"grwb", wide}, 3: {"bwrg", wide}, 4: {"wbgr", wide},
		5: {"rwbg", tall}, 6: {"wrgb", tall}, 7: {"bgrw", tall}, 8: {"gbwr", tall},
		9: {"rgbw", wide}, 0: {"rgbw", wide},
	}
	for o, c := range cases {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			t.Run(fmt.Sprint(o, order), func(t *testing.T) {
				m := thumb(t, withOrientation(picture, order, o))
				if got := corners(m); got != c.corners || m.Bounds().Size() != c.size {
					t.Errorf("%s %v, want %s %v", got, m.Bounds().Size(), c.corners, c.size)
				}
			})
		}
	}
}

func TestDepthIsStretchedToItsBrightestValue(t *testing.T) {
	depth := image.NewGray16(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			depth.SetGray16(x, y, color.Gray16{Y: uint16(x * 10)}) // millimetres: 630 of 65535
		}
	}
	m := thumb(t, encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, depth) }))
	if got := name(m.At(60, 30)) + name(m.At(2, 30)); got != "wk" {
		t.Errorf("near and far are %s, want white and black", got)
	}
}

func TestWhatIsTransparentBecomesWhite(t *testing.T) {
	m := thumb(t, encoded(t, func(b *bytes.Buffer) error {
		return png.Encode(b, image.NewNRGBA(image.Rect(0, 0, 9, 9)))
	}))
	if got := name(m.At(4, 4)); got != "w" {
		t.Errorf("it is %s", got)
	}
}

func TestBadImagesAreErrors(t *testing.T) {
	whole := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, quarters(64, 64)) })
	huge := bytes.Clone(whole)
	binary.BigEndian.PutUint32(huge[16:], 1<<30)
	cases := map[string][]byte{
		"empty":       nil,
		"no image":    []byte("version https://git-lfs.github.com/spec/v1\n"),
		"truncated":   whole[:len(whole)/2],
		"header only": whole[:33],
		"a bomb":      huge,
	}
	for name, data := range cases {
		t.Run(name, func(t *testing.T) {
			if out, err := JPEG(bytes.NewReader(data)); err == nil {
				t.Errorf("%d bytes and no error", len(out))
			}
		})
	}
}

func TestAReaderThatPanicsIsAnError(t *testing.T) {
	if _, err := JPEG(nil); err == nil {
		t.Error("no error")
	}
}

func TestPickTakesFirstLastAndEvenlySpaced(t *testing.T) {
	cases := map[string]struct {
		n, count int
		want     []int
	}{
		"none":       {0, 8, nil},
		"one":        {1, 8, []int{0}},
		"fewer":      {3, 8, []int{0, 1, 2}},
		"many":       {100, 5, []int{0, 24, 49, 74, 99}},
		"two":        {100, 2, []int{0, 99}},
		"count one":  {100, 1, []int{0}},
		"count none": {100, 0, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Pick(c.n, c.count)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzJPEGNeverPanics(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00II*\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		orientation(data)
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height < 1<<20 {
			_, _ = JPEG(bytes.NewReader(data))
		}
	})
}
