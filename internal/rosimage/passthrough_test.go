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
	tests := map[string]struct{ file, want string }{
		"an encoding":     {"ros1/enc/nv12", `encoding "nv12" is not supported`},
		"another":         {"ros1/enc/nv21", `encoding "nv21" is not supported`},
		"a file's format": {"ros1/comp/tiff/compressed", `encoding tiff (format "tiff") is not supported`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := rosimage.Encode(&bytes.Buffer{}, message(t, tt.file), rosimage.Options{})
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
		"ros1/enc/nv12":                        {Encoding: "nv12", Width: 64, Height: 48, Problem: `encoding "nv12" is not supported`},
		"ros1/comp/format_lies_png/compressed": {"jpeg", "png", 64, 48, "jpg", true, ""},
		"ros1/comp/png16/compressed":           {"png", "16UC1; png compressed ", 64, 48, "png", true, ""},
		"ros1/comp/webp/compressed":            {"webp", "webp", 64, 48, "webp", true, ""},
		"ros1/comp/depth_rvl/compressedDepth":  {"16UC1 compressedDepth rvl", "16UC1; compressedDepth rvl", 64, 48, "png", false, ""},
		"ros1/comp/depth32_png/compressedDepth": {
			"32FC1 compressedDepth png", "32FC1; compressedDepth png", 64, 48, "png", false, "",
		},
		"ros1/comp/tiff/compressed": {Encoding: "tiff", Format: "tiff", Problem: `encoding tiff (format "tiff") is not supported`},
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
		"a video":               {"foxglove.CompressedVideo", "encoding video (foxglove.CompressedVideo) is not supported"},
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
