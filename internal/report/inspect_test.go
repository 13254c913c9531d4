package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/survey"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/schema"
)

// inspected are a recording, a directory, one of several bags, and things that hold nothing.
func inspected() []survey.Bag {
	topic := func(name, kind string, count int) survey.Topic {
		return survey.Topic{Name: name, Type: kind, Encoding: "ros1", Count: count, First: 1772616600_000000000, Last: 1772616600_000000000 + int64(count-1)*1e8}
	}
	jpeg := topic("/jai_cam/image_raw/compressed", "sensor_msgs/CompressedImage", 12)
	jpeg.Image, jpeg.Size, jpeg.Stamp, jpeg.Frame = true, 7471, 1772616600_000000000, "jai_cam_optical"
	jpeg.Pixels = rosimage.Info{Encoding: "jpeg", Format: "jpeg", Width: 320, Height: 240, Ext: "jpg", Passthrough: true}
	jpeg.Suggestion = survey.Suggestion{Camera: "jai_cam", ByName: true}
	raw := topic("/jai_cam/image_raw", "sensor_msgs/Image", 12)
	raw.Image, raw.Size, raw.Stamp = true, 230_421, 1772616600_000000000
	raw.Pixels = rosimage.Info{Encoding: "bgr8", Width: 320, Height: 240, Ext: "png"}
	raw.Suggestion = survey.Suggestion{Camera: "jai_cam", ByName: true, Instead: jpeg.Name}
	depth := raw
	depth.Name, depth.Stamp, depth.Pixels.Encoding, depth.Suggestion = "/rs/depth/image", 0, "16UC1", survey.Suggestion{Camera: "rs_depth"}
	video := topic("/rs/video", "foxglove.CompressedVideo", 3)
	video.Image, video.Pixels = true, rosimage.Info{Encoding: "video", Problem: &rosimage.UnsupportedError{Encoding: "video"}}
	broken := topic("/rs/broken", "sensor_msgs/Image", 1)
	broken.Image, broken.Pixels.Problem = true, errors.New("damaged \x1b[31m message")
	empty := topic("/rs/empty", "sensor_msgs/Image", 0)
	empty.Image, empty.First, empty.Last = true, 0, 0
	return []survey.Bag{
		{
			Path: "run7.bag", Kind: "rosbag", Bytes: 114_554, First: 1772616600_000000001, Last: 1772616661_112000001, Messages: 41,
			Topics:  []survey.Topic{raw, jpeg, topic("/odom", "nav_msgs/Odometry", 1), broken, depth, empty, video},
			Cameras: []survey.GuessCamera{{Name: "jai_cam", Images: 12, Bags: 1}, {Name: "rs_depth", Topics: []string{depth.Name}, Images: 12, Bags: 1}},
			Notes:   []string{"run7.bag: cut short, or damaged (at byte 50986)"},
		},
		{
			Path: "2026-03-04", Kind: survey.Directory, Images: 26, Unsupported: 1, Others: 2, First: 1772616600_000000000, Last: 1772616600_766333337, Unclaimed: 3,
			Cameras: []survey.GuessCamera{{Name: "jai_cam", Images: 12, Bags: 1}, {Name: "left", Images: 11, Bags: 1}},
		},
		{Path: "data", Kind: survey.Directory, Images: 48, Holds: []survey.GuessBag{{Path: "2026-*/", Count: 2}}, Cameras: []survey.GuessCamera{{Name: "jai_cam", Images: 48, Bags: 2}}},
		{Path: "none", Kind: survey.Directory},
		{Path: "empty.mcap", Kind: "mcap", Bytes: 300},
	}
}

func TestInspectIsAsItWas(t *testing.T) {
	golden(t, "inspect.txt", render(t, func(b *bytes.Buffer) error { return InspectTable(b, inspected(), Palette{}, 0) }))
	golden(t, "inspect.json", render(t, func(b *bytes.Buffer) error { return InspectJSON(b, inspected()) }))
}

func TestInspectJSONIsWhatItsSchemaSays(t *testing.T) {
	s := strict(t, schema.Inspect)
	for _, bags := range [][]survey.Bag{nil, inspected()} {
		conforms(t, s, render(t, func(b *bytes.Buffer) error { return InspectJSON(b, bags) }))
	}
}

// Columns begin at one cell for names of any script.
func TestInspectsColumnsAreAlignedForWideNames(t *testing.T) {
	b := survey.Bag{Path: "d", Kind: survey.Directory, Cameras: []survey.GuessCamera{{Name: "果樹園のカメラ", Images: 7}, {Name: "cam", Images: 7}, {Name: "e\u0301te\u0301", Images: 7}}}
	got := string(render(t, func(w *bytes.Buffer) error { return InspectTable(w, []survey.Bag{b}, Palette{}, 0) }))
	at := map[int]bool{}
	for _, line := range strings.Split(strings.TrimSpace(got), "\n")[1:] {
		before, _, _ := strings.Cut(line, "7 images")
		at[cells.StringWidth(before)] = true
	}
	if len(at) != 1 {
		t.Errorf("they begin at cells %v\n%s", at, got)
	}
}

// What is wider than a terminal goes on below itself, and is all there.
func TestInspectFitsATerminalOf80Cells(t *testing.T) {
	bags := inspected()
	long := survey.Bag{Path: strings.Repeat("north/", 30) + "run", Kind: survey.Directory, Images: 7, Cameras: []survey.GuessCamera{{Name: strings.Repeat("果樹園", 20) + "_1", Images: 7}}}
	text := string(render(t, func(b *bytes.Buffer) error { return InspectTable(b, append(bags, long), Palette{}, 80) }))
	narrow(t, text)
	for _, b := range bags {
		for _, topic := range b.Topics {
			if !strings.Contains(text, wording.Safe(topic.Name)) || !strings.Contains(text, wording.Safe(topic.Type)) {
				t.Errorf("%s, %s is not in\n%s", topic.Name, topic.Type, text)
			}
		}
	}
	if !strings.Contains(text, "north/run\n") || !strings.Contains(text, "園_1;\n") {
		t.Errorf("which one it is must be seen:\n%s", text)
	}
}
