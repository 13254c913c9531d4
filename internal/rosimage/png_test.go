package rosimage_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// Noise and flat colour go through different compressors; large pictures through
// many chunks.
func TestPNGsAreReadBackExactly(t *testing.T) {
	sizes := [][2]int{{1, 1}, {1, 40}, {40, 1}, {17, 33}, {300, 200}}
	for _, name := range []string{"mono8", "mono16", "rgb8", "rgba8", "rgb16"} {
		for _, size := range sizes {
			for _, flat := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %v flat %v", name, size, flat), func(t *testing.T) {
					data := pixels(size[0]*size[1]*bytesPerPixel(name), flat)
					m := raw(name, size[0], size[1], data)
					m.BigEndian = true
					b, _ := encode(t, m, rosimage.Options{})
					img, err := png.Decode(bytes.NewReader(b))
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(samplesOf(img), data) {
						t.Error("the pixels differ")
					}
				})
			}
		}
	}
}

func pixels(n int, flat bool) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
		if flat {
			b[i] = 200
		}
	}
	return b
}

// samplesOf is a picture's samples in big endian order, without an alpha that it does not have.
func samplesOf(img image.Image) []byte {
	switch img := img.(type) {
	case *image.Gray:
		return img.Pix
	case *image.Gray16:
		return img.Pix
	case *image.NRGBA:
		return img.Pix
	case *image.RGBA:
		return without(img.Pix, 4, 3)
	case *image.RGBA64:
		return without(img.Pix, 8, 6)
	}
	panic(fmt.Sprintf("%T", img))
}

func without(pix []byte, size, keep int) (out []byte) {
	for ; len(pix) >= size; pix = pix[size:] {
		out = append(out, pix[:keep]...)
	}
	return out
}

func TestTheSamePixelsAreAlwaysTheSameFile(t *testing.T) {
	for _, name := range []string{"rgb8", "mono16"} {
		m := message(t, "ros1/enc/"+name)
		first, _ := encode(t, m, rosimage.Options{})
		encode(t, message(t, "ros1/enc/32FC1"), rosimage.Options{}) // a used encoder
		if again, _ := encode(t, m, rosimage.Options{}); !bytes.Equal(first, again) {
			t.Errorf("%s is encoded in two ways", name)
		}
	}
}

// A writer that fails after n bytes.
type failing struct{ n int }

var errFull = errors.New("disk full")

func (f *failing) Write(b []byte) (int, error) {
	if f.n -= len(b); f.n < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestAFullDiskIsReported(t *testing.T) {
	m := message(t, "ros1/enc/rgb8")
	whole, _ := encode(t, m, rosimage.Options{})
	for n := range whole {
		if _, err := rosimage.Encode(&failing{n: n}, m, rosimage.Options{}); !errors.Is(err, errFull) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
	if _, err := rosimage.Encode(&failing{n: len(whole)}, m, rosimage.Options{}); err != nil {
		t.Error("the disk was not full:", err)
	}
}

func TestAOneColourPictureIsSmall(t *testing.T) {
	data := bytes.Repeat([]byte{10, 20, 30}, 640*480)
	b, _ := encode(t, raw("rgb8", 640, 480, data), rosimage.Options{})
	if len(b) > len(data)/100 {
		t.Errorf("%d bytes of %d", len(b), len(data))
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil || img.At(639, 479) != (color.RGBA{10, 20, 30, 255}) {
		t.Error(err)
	}
}
