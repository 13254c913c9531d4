package planner_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// detectedBag writes a ROS 1 bag of four images, 100 ms apart, and of what a detector found next to two of them: two
// equal boxes of class 7 (package prediction has the message).
func detectedBag(t *testing.T, path string) {
	t.Helper()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 100, 80)), nil); err != nil {
		t.Fatal(err)
	}
	message, err := os.ReadFile("../prediction/testdata/ros1.bin")
	if err != nil {
		t.Fatal(err)
	}
	definition, err := os.ReadFile("../prediction/testdata/ros1.msg")
	if err != nil {
		t.Fatal(err)
	}
	const found = 1700000001000000007 // its stamp
	w, err := bagtest.Create(path, bagtest.Format{})
	if err != nil {
		t.Fatal(err)
	}
	write := func(topic bagtest.Topic, log int64, data []byte) {
		if err := w.Write(topic, log, data); err != nil {
			t.Fatal(err)
		}
	}
	le := binary.LittleEndian
	for i := range 4 {
		ns := int64(found + 10e6 + i*100e6)
		b := le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, uint32(i)), uint32(ns/1e9)), uint32(ns%1e9))
		b = append(le.AppendUint32(b, 3), "cam"...)
		b = append(le.AppendUint32(b, 4), "jpeg"...)
		b = append(le.AppendUint32(b, uint32(picture.Len())), picture.Bytes()...)
		write(bagtest.Topic{Name: "/cam/compressed", Type: "sensor_msgs/CompressedImage", Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: "uint8 x"}, ns+3e9, b)
	}
	detections := bagtest.Topic{Name: "/cam/found", Type: "vision_msgs/Detection2DArray", Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: string(definition)}
	write(detections, found+4e9, message)
	later := bytes.Clone(message)
	le.PutUint32(later[8:], 7+100e6+4e6) // 6 ms before the second image
	write(detections, found+5e9, later)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDetectionsOfATopicGoToTheFramesNearestInTime(t *testing.T) {
	for name, test := range map[string]struct {
		frames, annotations string
		want                *plan.Annotations
		problem             string
		put                 map[int]int // of a frame, how many shapes it gets
	}{
		"each of two images":      {"", "topic: \"/{camera}/found\", labels: {\"7\": apple}", &plan.Annotations{From: "/cam/found", Labels: []plan.LabelCount{{Label: "apple", Count: 2}}, Repeated: 2}, "", map[int]int{0: 1, 1: 1}},
		"every second image":      {"frames: {every: 2}", "topic: /cam/found, labels: {\"7\": apple}", &plan.Annotations{From: "/cam/found", Labels: []plan.LabelCount{{Label: "apple", Count: 1}}, Repeated: 1, NoFrame: 1}, "", map[int]int{0: 1}},
		"nearer":                  {"", "topic: /cam/found, within: 8ms, labels: {\"7\": apple}", &plan.Annotations{From: "/cam/found", Labels: []plan.LabelCount{{Label: "apple", Count: 1}}, Repeated: 1, NoFrame: 1}, "", map[int]int{1: 1}},
		"an unknown class":        {"", "topic: /cam/found", &plan.Annotations{From: "/cam/found", Labels: []plan.LabelCount{}}, `predictions /cam/found: 4: the project has no label "7"`, nil},
		"no such topic":           {"", "topic: /found", nil, "predictions /found: the recording has no topic /found", nil},
		"no such topic, optional": {"", "topic: /found, optional: true", nil, "", map[int]int{}},
		"a topic of images":       {"", "topic: /cam/compressed", nil, "predictions /cam/compressed: its messages are sensor_msgs/CompressedImage, which says nothing of images", nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDataset(t, fmt.Sprintf("cameras: [{name: cam, topics: [/cam/compressed]%s}]\ntask: {annotations: {%s}}", comma(test.frames), test.annotations))
			if err := os.MkdirAll(filepath.Join(d.dir, "data"), 0o777); err != nil {
				t.Fatal(err)
			}
			detectedBag(t, filepath.Join(d.dir, "data", "run_1.bag"))
			server := newServer(t)
			p := d.project(t)
			decide(t, p, server, planner.Options{Upload: true})
			c := p.Plan.Changes[0]
			if got := c.Desired.Annotations; got != nil {
				if len(got.Hash) != 64 {
					t.Errorf("hash %q", got.Hash)
				}
				got.Hash = ""
			}
			if diff := cmp.Diff(test.want, c.Desired.Annotations); diff != "" {
				t.Error(diff)
			}
			if test.problem != "" {
				if c.Action != plan.Blocked || c.Reason.Code != diag.CodePredictions || c.Reason.Text != test.problem {
					t.Errorf("%s: %+v", c.Action, c.Reason)
				}
				return
			}
			p = d.project(t)
			decide(t, p, server, planner.Options{Upload: true})
			if r := apply.Run(t.Context(), p.Plan, server, apply.Options{Images: p.Images, Annotations: p.Annotations}, nil); !r.OK() {
				t.Fatalf("apply: %+v", r)
			}
			put := map[int]int{}
			got, err := server.Annotations(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range got.Shapes {
				put[s.Frame]++
			}
			if diff := cmp.Diff(test.put, put); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func comma(key string) string {
	if key == "" {
		return ""
	}
	return ", " + key
}
