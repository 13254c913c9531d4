package rosimage_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// floats is a 32FC1 image of one row.
func floats(metres ...float32) *rosimage.Message {
	var b []byte
	for _, d := range metres {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(d))
	}
	return raw("32FC1", len(metres), 1, b)
}

// words is a 16-bit image of one row.
func words(encoding string, samples ...uint16) *rosimage.Message {
	var b []byte
	for _, v := range samples {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return raw(encoding, len(samples), 1, b)
}

func row16(t *testing.T, m *rosimage.Message) (row []uint16) {
	img := picture(t, m, rosimage.Options{}).(*image.Gray16)
	for i := 0; i < len(img.Pix); i += 2 {
		row = append(row, binary.BigEndian.Uint16(img.Pix[i:]))
	}
	return row
}

func TestMetresBecomeMillimetresAndUnknownDepthZero(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	m := floats(1.788, 0.0004, 0.0006, 65.535, 65.6, 1e30, 0, -1, nan, inf, -inf)
	want := []uint16{1788, 0, 1, 65535, 65535, 65535, 0, 0, 0, 0, 0}
	if diff := cmp.Diff(want, row16(t, m)); diff != "" {
		t.Error(diff)
	}
}

func TestARangeOfMetresIsEightBits(t *testing.T) {
	o := rosimage.Options{Depth: &rosimage.Range{Min: 1, Max: 3}}
	nan := float32(math.NaN())
	tests := map[string]struct {
		m    *rosimage.Message
		want []byte
	}{
		"16UC1":  {words("16UC1", 0, 1, 999, 1000, 2000, 3000, 3001, 65535), []byte{0, 0, 0, 0, 128, 255, 255, 255}},
		"mono16": {words("mono16", 0, 1000, 2000, 3000), []byte{0, 0, 128, 255}},
		"32FC1":  {floats(nan, -1, 0, 0.5, 1, 2, 3, 1000), []byte{0, 0, 0, 0, 0, 128, 255, 255}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, picture(t, tt.m, o).(*image.Gray).Pix); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestADepthRangeLeavesOtherPicturesAlone(t *testing.T) {
	o := rosimage.Options{Depth: &rosimage.Range{Min: 1, Max: 3}}
	for _, name := range []string{"rgb8", "mono8", "bayer_rggb16"} {
		m := message(t, "ros1/enc/"+name)
		with, _ := encode(t, m, o)
		without, _ := encode(t, m, rosimage.Options{})
		if !bytes.Equal(with, without) {
			t.Errorf("%s changes with a depth range", name)
		}
	}
}

// JPEG has eight bits: depth that is to stay whole stays PNG.
func TestDepthWithoutARangeIsNeverAJPEG(t *testing.T) {
	jpeg := rosimage.Options{Format: rosimage.JPEG}
	ranged := rosimage.Options{Format: rosimage.JPEG, Depth: &rosimage.Range{Max: 4}}
	for _, file := range []string{"ros1/enc/16UC1", "ros1/enc/32FC1", "ros1/comp/depth_png/compressedDepth", "ros1/comp/depth_rvl/compressedDepth"} {
		m := message(t, file)
		if _, ext := encode(t, m, jpeg); ext != "png" {
			t.Errorf("%s is a %s", file, ext)
		}
		if _, ext := encode(t, m, ranged); ext != "jpg" {
			t.Errorf("%s with a range is a %s", file, ext)
		}
	}
}

// All of the fixtures' compressedDepth flavours hold the depths of their 16UC1 image.
func TestCompressedDepthIsTheDepthThatWentIn(t *testing.T) {
	want := picture(t, message(t, "ros1/enc/16UC1"), rosimage.Options{}).(*image.Gray16)
	for _, name := range []string{"ros1/comp/depth_png", "ros1/comp/depth_old", "ros1/comp/depth_rvl", "cdr/comp/depth_rvl"} {
		got := picture(t, message(t, name+"/compressedDepth"), rosimage.Options{}).(*image.Gray16)
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%s is not the depth that went in", name)
		}
	}
}

// A 32FC1 image is quantized as the inverse of its depth: the error grows with the
// square of the distance, a² / 10100 m for the transport's usual parameters.
func TestInverseDepthIsUndone(t *testing.T) {
	want := picture(t, message(t, "ros1/enc/32FC1"), rosimage.Options{})
	got := picture(t, message(t, "ros1/comp/depth32_png/compressedDepth"), rosimage.Options{})
	knownPixels := 0
	eachPixel(got, func(i int, c color.Color) {
		y, w := float64(c.(color.Gray16).Y), float64(want.At(i%sceneWidth, i/sceneWidth).(color.Gray16).Y)
		if w > 10_000 {
			return // beyond the transport's depth_max
		}
		if w > 0 {
			knownPixels++
		}
		if limit := 1 + w*w/10100/1000; math.Abs(y-w) > limit {
			t.Fatalf("pixel %d: got %v mm, want %v", i, y, w)
		}
	})
	if knownPixels < 1000 {
		t.Errorf("only %d pixels were compared", knownPixels)
	}
}

func TestA16BitPNGPayloadObeysTheRange(t *testing.T) {
	m := message(t, "ros1/comp/png16/compressed")
	if data, ext, ok := m.Passthrough(rosimage.Options{}); !ok || ext != "png" || !bytes.Equal(data, m.Data) {
		t.Errorf("without a range it is to pass: %v %s", ok, ext)
	}
	o := rosimage.Options{Depth: &rosimage.Range{Max: 4}}
	want := picture(t, message(t, "ros1/enc/16UC1"), o).(*image.Gray)
	if got := picture(t, m, o).(*image.Gray); !bytes.Equal(got.Pix, want.Pix) {
		t.Error("the range makes something else of it than of the raw image")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]rosimage.Options{
		"a format that is not one":  {Format: "gif"},
		"more than the best":        {Quality: 101},
		"a negative quality":        {Quality: -1},
		"a range from far to near":  {Depth: &rosimage.Range{Min: 3, Max: 1}},
		"an empty range":            {Depth: &rosimage.Range{Min: 1, Max: 1}},
		"a range below zero":        {Depth: &rosimage.Range{Min: -1, Max: 1}},
		"a range without an end":    {Depth: &rosimage.Range{Max: math.Inf(1)}},
		"a range that is no number": {Depth: &rosimage.Range{Min: math.NaN(), Max: 1}},
	} {
		if o.Check() == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := rosimage.Encode(&bytes.Buffer{}, message(t, "ros1/enc/rgb8"), o); err == nil {
			t.Errorf("%s: Encode takes it", name)
		}
	}
}
