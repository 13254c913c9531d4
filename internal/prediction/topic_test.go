package prediction

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foxglove/mcap/go/mcap"
	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/internal/dataset"
	"github.com/cvatplan/cvatplan/internal/rosmsg"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

func fixture(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// itemsOf are the items of one message, as "type label points rotation score", or what is wrong with them.
func itemsOf(d detected) []string {
	var all []string
	for _, item := range d.items {
		if item.Wrong != "" {
			all = append(all, item.Wrong)
			continue
		}
		s := item.Shapes[0]
		text := fmt.Sprint(s.Type, " ", s.Label, " ", s.Points, " ", s.Rotation)
		if s.Score != nil {
			text += fmt.Sprint(" ", *s.Score)
		}
		all = append(all, text)
	}
	return all
}

func TestMessagesAreReadByTheDefinitionThatTheyCarry(t *testing.T) {
	cat := []string{"rectangle dog [40 35 60 45] 0 0.75", "rectangle a [8 9 12 11] 90 0.5"}
	for name, test := range map[string]struct {
		m     Message
		stamp int64
		want  []string
	}{
		"ROS 2 Humble":                       {Message{Type: "vision_msgs/msg/Detection2DArray", Encoding: "cdr", Schema: []byte(fixture(t, "cdr.msg")), Data: []byte(fixture(t, "cdr.bin"))}, 1700000000000000005, cat},
		"ROS 2 Humble, without a definition": {Message{Type: "vision_msgs/msg/Detection2DArray", Encoding: "cdr", Data: []byte(fixture(t, "cdr.bin"))}, 1700000000000000005, cat},
		"ROS Noetic": {Message{Type: "vision_msgs/Detection2DArray", Encoding: "ros1", Schema: []byte(fixture(t, "ros1.msg")), Data: []byte(fixture(t, "ros1.bin"))}, 1700000001000000007,
			[]string{"rectangle 7 [40 35 60 45] 0 0.5", "rectangle 7 [40 35 60 45] 0 0.5"}},
		"foxglove in CDR": {Message{Type: "foxglove_msgs/msg/ImageAnnotations", Encoding: "cdr", Schema: []byte(fixture(t, "fox.msg")), Data: []byte(fixture(t, "fox.bin"))}, 1700000002000000009,
			[]string{"ellipse ball [50 50 60 40] 0 0.55", "rectangle dog [10 20 30 40] 0 0.87"}},
		"foxglove in JSON": {Message{Type: foxgloveAnnotations, Encoding: "json", Data: []byte(`{"points": [{"timestamp": {"sec": 3, "nsec": 4}, "type": "LINE_LOOP", "points": [{"x": 1, "y": 1}, {"x": 9, "y": 1}, {"x": 9, "y": 7}]},
			{"type": 3, "points": [{"x": 50, "y": 50}, {"x": 60, "y": 50}]}, {"type": 1, "points": [{"x": 80, "y": 9}]}], "texts": [{"position": {"x": 1, "y": 1}, "text": "leaf"}, {"position": {"x": 50, "y": 45}, "text": "way 7"}]}`)}, 3000000004,
			[]string{"polygon leaf [1 1 9 1 9 7] 0", "polyline way 7 [50 50 60 50] 0", "a shape without a text at its corner that names it"}},
	} {
		t.Run(name, func(t *testing.T) {
			topic := NewTopic()
			if err := topic.Add(test.m, false); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, itemsOf(topic.messages[0])); diff != "" || topic.messages[0].stamp != test.stamp {
				t.Errorf("%d\n%s", topic.messages[0].stamp, diff)
			}
		})
	}
}

// What pull writes next to a recording is read back, as far as it says what it is.
func TestSideFilesOfPullAreRead(t *testing.T) {
	var b bytes.Buffer
	stamp := int64(1700000000123456789)
	_, err := dataset.MCAP(&b, dataset.Set{Labels: annotation.NewLabels([]cvat.Label{{ID: 1, Name: "car"}}), Frames: func(yield func(dataset.Frame, error) bool) {
		yield(dataset.Frame{Camera: "front", StampNS: &stamp, Frame: annotation.Frame{Name: "a.jpg", Width: 100, Height: 80, Shapes: []annotation.Shape{
			{Type: "rectangle", Label: "car", Points: []float64{10, 20, 30, 40}},
			{Type: "polygon", Label: "car", Points: []float64{50, 50, 70, 50, 70, 60.5}},
		}}}, nil)
	}})
	if err != nil {
		t.Fatal(err)
	}
	topic := NewTopic()
	for _, m := range protobufMessages(t, b.Bytes()) {
		if err := topic.Add(Message{Type: foxgloveAnnotations, Encoding: "protobuf", Data: m}, false); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"rectangle car [10 20 30 40] 0", "polygon car [50 50 70 50 70 60.5] 0"}
	if len(topic.messages) != 1 || topic.messages[0].stamp != stamp || !slices.Equal(want, itemsOf(topic.messages[0])) {
		t.Errorf("%+v", topic.messages)
	}
}

