package rosimage_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
)

func TestFilesPassByteForByteWhateverFormatSays(t *testing.T) {
	tests := map[string]string{
		"jpeg_plain": "jpg", "jpeg_full": "jpg", "jpeg_mono": "jpg", "format_empty": "jpg", "format_upper": "jpg",
		"format_lies_png": "jpg", "bayer_jpeg": "jpg", "truncated_jpeg": "jpg",
		"png_plain": "png", "png_full": "png", "png16": "png", "webp": "webp",
	}
	for name, want := range tests {
		m := message(t, "ros1/comp/"+name+"/compressed")
		for _, o := range []rosimage.Options{{}, {Format: rosimage.JPEG, Quality: 1}} {
			data, ext, ok := m.Passthrough(o)
			if !ok || ext != want || !bytes.Equal(data, m.Data) {
				t.Errorf("%s: %v, %q", name, ok, ext)
			}
			written, ext := encode(t, m, o)
			if ext != want || !bytes.Equal(written, m.Data) {
				t.Errorf("%s: Encode makes something else of it", name)
			}
		}
	}
}

func TestThePNGInsideCompressedDepthPasses(t *testing.T) {
	m := message(t, "ros1/comp/depth_png/compressedDepth")
	data, ext, ok := m.Passthrough(rosimage.Options{})
	if !ok || ext != "png" || !bytes.Equal(data, m.Data[12:]) {
		t.Errorf("got %v, %q", ok, ext)
	}
	for name, o := range map[string]rosimage.Options{
		"depth_png":   {Depth: &rosimage.Range{Max: 1}}, // it has to be computed
		"depth32_png": {},                               // its samples are no millimetres
		"depth_rvl":   {},
	} {
		m := message(t, "ros1/comp/"+name+"/compressedDepth")
		if _, _, ok := m.Passthrough(o); ok {
			t.Errorf("%s passes", name)
		}
	}
}

func TestExtIsKnownBeforehand(t *testing.T) {
	samples, _ := corpus()
	for _, o := range []rosimage.Options{{}, {Format: rosimage.JPEG}, {Depth: &rosimage.Range{Max: 3}}, {Format: rosimage.JPEG, Depth: &rosimage.Range{Max: 3}}} {
		for _, s := range samples {
			m := message(t, s.File)
			want, wantErr := m.Ext(o)
			var b bytes.Buffer
			ext, err := rosimage.Encode(&b, m, o)
			if ext != want || (err == nil) != (wantErr == nil) {
				t.Errorf("%s: Encode says %q, %v, Ext %q, %v", s.File, ext, err, want, wantErr)
			}
			if err != nil && b.Len() > 0 {
				t.Errorf("%s: %d bytes were written before the error", s.File, b.Len())
			}
		}
	}
}

