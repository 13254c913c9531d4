package rosimage_test

import (
	"image"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// The benchmarks encode 1280 x 960 pixels of a scene with the noise of a camera.
const benchWidth, benchHeight = 1280, 960

// cameraScene is smooth shades, edges and noise, in so many bytes a pixel.
func cameraScene(size int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, benchWidth*benchHeight*size)
	for i := range b {
		x, y, c := i/size%benchWidth, i/size/benchWidth, i%size
		b[i] = byte(x*(c+1)/9 + y*y/3000 + (x/40+y/40)%2*30 + r.IntN(6))
	}
	return b
}

// depthScene is 16-bit depth: slopes, and holes without depth.
func depthScene() []byte {
	b := make([]byte, benchWidth*benchHeight*2)
	for i := range len(b) / 2 {
		x, y := i%benchWidth, i/benchWidth
		if (x/100+y/100)%3 != 0 {
			v := 800 + x + y/2
			b[2*i], b[2*i+1] = byte(v), byte(v>>8)
		}
	}
	return b
}

func BenchmarkEncode(b *testing.B) {
	jpeg := rosimage.Options{Format: rosimage.JPEG}
	ranged := rosimage.Options{Depth: &rosimage.Range{Min: 0.5, Max: 4}}
	for _, bb := range []struct {
		name string
		m    *rosimage.Message
		o    rosimage.Options
	}{
		{"rgb8/png", raw("rgb8", benchWidth, benchHeight, cameraScene(3)), rosimage.Options{}},
		{"bgr8/jpeg", raw("bgr8", benchWidth, benchHeight, cameraScene(3)), jpeg},
		{"mono8/png", raw("mono8", benchWidth, benchHeight, cameraScene(1)), rosimage.Options{}},
		{"bayer8/png", raw("bayer_rggb8", benchWidth, benchHeight, cameraScene(1)), rosimage.Options{}},
		{"bayer16/png", raw("bayer_rggb16", benchWidth, benchHeight, cameraScene(2)), rosimage.Options{}},
		{"uyvy/png", raw("uyvy", benchWidth, benchHeight, cameraScene(2)), rosimage.Options{}},
		{"16UC1/png", raw("16UC1", benchWidth, benchHeight, depthScene()), rosimage.Options{}},
		{"16UC1/range", raw("16UC1", benchWidth, benchHeight, depthScene()), ranged},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.m.Data)))
			b.ReportAllocs()
			var size counter
			for b.Loop() {
				size = 0
				if _, err := rosimage.Encode(&size, bb.m, bb.o); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size), "B/file")
		})
	}
}

// BenchmarkImagePNG is the standard library at its fastest, for comparison.
func BenchmarkImagePNG(b *testing.B) {
	img := image.NewRGBA(image.Rect(0, 0, benchWidth, benchHeight))
	for i, v := range cameraScene(3) {
		img.Pix[i/3*4+i%3], img.Pix[i/3*4+3] = v, 255
	}
	b.SetBytes(3 * benchWidth * benchHeight)
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	var size counter
	for b.Loop() {
		size = 0
		if err := e.Encode(&size, img); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size), "B/file")
}

func BenchmarkPeek(b *testing.B) {
	samples, _ := corpus()
	s := samples[0]
	k, _ := rosimage.Known(s.Type)
	for b.Loop() {
		if _, err := rosimage.Peek(s.Wire, k, s.bytes[:rosimage.HeadSize]); err != nil {
			b.Fatal(err)
		}
	}
}

// A counter counts the bytes written to it.
type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
