package rosimage_test

import (
	"encoding/binary"
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// The fixtures' raw images all show one scene; its rgb8 message is the truth about it.
const sceneWidth, sceneHeight = 64, 48

func scene(t *testing.T) []byte { return message(t, "ros1/enc/rgb8").Data }

func TestPackedPixelsComeOutExactly(t *testing.T) {
	truth := scene(t)
	alpha := map[string]uint8{"rgb8": 255, "bgr8": 255, "8UC3": 255, "rgb8_padded_step": 255, "rgba8": 128, "bgra8": 128}
	for name, alpha := range alpha {
		t.Run(name, func(t *testing.T) {
			img := picture(t, message(t, "ros1/enc/"+name), rosimage.Options{})
			eachPixel(img, func(i int, c color.Color) {
				got := color.NRGBAModel.Convert(c).(color.NRGBA)
				if want := (color.NRGBA{truth[3*i], truth[3*i+1], truth[3*i+2], alpha}); got != want {
					t.Fatalf("pixel %d: got %v, want %v", i, got, want)
				}
			})
		})
	}
	for _, name := range []string{"rgb16", "bgr16"} {
		t.Run(name, func(t *testing.T) {
			img := picture(t, message(t, "ros1/enc/"+name), rosimage.Options{})
			eachPixel(img, func(i int, c color.Color) {
				r, g, b, _ := c.RGBA()
				got, want := [3]uint32{r, g, b}, [3]uint32{257 * uint32(truth[3*i]), 257 * uint32(truth[3*i+1]), 257 * uint32(truth[3*i+2])}
				if got != want {
					t.Fatalf("pixel %d: got %v, want %v", i, got, want)
				}
			})
		})
	}
}

// eachPixel goes through a picture of the scene's size row by row.
func eachPixel(img image.Image, f func(i int, c color.Color)) {
	for i := range sceneWidth * sceneHeight {
		f(i, img.At(i%sceneWidth, i/sceneWidth))
	}
}

func TestAlphaIsKept(t *testing.T) {
	for name, px := range map[string]string{"rgba8": "\x01\x02\x03\x80", "bgra8": "\x03\x02\x01\x80", "8UC4": "\x03\x02\x01\x80"} {
		img := picture(t, raw(name, 1, 1, []byte(px)), rosimage.Options{})
		if got, want := img.At(0, 0), (color.NRGBA{1, 2, 3, 0x80}); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// JPEG has no alpha: the colours stay what they are.
func TestAJPEGForgetsAlpha(t *testing.T) {
	o := rosimage.Options{Format: rosimage.JPEG}
	with, _ := encode(t, message(t, "ros1/enc/bgra8"), o)
	without, _ := encode(t, message(t, "ros1/enc/bgr8"), o)
	if string(with) != string(without) {
		t.Error("bgra8 and bgr8 are not the same JPEG")
	}
}

func TestGreyKeepsItsBits(t *testing.T) {
	for _, name := range []string{"mono8", "8UC1"} {
		m := message(t, "ros1/enc/"+name)
		img := picture(t, m, rosimage.Options{}).(*image.Gray)
		if string(img.Pix) != string(m.Data) {
			t.Errorf("%s is not the message's bytes", name)
		}
	}
	for _, name := range []string{"ros1/enc/mono16", "cdr/enc/mono16", "ros1/enc/mono16_bigendian", "cdr/enc/mono16_bigendian", "ros1/enc/16UC1", "ros1/enc/16UC1_bigendian"} {
		m := message(t, name)
		order := binary.ByteOrder(binary.LittleEndian)
		if m.BigEndian {
			order = binary.BigEndian
		}
		img := picture(t, m, rosimage.Options{}).(*image.Gray16)
		eachPixel(img, func(i int, c color.Color) {
			if got, want := c.(color.Gray16).Y, order.Uint16(m.Data[2*i:]); got != want {
				t.Fatalf("%s: pixel %d is %d, want %d", name, i, got, want)
			}
		})
	}
}

// The second opinion is OpenCV's, recorded by testdata/make.py.
func TestBayerAndYUVAreWhatOpenCVMakesOfThem(t *testing.T) {
	_, files := corpus()
	compared := 0
	for _, name := range rosimage.Encodings() {
		want, ok := files["opencv/enc/"+name]
		if !ok {
			continue
		}
		compared++
		img := picture(t, message(t, "ros1/enc/"+name), rosimage.Options{})
		if diff := largestDifference(img, want); diff > 0 {
			t.Errorf("%s differs from OpenCV by up to %d", name, diff)
		}
	}
	if compared != 12 {
		t.Errorf("%d encodings were compared, want 12", compared)
	}
}

// largestDifference compares with packed RGB, of 8 or big endian 16 bits.
func largestDifference(img image.Image, want []byte) int {
	worst := 0
	_, deep := img.(*image.RGBA64)
	eachPixel(img, func(i int, c color.Color) {
		r, g, b, _ := c.RGBA()
		for ch, v := range []uint32{r, g, b} {
			diff := int(v>>8) - int(want[(3*i+ch)%len(want)])
			if deep {
				diff = int(v) - int(binary.BigEndian.Uint16(want[6*i+2*ch:]))
			}
			worst = max(worst, diff, -diff)
		}
	})
	return worst
}

// Padding must not enter the picture, and the last row may lack it.
func TestStepIsHonouredByEveryEncoding(t *testing.T) {
	const width, height, pad = 6, 4, 6
	for _, name := range rosimage.Encodings() {
		var data, spread []byte
		last := 0 // padding
		for _, row := range rowsOf(name, width, height) {
			for range row {
				data = append(data, byte(len(data)*7))
			}
			last = pad * row / (width * bytesPerPixel(name))
			spread = append(append(spread, data[len(data)-row:]...), make([]byte, last)...)
		}
		spread = spread[:len(spread)-last]
		tight := raw(name, width, height, data)
		padded := raw(name, width, height, spread)
		padded.Step = width*bytesPerPixel(name) + pad
		a, _ := encode(t, tight, rosimage.Options{})
		b, _ := encode(t, padded, rosimage.Options{})
		if string(a) != string(b) {
			t.Errorf("%s: padding changes the picture", name)
		}
	}
}

// rowsOf are the lengths of an image's rows in bytes, of all its planes.
func rowsOf(name string, width, height int) (rows []int) {
	for range height {
		rows = append(rows, width*bytesPerPixel(name))
	}
	switch name {
	case "nv12", "nv21":
		return append(rows, rows[:height/2]...)
	case "nv24":
		return append(rows, slices.Repeat([]int{2 * width}, height)...)
	case "i420":
		return append(rows, slices.Repeat([]int{width / 2}, height)...)
	}
	return rows
}

// grey16s are the four samples of a 16-bit picture.
func grey16s(t *testing.T, m *rosimage.Message) (out [4]uint16) {
	t.Helper()
	img := picture(t, m, rosimage.Options{}).(*image.Gray16)
	for i := range out {
		out[i] = img.Gray16At(i%img.Rect.Dx(), i/img.Rect.Dx()).Y
	}
	return out
}

func bytesPerPixel(name string) int {
	sizes := map[string]int{
		"mono8": 1, "8UC1": 1, "32FC1": 4, "rgb8": 3, "bgr8": 3, "8UC3": 3, "rgba8": 4, "bgra8": 4, "8UC4": 4, "rgb16": 6, "bgr16": 6,
		"bayer_rggb8": 1, "bayer_bggr8": 1, "bayer_gbrg8": 1, "bayer_grbg8": 1,
		"nv12": 1, "nv21": 1, "nv24": 1, "i420": 1, "16UC3": 6, "rgba16": 8, "bgra16": 8, "16UC4": 8, "64FC1": 8,
	}
	if n, ok := sizes[name]; ok {
		return n
	}
	return 2
}

func TestBigEndianIsHonouredByEveryWideEncoding(t *testing.T) {
	const width, height = 6, 4
	for name, size := range map[string]int{
		"mono16": 2, "16UC1": 2, "rgb16": 2, "bgr16": 2, "32FC1": 4, "16SC1": 2, "64FC1": 8, "16UC3": 2, "16UC4": 2, "rgba16": 2, "bgra16": 2,
		"bayer_rggb16": 2, "bayer_bggr16": 2, "bayer_gbrg16": 2, "bayer_grbg16": 2,
	} {
		little := make([]byte, width*height*bytesPerPixel(name))
		for i := range little {
			little[i] = byte(i * 7)
		}
		big := append([]byte(nil), little...)
		for i := 0; i < len(big); i += size {
			for a, b := i, i+size-1; a < b; a, b = a+1, b-1 {
				big[a], big[b] = big[b], big[a]
			}
		}
		m := raw(name, width, height, big)
		m.BigEndian = true
		a, _ := encode(t, raw(name, width, height, little), rosimage.Options{})
		b, _ := encode(t, m, rosimage.Options{})
		if string(a) != string(b) {
			t.Errorf("%s: the byte order changes the picture", name)
		}
	}
}

func TestJPEGIsCloseToThePicture(t *testing.T) {
	for _, name := range []string{"rgb8", "bgr8", "rgb16", "mono8", "mono16", "bayer_rggb8", "bayer_grbg16", "uyvy"} {
		m := message(t, "ros1/enc/"+name)
		want := picture(t, m, rosimage.Options{})
		got := picture(t, m, rosimage.Options{Format: rosimage.JPEG, Quality: 95})
		if d := meanDifference(got, want); d > 4 {
			t.Errorf("%s: the JPEG differs by %.1f of 255 on average", name, d)
		}
	}
}

func meanDifference(a, b image.Image) float64 {
	total := 0.0
	eachPixel(a, func(i int, c color.Color) {
		r1, g1, b1, _ := c.RGBA()
		r2, g2, b2, _ := b.At(i%sceneWidth, i/sceneWidth).RGBA()
		for _, d := range []int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2)} {
			total += float64(max(d, -d)) / 257 / 3
		}
	})
	return total / sceneWidth / sceneHeight
}

func TestQualityIsPassedOn(t *testing.T) {
	m := message(t, "ros1/enc/rgb8")
	low, _ := encode(t, m, rosimage.Options{Format: rosimage.JPEG, Quality: 10})
	usual, ext := encode(t, m, rosimage.Options{Format: rosimage.JPEG})
	named, _ := encode(t, m, rosimage.Options{Format: rosimage.JPEG, Quality: rosimage.DefaultQuality})
	if len(low) >= len(usual) || string(usual) != string(named) || ext != "jpg" {
		t.Errorf("%d bytes at quality 10, %d and %d at the default one; extension %s", len(low), len(usual), len(named), ext)
	}
}