func TestWhatIsNotReadIsNamed(t *testing.T) {
	tests := map[string]struct {
		m    *rosimage.Message
		want string
	}{
		"an encoding":     {raw("32SC1", 4, 2, make([]byte, 32)), `encoding "32SC1" is not supported`},
		"a file's format": {&rosimage.Message{Kind: rosimage.Compressed, Format: "gif", Data: []byte("GIF89a")}, `encoding gif (format "gif") is not supported`},
		"a name":          {&rosimage.Message{Kind: rosimage.Compressed, Format: "zdepth", Data: []byte("abc")}, `encoding "zdepth" is not supported`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := rosimage.Encode(&bytes.Buffer{}, tt.m, rosimage.Options{})
			var u *rosimage.UnsupportedError
			if !errors.As(err, &u) || err.Error() != tt.want || u.Hint() == (diag.Hint{}) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestVideoIsRefusedByName(t *testing.T) {
	_, err := rosimage.Decode(rosimage.Protobuf, rosimage.Video, []byte("\x0a\x00"))
	var u *rosimage.UnsupportedError
	if !errors.As(err, &u) || !strings.Contains(err.Error(), "video") {
		t.Errorf("got %v", err)
	}
	m := &rosimage.Message{Kind: rosimage.Compressed, Format: "h264", Data: []byte("\x00\x00\x00\x01\x67\x42\x00\x1e")}
	_, err = m.Ext(rosimage.Options{})
	if !errors.As(err, &u) || !strings.Contains(err.Error(), `H.264 or H.265 video (format "h264")`) {
		t.Errorf("got %v", err)
	}
}

func TestAnEmptyPayloadIsDamageNotAnEncoding(t *testing.T) {
	_, err := rosimage.Encode(&bytes.Buffer{}, message(t, "ros1/comp/empty/compressed"), rosimage.Options{})
	var u *rosimage.UnsupportedError
	if errors.As(err, &u) || err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("got %v", err)
	}
}

// Only a whole kind of image is an encoding that is not read; one bad message is damage.
func TestADamagedMessageIsNotAnEncodingThatIsNotRead(t *testing.T) {
	for name, m := range map[string]*rosimage.Message{
		"an image of nothing":       raw("", 0, 0, nil),
		"no pixels":                 raw("rgb8", 0, 0, nil),
		"too short":                 raw("rgb8", 8, 8, make([]byte, 100)),
		"a damaged encoding":        raw("rg\x00\x7f8", 4, 2, make([]byte, 24)),
		"a jpeg of text":            {Kind: rosimage.Compressed, Format: "jpeg", Data: []byte("no image at all")},
		"a png of zeros":            {Kind: rosimage.Compressed, Format: "bgr8; png compressed bgr8", Data: make([]byte, 100)},
		"a compressedDepth of text": {Kind: rosimage.Compressed, Format: "16UC1; compressedDepth", Data: []byte("0123456789ab no image")},
		"a short compressedDepth":   {Kind: rosimage.Compressed, Format: "16UC1; compressedDepth png", Data: []byte("0123")},
		"a huge RVL":                {Kind: rosimage.Compressed, Format: "16UC1; compressedDepth rvl", Data: []byte("0123456789ab\xff\xff\xff\x7f\xff\xff\xff\x7f")},
		"a MJPEG of text":           raw("MJPEG", 8, 8, []byte("no image at all")),
		"no format":                 {Kind: rosimage.Compressed, Data: []byte("no image at all")},
	} {
		t.Run(name, func(t *testing.T) {
			for what, err := range map[string]error{
				"Check": m.Check(rosimage.Options{}), "Info": m.Info(rosimage.Options{}).Problem,
				"Encode": func() error { _, err := rosimage.Encode(&bytes.Buffer{}, m, rosimage.Options{}); return err }(),
			} {
				var damaged *rosimage.DamagedError
				if !errors.As(err, &damaged) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

func TestInfoSaysWhatAManifestCanUse(t *testing.T) {
	type info struct {
		Encoding, Format string
		Width, Height    int
		Ext              string
		Passthrough      bool
		Problem          string
	}
	tests := map[string]info{
		"ros1/enc/bgr8":                        {Encoding: "bgr8", Width: 64, Height: 48, Ext: "png"},
		"ros1/enc/nv12":                        {Encoding: "nv12", Width: 64, Height: 48, Ext: "png"},
		"ros1/comp/format_lies_png/compressed": {"jpeg", "png", 64, 48, "jpg", true, ""},
		"ros1/comp/png16/compressed":           {"png", "16UC1; png compressed ", 64, 48, "png", true, ""},
		"ros1/comp/webp/compressed":            {"webp", "webp", 64, 48, "webp", true, ""},
		"ros1/comp/depth_rvl/compressedDepth":  {"16UC1 compressedDepth rvl", "16UC1; compressedDepth rvl", 64, 48, "png", false, ""},
		"ros1/comp/depth32_png/compressedDepth": {
			"32FC1 compressedDepth png", "32FC1; compressedDepth png", 64, 48, "png", false, "",
		},
		"ros1/comp/tiff/compressed": {"tiff", "tiff", 64, 48, "tif", true, ""},
		"json/enc/rgb8":             {Encoding: "rgb8", Width: 64, Height: 48, Ext: "png"},
		"protobuf/realsenseD435/color/image_raw/compressed": {"jpeg", "jpeg", 64, 48, "jpg", true, ""},
		"cdr-bigendian/comp/jpeg_full/compressed":           {"jpeg", "rgb8; jpeg compressed bgr8", 64, 48, "jpg", true, ""},
		"ros1/comp/empty/compressed":                        {Format: "jpeg", Problem: `damaged image message: the payload is empty (format "jpeg")`},
	}
	for file, want := range tests {
		t.Run(file, func(t *testing.T) {
			i := message(t, file).Info(rosimage.Options{})
			got := info{i.Encoding, i.Format, i.Width, i.Height, i.Ext, i.Passthrough, ""}
			if i.Problem != nil {
				got.Problem = i.Problem.Error()
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDescribeNamesWhatATopicIs(t *testing.T) {
	samples, _ := corpus()
	i := rosimage.Describe(samples[0].Wire, samples[0].Type, samples[0].bytes, rosimage.Options{})
	if i.Problem != nil || i.Encoding != "rgb8" || i.Width != 64 {
		t.Errorf("got %+v", i)
	}
	tests := map[string]struct{ name, want string }{
		"a type without images": {"sensor_msgs/msg/Imu", "encoding sensor_msgs/msg/Imu is not supported"},
		"a video":               {"theora_image_transport/Packet", "encoding video (theora_image_transport/Packet) is not supported"},
		"a damaged message":     {"sensor_msgs/Image", "sensor_msgs/Image as ros1: damaged image message"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			i := rosimage.Describe(rosimage.ROS1, tt.name, []byte("abc"), rosimage.Options{})
			if i.Problem == nil || !strings.HasPrefix(i.Problem.Error(), tt.want) {
				t.Errorf("got %v, want %s…", i.Problem, tt.want)
			}
		})
	}
}

func TestATIFFOfEitherOrderAndSizePassesByteForByte(t *testing.T) {
	for _, magic := range []string{"II*\x00", "MM\x00*", "II+\x00", "MM\x00+"} {
		for _, format := range []string{"tiff", "16UC1; tiff compressed ", "png"} {
			m := &rosimage.Message{Kind: rosimage.Compressed, Format: format, Data: []byte(magic + "the rest of it, whatever that is")}
			if file, ext, ok := m.Passthrough(rosimage.Options{}); !ok || ext != "tif" || !bytes.Equal(file, m.Data) {
				t.Errorf("%q, %q: %q, %s, %v", magic, format, file, ext, ok)
			}
		}
	}
}
