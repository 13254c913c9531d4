package choose

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/cvatplan/cvatplan/internal/source/choose/choosetest"
)

func noise(random *rand.Rand, width, height int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = uint8(random.IntN(256))
	}
	return m
}

// plainHash is the definition, said again: every pixel cut in 9 x 8 pieces, each cell the average of its pieces.
func plainHash(m *image.Gray) (hash uint64) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	var cell [8][9]int
	for y := range 8 * h {
		for x := range 9 * w {
			cell[y/h][x/w] += int(m.GrayAt(x/9, y/8).Y)
		}
	}
	for y := range 8 {
		for x := range 8 {
			hash <<= 1
			if math.Floor(float64(cell[y][x+1])/float64(w*h)+0.5) > math.Floor(float64(cell[y][x])/float64(w*h)+0.5) {
				hash |= 1
			}
		}
	}
	return hash
}

// plainSharpness is the definition for pictures that are not shrunk.
func plainSharpness(m *image.Gray) float64 {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	at := func(x, y int) float64 {
		x, y = max(x, -x), max(y, -y)
		if x >= w {
			x = max(2*w-2-x, 0)
		}
		if y >= h {
			y = max(2*h-2-y, 0)
		}
		return float64(m.GrayAt(min(x, w-1), min(y, h-1)).Y)
	}
	sum, squares := 0.0, 0.0
	for y := range h {
		for x := range w {
			v := at(x-1, y) + at(x+1, y) + at(x, y-1) + at(x, y+1) - 4*at(x, y)
			sum, squares = sum+v, squares+v*v
		}
	}
	n := float64(w * h)
	return squares/n - sum/n*sum/n
}

func TestALookIsWhatIsDocumented(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 2))
		m := noise(random, 1+random.IntN(40), 1+random.IntN(40))
		got := Of(m)
		if want := plainHash(m); got.Hash != want {
			t.Errorf("%v: hash %016x, want %016x", m.Rect, got.Hash, want)
		}
		if want := plainSharpness(m); math.Abs(got.Sharpness-want) > 1e-9*max(want, 1) {
			t.Errorf("%v: sharpness %v, want %v", m.Rect, got.Sharpness, want)
		}
	}
}

// The numbers that an index rests on: if they change, the algorithm needs another version.
func TestALookNeverChanges(t *testing.T) {
	tests := map[string]struct {
		image image.Image
		want  string
	}{
		"a scene":          {choosetest.Picture(7, 0), "a4f4536a2ae1d11b 231519.785156"},
		"the scene, faint": {choosetest.Picture(7, 9), "a4f4536a2ae1d11b 3423.78515625"},
		"large":            {noise(rand.New(rand.NewPCG(1, 1)), 2500, 1300), "42154202440289aa 12181.6651075"},
	}
	for name, tt := range tests {
		if l := Of(tt.image); fmt.Sprintf("%016x %.12g", l.Hash, l.Sharpness) != tt.want {
			t.Errorf("%s: %016x %.12g, and it was %s", name, l.Hash, l.Sharpness, tt.want)
		}
	}
}

// A large picture is shrunk by averages of squares, those at its edges cut.
func TestALargePictureIsShrunk(t *testing.T) {
	large := noise(rand.New(rand.NewPCG(3, 3)), 2051, 5)
	small := image.NewGray(image.Rect(0, 0, 684, 2))
	for y := range 2 {
		for x := range 684 {
			sum, n := 0, 0
			for v := range 3 {
				for u := range 3 {
					if p := image.Pt(3*x+u, 3*y+v); p.In(large.Rect) {
						sum, n = sum+int(large.GrayAt(p.X, p.Y).Y), n+1
					}
				}
			}
			small.SetGray(x, y, color.Gray{Y: uint8(math.Floor(float64(sum)/float64(n) + 0.5))})
		}
	}
	if got, want := Of(large).Sharpness, Of(small).Sharpness; got != want {
		t.Errorf("sharpness %v, of the small one %v", got, want)
	}
}

