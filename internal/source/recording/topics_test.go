package recording

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag"
)

func TestOfAStreamAndItsTransportsTheCompressedIsTaken(t *testing.T) {
	image := func(name, kind string, n int) bag.Topic { return bag.Topic{Name: name, Type: kind, Count: n} }
	const raw, comp, video = "sensor_msgs/Image", "sensor_msgs/CompressedImage", "foxglove.CompressedVideo"
	tests := map[string]struct {
		topics []bag.Topic
		want   string
		depths Depths
	}{
		"both":             {[]bag.Topic{image("/c/image_raw", raw, 3), image("/c/image_raw/compressed", comp, 3)}, "/c/image_raw/compressed", nil},
		"compressed empty": {[]bag.Topic{image("/c/image_raw", raw, 3), image("/c/image_raw/compressed", comp, 0)}, "/c/image_raw", nil},
		"depth":            {[]bag.Topic{image("/d/image", raw, 3), image("/d/image/compressedDepth", comp, 3)}, "/d/image/compressedDepth", nil},
		"fewer compressed": {[]bag.Topic{image("/c/image_raw", raw, 10), image("/c/image_raw/compressed", comp, 3)}, "/c/image_raw", nil},
		"fewer raw":        {[]bag.Topic{image("/c/image_raw", raw, 3), image("/c/image_raw/compressed", comp, 10)}, "/c/image_raw/compressed", nil},
		"depth as JPEG":    {[]bag.Topic{image("/d/depth/image", raw, 3), image("/d/depth/image/compressed", comp, 3)}, "/d/depth/image", nil},
		"only as JPEG":     {[]bag.Topic{image("/d/depth/image", raw, 0), image("/d/depth/image/compressed", comp, 3)}, "/d/depth/image/compressed", nil},
		"video last":       {[]bag.Topic{image("/c/image_raw/ffmpeg", video, 3), image("/c/image_raw", raw, 3)}, "/c/image_raw", nil},
		"two streams":      {[]bag.Topic{image("/a/image_raw", raw, 3), image("/b/image_raw", raw, 3)}, "/a/image_raw /b/image_raw", nil},
		"deep by its messages": {
			[]bag.Topic{image("/tof/image_raw", raw, 3), image("/tof/image_raw/compressed", comp, 9)}, "/tof/image_raw",
			Depths{"/tof/image_raw": true, "/tof/image_raw/compressed": false},
		},
		"depth in a PNG of 16 bits": {
			[]bag.Topic{image("/d/depth/image", raw, 3), image("/d/depth/image/compressed", comp, 3)}, "/d/depth/image/compressed",
			Depths{"/d/depth/image": true, "/d/depth/image/compressed": true},
		},
		"deep, without messages": {
			[]bag.Topic{image("/tof", raw, 0), image("/tof/compressed", comp, 9)}, "/tof/compressed", Depths{"/tof/compressed": false},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, names(Choose(tt.topics, tt.depths))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func names(topics []bag.Topic) string {
	var list []string
	for _, t := range topics {
		list = append(list, t.Name)
	}
	return strings.Join(list, " ")
}

func TestACamerasNameIsMadeOfATopic(t *testing.T) {
	for topic, want := range map[string]string{
		"/realsenseD435/color/image_raw/compressed": "realsenseD435_color", "/jai_cam/image_raw": "jai_cam",
		"/cam/image_rect_color": "cam", "/image_raw": "image_raw", "/device_0/sensor_1/Color_0/image/data": "device_0_sensor_1_Color_0_image_data",
	} {
		if got := CameraName(topic); got != want {
			t.Errorf("%s: %s, want %s", topic, got, want)
		}
	}
}

func TestOfOneRawAndOneCompressedStreamTheCompressedIsTaken(t *testing.T) {
	const raw, comp = "sensor_msgs/Image", "sensor_msgs/msg/CompressedImage"
	stream := func(name, kind string, n int) bag.Topic { return bag.Topic{Name: name, Type: kind, Count: n} }
	tests := map[string]struct {
		other  bag.Topic
		want   int // streams left
		depths Depths
	}{
		"next to it":       {stream("/front/compressed", comp, 3), 1, nil},
		"of another name":  {stream("/front/image_compressed", comp, 3), 1, nil},
		"of another image": {stream("/front/image_color/compressed", comp, 3), 1, nil},
		"empty":            {stream("/front/compressed", comp, 0), 2, nil},
		"depth":            {stream("/front/depth/compressed", comp, 3), 2, nil},
		"raw too":          {stream("/front/image_mono", raw, 3), 2, nil},
		"of 8 bits":        {stream("/front/compressed", comp, 3), 2, Depths{"/front/compressed": false, "/front/image_raw": true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := CompressedOf([]bag.Topic{tt.other, stream("/front/image_raw", raw, 3)}, tt.depths)
			if len(got) != tt.want || got[0].Name != tt.other.Name {
				t.Errorf("%v", names(got))
			}
		})
	}
}

func TestWhatAChoiceOfTopicsPassesOverDiffersOrNot(t *testing.T) {
	const raw, comp = "sensor_msgs/Image", "sensor_msgs/CompressedImage"
	all := []bag.Topic{{Name: "/c/image", Type: raw, Count: 10}, {Name: "/c/image/compressed", Type: comp, Count: 3}, {Name: "/d", Type: raw, Count: 1}}
	if other, same := Passed(all[0], StreamOf("/c/image", all), nil); names(other) != "/c/image/compressed" || names(same) != "" {
		t.Errorf("%v differ, %v do not", names(other), names(same))
	}
	all[1].Count = 10
	if other, same := Passed(all[1], StreamOf("/c/image", all), nil); names(other) != "" || names(same) != "/c/image" {
		t.Errorf("of equal counts %v differ, %v do not", names(other), names(same))
	}
}
