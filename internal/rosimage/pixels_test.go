package rosimage_test

import (
	"bytes"
	"fmt"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// Whoever looks at a message's pixels sees what is uploaded, in every encoding, with padding or without, in both orders of
// bytes.
func TestPixelsAreThoseOfTheFile(t *testing.T) {
	for _, encoding := range append(rosimage.Encodings(), "YUYV", "UYVY", "Y8", "Z16") {
		for _, size := range [][2]int{{6, 4}, {10, 5}} {
			for i := range 8 {
				random := rand.New(rand.NewPCG(uint64(i), 9))
				m := &rosimage.Message{Kind: rosimage.Raw, Encoding: encoding, Width: size[0], Height: size[1], BigEndian: i&1 > 0}
				m.Data = make([]byte, 2000)
				if i&2 > 0 {
					m.Step = size[0]*8 + 6
				}
				for k := range m.Data {
					m.Data[k] = byte(random.Uint32())
				}
				o := rosimage.Options{}
				if i&4 > 0 {
					o.Depth = &rosimage.Range{Min: 0.5, Max: 4}
				}
				name := fmt.Sprintf("%s %v %d", encoding, size, i)
				got, err := m.Pixels(o)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				var file bytes.Buffer
				if _, err := rosimage.Encode(&file, m, o); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				want, err := png.Decode(&file)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if got.Bounds() != want.Bounds() {
					t.Fatalf("%s: %v, the file %v", name, got.Bounds(), want.Bounds())
				}
				for k := range size[0] * size[1] {
					x, y := k%size[0], k/size[0]
					if fmt.Sprint(got.At(x, y).RGBA()) != fmt.Sprint(want.At(x, y).RGBA()) {
						t.Fatalf("%s: pixel %d, %d is %v, in the file %v", name, x, y, got.At(x, y), want.At(x, y))
					}
				}
				if most := m.PixelBytes(o); most < int64(size[0]*size[1]) {
					t.Errorf("%s: at most %d bytes", name, most)
				}
			}
		}
	}
	if _, err := (&rosimage.Message{Kind: rosimage.Raw, Encoding: "rgb8", Width: 1 << 30, Height: 1 << 30}).Pixels(rosimage.Options{}); err == nil {
		t.Error("pixels that are not there are given")
	}
}