// Whatever a decoder gives for the same shades looks the same.
func TestEveryKindOfPictureLooksTheSame(t *testing.T) {
	grey := choosetest.Picture(3, 0)
	kinds := map[string]draw.Image{
		"NRGBA": image.NewNRGBA(grey.Rect), "RGBA": image.NewRGBA(grey.Rect), "NRGBA64": image.NewNRGBA64(grey.Rect),
		"RGBA64": image.NewRGBA64(grey.Rect), "Gray16": image.NewGray16(grey.Rect), "CMYK": image.NewCMYK(grey.Rect),
	}
	shades := make(color.Palette, 256)
	for i := range shades {
		shades[i] = color.Gray{Y: uint8(i)}
	}
	kinds["Paletted"] = image.NewPaletted(grey.Rect, shades)
	want := Of(grey)
	for name, m := range kinds {
		draw.Draw(m, grey.Rect, grey, image.Point{}, draw.Src)
		if got := Of(m); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	y := image.NewYCbCr(grey.Rect, image.YCbCrSubsampleRatio420)
	for row := range grey.Rect.Dy() {
		copy(y.Y[row*y.YStride:], grey.Pix[row*grey.Stride:][:grey.Stride])
	}
	if got := Of(y); got != want {
		t.Errorf("YCbCr: %+v, want %+v", got, want)
	}
	if got := Of(image.NewGray(image.Rectangle{})); got != (Look{}) {
		t.Errorf("nothing: %+v", got)
	}
}

func TestScenesDifferAndBlurDoesNot(t *testing.T) {
	for scene := range uint64(20) {
		sharp, faint, other := Of(choosetest.Picture(scene, 0)), Of(choosetest.Picture(scene, 3)), Of(choosetest.Picture(scene+1, 0))
		if sharp.Hash != faint.Hash || sharp.Sharpness <= faint.Sharpness || Distance(sharp.Hash, other.Hash) < 12 {
			t.Errorf("scene %d: %+v, faint %+v, the next %+v", scene, sharp, faint, other)
		}
	}
}

func encoded(t testing.TB, encode func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatGoDecodesIsDecoded(t *testing.T) {
	m := choosetest.Picture(5, 1)
	for name, b := range map[string][]byte{
		"a.png":  encoded(t, func(w io.Writer) error { return png.Encode(w, m) }),
		"a.bmp":  encoded(t, func(w io.Writer) error { return bmp.Encode(w, m) }),
		"a.tif":  encoded(t, func(w io.Writer) error { return tiff.Encode(w, m, &tiff.Options{Compression: tiff.Deflate}) }),
		"a.gif":  encoded(t, func(w io.Writer) error { return gif.Encode(w, m, nil) }),
		"a.jpeg": encoded(t, func(w io.Writer) error { return jpeg.Encode(w, m, &jpeg.Options{Quality: 100}) }),
	} {
		r := bytes.NewReader(b)
		cost, err := Cost(r, r.Size(), name)
		if err != nil || cost < 72*64 {
			t.Errorf("%s costs %d, %v", name, cost, err)
		}
		img, err := Decode(r, r.Size())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := Distance(Of(img).Hash, Of(m).Hash); d > 2 {
			t.Errorf("%s differs in %d bits", name, d)
		}
	}
}

type brokenDisk struct{ *bytes.Reader }

func (b brokenDisk) ReadAt(p []byte, off int64) (int, error) {
	if off > 100 {
		return 0, errors.New("input/output error")
	}
	return b.Reader.ReadAt(p, off)
}

func TestWhatCannotBeDecodedSaysWhy(t *testing.T) {
	whole := choosetest.PNG(1, 0)
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 0xff
	var corrupt *CorruptError
	var undecodable *UndecodableError
	if _, err := Decode(bytes.NewReader(damaged), int64(len(damaged))); !errors.As(err, &corrupt) {
		t.Errorf("damaged: %v", err)
	}
	twelve := encoded(t, func(w io.Writer) error { return jpeg.Encode(w, choosetest.Picture(1, 0), nil) })
	at := bytes.Index(twelve, []byte("\xff\xc0"))
	twelve[at+1] = 0xc9 // arithmetic coding
	if _, err := Decode(bytes.NewReader(twelve), int64(len(twelve))); !errors.As(err, &undecodable) {
		t.Errorf("arithmetic JPEG: %v", err)
	}
	pnm := []byte("P5\n2 2\n255\n\x00\x01\x02\x03")
	if _, err := Cost(bytes.NewReader(pnm), int64(len(pnm)), "a.pgm"); !errors.As(err, &undecodable) || err.Error() != "PNM is not decoded here" {
		t.Errorf("PNM: %v", err)
	}
	large := encoded(t, func(w io.Writer) error { return png.Encode(w, noise(rand.New(rand.NewPCG(1, 1)), 300, 300)) })
	if _, err := Decode(brokenDisk{bytes.NewReader(large)}, int64(len(large))); err == nil || errors.As(err, &corrupt) {
		t.Errorf("a disk that fails: %v", err)
	}
}

func FuzzDecodeNeverPanics(f *testing.F) {
	m := choosetest.Picture(1, 0)
	f.Add(choosetest.PNG(1, 0))
	f.Add(encoded(f, func(w io.Writer) error { return jpeg.Encode(w, m, nil) }))
	f.Add(encoded(f, func(w io.Writer) error { return tiff.Encode(w, m, nil) }))
	f.Add(encoded(f, func(w io.Writer) error { return gif.Encode(w, m, nil) }))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		if cost, err := Cost(r, r.Size(), "a.png"); err != nil || cost > 4<<20 {
			return
		}
		if img, err := Decode(r, r.Size()); err == nil {
			Of(img)
		}
	})
}

// BenchmarkLook looks at a picture of 1920 x 1080, and prints what that costs compared with decoding it as JPEG.
func BenchmarkLook(b *testing.B) {
	m := image.NewYCbCr(image.Rect(0, 0, 1920, 1080), image.YCbCrSubsampleRatio420)
	for i := range m.Y {
		m.Y[i] = uint8(i * i >> 9)
	}
	file := encoded(b, func(w io.Writer) error { return jpeg.Encode(w, m, nil) })
	var decoding, looking time.Duration
	b.ReportAllocs()
	for b.Loop() {
		begun := time.Now()
		if _, err := Decode(bytes.NewReader(file), int64(len(file))); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		Of(m)
		decoding += middle.Sub(begun)
		looking += time.Since(middle)
	}
	b.ReportMetric(float64(looking)/float64(decoding), "x-decode")
}

// A later Go may decode a JPEG a bit differently: then laplacian and dhash64 need another version.
func TestAPhotographLooksAsItDid(t *testing.T) {
	files, err := filepath.Glob("../../../examples/quickstart/data/*/*.jpg")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	img, err := Decode(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	l := Of(img)
	if got, was := fmt.Sprintf("%016x %.9g", l.Hash, l.Sharpness), "0266666666644400 573.213671"; got != was {
		t.Errorf("%s: %s, and it was %s", files[0], got, was)
	}
}