func TestEachFrameGetsTheNearestMessage(t *testing.T) {
	at := func(ms int64) int64 { return ms * int64(time.Millisecond) }
	for name, test := range map[string]struct {
		messages, frames []int64
		want             string // frames with the message that each got
		unmatched        int
	}{
		"one each":                         {[]int64{0, 100, 200}, []int64{1, 99, 210}, "1:0 99:100 210:200", 0},
		"frames that were not selected":    {[]int64{0, 33, 66, 100, 133}, []int64{0, 100}, "0:0 100:100", 3},
		"too far":                          {[]int64{0, 151}, []int64{51, 100}, "", 2},
		"a slow detector":                  {[]int64{100}, []int64{80, 110, 130}, "110:100", 0},
		"no message":                       {nil, []int64{1}, "", 0},
		"no frame":                         {[]int64{1}, nil, "", 1},
		"as near to one as to the other":   {[]int64{100}, []int64{90, 110}, "90:100", 0},
		"before the first, after the last": {[]int64{100}, []int64{40, 60, 155}, "60:100", 0},
	} {
		topic := NewTopic()
		for _, ms := range test.messages {
			topic.messages = append(topic.messages, detected{at(ms), []Item{{Wrong: fmt.Sprint(ms)}}})
		}
		var frames []Stamp
		for _, ms := range test.frames {
			frames = append(frames, Stamp{fmt.Sprint(ms), at(ms)})
		}
		found, unmatched := topic.Match(frames, 50*time.Millisecond)
		var got []string
		for _, item := range found.Items {
			got = append(got, item.Image+":"+item.Wrong)
		}
		if strings.Join(got, " ") != test.want || unmatched != test.unmatched {
			t.Errorf("%s: %v, %d unmatched", name, got, unmatched)
		}
	}
}

// A message that is cut, or lies about its lengths, is an error and no work without end.
func TestDamagedMessagesAreErrors(t *testing.T) {
	for _, name := range []string{"cdr", "ros1", "fox"} {
		kind := map[string]string{"cdr": "vision_msgs/msg/Detection2DArray", "ros1": "vision_msgs/Detection2DArray", "fox": "foxglove_msgs/msg/ImageAnnotations"}[name]
		parsed, err := rosmsg.Parse(kind, fixture(t, name+".msg"))
		if err != nil {
			t.Fatal(err)
		}
		encoding := map[bool]string{true: "ros1", false: "cdr"}[name == "ros1"]
		whole := []byte(fixture(t, name+".bin"))
		for n := range whole {
			if _, err := parsed.Decode(encoding, whole[:n]); err == nil && n < len(whole)-8 {
				t.Errorf("%s: %d of %d bytes are no error", name, n, len(whole))
			}
			for _, value := range []byte{0, 0x7f, 0xff} {
				damaged := slices.Clone(whole)
				damaged[n] = value
				_, _ = parsed.Decode(encoding, damaged)
			}
		}
	}
	for _, bad := range []string{"", "x", "a/B b", "uint8[99999999999] x", "A[] a\nMSG: a/A\nA[] a"} {
		if parsed, err := rosmsg.Parse("a/T", bad); err == nil {
			if _, err := parsed.Decode("ros1", bytes.Repeat([]byte{0xff}, 100)); err == nil && bad != "" {
				t.Errorf("%q", bad)
			}
		}
	}
}

// protobufMessages are the messages of an MCAP file.
func protobufMessages(t *testing.T, file []byte) (all [][]byte) {
	t.Helper()
	r, err := mcap.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	messages, err := r.Messages()
	if err != nil {
		t.Fatal(err)
	}
	for {
		_, _, m, err := messages.NextInto(nil)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m.Data)
	}
}
