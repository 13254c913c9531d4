package rosimage_test

import (
	"bytes"
	"image"
	"testing"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// planarPictures are 4 x 2 pixels of noise, and the RGB that OpenCV 5.0.0 makes of them; of
// nv24, which it does not read, what it makes of each pixel twice, as YUYV.
var planarPictures = map[string]struct{ data, rgb []byte }{
	"nv12": {noise420, []byte{217, 111, 255, 255, 182, 255, 0, 255, 255, 0, 251, 255, 255, 192, 255, 220, 114, 255, 0, 75, 158, 25, 255, 255}},
	"nv21": {noise420, []byte{255, 72, 227, 255, 143, 255, 255, 182, 0, 255, 167, 0, 255, 154, 255, 255, 76, 231, 126, 0, 0, 255, 207, 0}},
	"i420": {noise420, []byte{255, 69, 255, 255, 140, 255, 0, 255, 246, 0, 255, 231, 255, 151, 255, 255, 73, 255, 0, 95, 55, 25, 255, 255}},
	"nv24": {
		[]byte{168, 229, 184, 171, 238, 171, 20, 206, 37, 53, 213, 206, 192, 173, 6, 120, 63, 96, 236, 131, 118, 4, 87, 161},
		[]byte{57, 255, 0, 255, 151, 255, 255, 134, 255, 168, 235, 0, 207, 255, 127, 185, 136, 255, 0, 109, 0, 255, 210, 138},
	},
}

var noise420 = []byte{168, 229, 184, 171, 238, 171, 20, 206, 245, 153, 204, 5}

func TestPlanarPicturesAreWhatOpenCVMakesOfThem(t *testing.T) {
	for name, p := range planarPictures {
		m := raw(name, 4, 2, p.data)
		if got := rgb(picture(t, m, rosimage.Options{})); !bytes.Equal(got, p.rgb) {
			t.Errorf("%s: %v, of OpenCV %v", name, got, p.rgb)
		}
		// as drivers write that hand out OpenCV's matrix, which has a row for every row of bytes
		m.Height, m.Step = len(p.data)/4, 4
		if got := rgb(picture(t, m, rosimage.Options{})); !bytes.Equal(got, p.rgb) {
			t.Errorf("%s with its colour counted as rows: %v, of OpenCV %v", name, got, p.rgb)
		}
	}
}

// rgb are the bytes of a picture's pixels.
func rgb(img image.Image) (out []byte) {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			out = append(out, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return out
}

// librealsense's recorder writes the names of its formats, in capitals.
func TestNamesInCapitalsAreTheSameEncodings(t *testing.T) {
	for name, same := range map[string]string{
		"YUYV": "yuyv", "UYVY": "uyvy", "Y8": "mono8", "Y16": "mono16", "Z16": "16UC1", "RGB8": "rgb8", "BGRA8": "bgra8",
		"YUY2": "yuyv", "NV12": "nv12", "YUV420": "i420", "16uc1": "16UC1", "16UC": "16UC1", "32FC": "32FC1",
	} {
		data := make([]byte, 4*2*bytesPerPixel(same)*3)
		for i := range data {
			data[i] = byte(i * 7)
		}
		want, wantExt := encode(t, raw(same, 4, 2, data), rosimage.Options{Format: rosimage.JPEG})
		got, ext := encode(t, raw(name, 4, 2, data), rosimage.Options{Format: rosimage.JPEG})
		if string(got) != string(want) || ext != wantExt {
			t.Errorf("%s is not read as %s: %s, %s", name, same, ext, wantExt)
		}
	}
}

// librealsense writes a camera's JPEGs as raw images of an encoding of that name.
func TestMotionJPEGInARawImagePasses(t *testing.T) {
	jpeg := message(t, "ros1/comp/jpeg_full/compressed").Data
	for _, name := range []string{"MJPEG", "mjpeg"} {
		m := raw(name, 64, 48, jpeg)
		data, ext, ok := m.Passthrough(rosimage.Options{})
		if !ok || ext != "jpg" || string(data) != string(jpeg) {
			t.Errorf("%s: %v, %q, %d bytes", name, ok, ext, len(data))
		}
		if i := m.Info(rosimage.Options{}); i.Problem != nil || i.Width != 64 || i.Height != 48 {
			t.Errorf("%s: %+v", name, i)
		}
	}
}

// Signed depth below zero and infinite depth are unknown, as 0.
func TestDepthInOtherNumbersIsMillimetres(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want [4]uint16
	}{
		"16SC1": {[]byte{0xe8, 0x03, 0xff, 0xff, 0xff, 0x7f, 0, 0}, [4]uint16{1000, 0, 32767, 0}},
		"64FC1": {[]byte{
			0, 0, 0, 0, 0, 0, 0xf0, 0x3f, // 1
			0, 0, 0, 0, 0, 0, 0xf8, 0x7f, // NaN
			0, 0, 0, 0, 0, 0, 0xf0, 0x7f, // infinite
			0, 0, 0, 0, 0, 0, 0xe0, 0x3f, // 0.5
		}, [4]uint16{1000, 0, 0, 500}},
	} {
		got := grey16s(t, raw(name, 2, 2, c.data))
		if got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
