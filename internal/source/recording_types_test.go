package source

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// greys is a ROS 1 sensor_msgs/Image of 2 x 2 pixels.
func greys(ns int64, pix string) []byte {
	le := binary.LittleEndian
	b := stamped(ns, nil)
	b = b[:len(b)-len("\x04\x00\x00\x00jpeg\x00\x00\x00\x00")] // the header alone
	b = le.AppendUint32(le.AppendUint32(b, 2), 2)
	b = append(le.AppendUint32(b, 5), "mono8"...)
	b = le.AppendUint32(append(b, 0), 2)
	return append(le.AppendUint32(b, uint32(len(pix))), pix...)
}

// depths is a ROS 1 sensor_msgs/Image of 2 x 2 distances.
func depths(ns int64, encoding string) []byte {
	le := binary.LittleEndian
	b := stamped(ns, nil)
	b = b[:len(b)-len("\x04\x00\x00\x00jpeg\x00\x00\x00\x00")]
	b = le.AppendUint32(le.AppendUint32(b, 2), 2)
	b = append(le.AppendUint32(b, uint32(len(encoding))), encoding...)
	b = le.AppendUint32(append(b, 0), 4)
	return append(le.AppendUint32(b, 8), "\x01\x02\x03\x04\x05\x06\x07\x08"...)
}

// A JPEG of distances has lost most of them, whatever the topic is called.
func TestDepthIsNeverTakenAsAJPEGWhereItIsThere(t *testing.T) {
	tests := map[string]struct {
		raw, compressed, encoding string
		jpegs                     int // in addition to 3 raw messages
		want                      string
		note                      []string
	}{
		"of any name":   {"/tof/image_raw", "/tof/image_raw/compressed", "16UC1", 3, "png", []string{"note: task cam: /tof/image_raw (3 messages) is taken, not /tof/image_raw/compressed (3 messages)"}},
		"in capitals":   {"/tof/image_raw", "/tof/image_raw/compressed", "Z16", 3, "png", []string{"note: task cam: /tof/image_raw (3 messages) is taken, not /tof/image_raw/compressed (3 messages)"}},
		"of mono16":     {"/tof/image_raw", "/tof/image_raw/compressed", "mono16", 3, "png", []string{"note: task cam: /tof/image_raw (3 messages) is taken, not /tof/image_raw/compressed (3 messages)"}},
		"fewer of them": {"/tof/image_raw", "/tof/image_raw/compressed", "16UC1", 9, "png", []string{"note: task cam: /tof/image_raw (3 messages) is taken, not /tof/image_raw/compressed (9 messages)"}},
		"a picture":     {"/tof/image_raw", "/tof/image_raw/compressed", "bgr8", 3, "jpg", []string{"note: of topics that hold the same images one is taken, in 1 task, such as /tof/image_raw/compressed, not /tof/image_raw (3 messages each)"}},
		"other streams": {"/tof/range", "/tof/jpeg", "16UC1", 3, "", []string{"error: camera tof fits 2 image streams: /tof/jpeg, /tof/range | give the camera the one that is meant, topics: [/tof/jpeg]"}},
		"another robot's": {"/robot1/tof/image_raw", "/robot2/tof/compressed", "mono8", 3, "",
			[]string{"error: camera tof fits 2 image streams: /robot1/tof/image_raw, /robot2/tof/compressed | give the camera the one that is meant, topics: [/robot1/tof/image_raw]"}},
		"fewer in other streams": {"/tof/image", "/tof/jpeg", "mono8", 2, "png",
			[]string{"note: task cam: /tof/image (3 messages) is taken, not /tof/jpeg (2 messages)"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			w, err := bagtest.Create(filepath.Join(root, "a.bag"), bagtest.Format{})
			check(t, err)
			for i := range max(3, tt.jpegs) {
				ns := int64(1700000000+i) * 1e9
				if i < 3 {
					check(t, w.Write(topic(tt.raw, "sensor_msgs/Image"), ns, depths(ns, tt.encoding)))
				}
				if i < tt.jpegs {
					check(t, w.Write(topic(tt.compressed, compressedImage), ns, stamped(ns, jpegImage(t))))
				}
			}
			check(t, w.Close())
			tasks, problems := Scan(t.Context(), parse(t, "cameras: [{name: tof}]\ntask: {name: cam}\nbags: [{path: a.bag, frames: {bad: skip}}]"), Options{Root: root})
			for _, task := range tasks {
				problems = append(problems, task.Problems...)
				for _, f := range task.Frames() {
					if filepath.Ext(f) != "."+tt.want {
						t.Errorf("frame %s", f)
					}
				}
			}
			if diff := cmp.Diff(tt.note, texts(root, problems)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheRawTopicIsTakenWhereTheCompressedOneHoldsFewer(t *testing.T) {
	frames, problems := onlyProblems(t, "testdata/field/b20-fewer-compressed-than-raw", "few.mcap", false)
	want := []string{"note: task few: /cam/image_raw (10 messages) is taken, not /cam/image_raw/compressed (3 messages)"}
	if diff := cmp.Diff(want, problems); diff != "" || frames != 10 {
		t.Errorf("%d frames\n%s", frames, diff)
	}
}

// mixed writes one message of each topic in turn, 1 s apart: compressed, raw, text.
func mixed(t *testing.T, path string, topics ...bagtest.Topic) {
	t.Helper()
	w, err := bagtest.Create(path, bagtest.Format{})
	check(t, err)
	for i := range 6 {
		ns := int64(1700000000+i) * 1e9
		switch p := topics[i%len(topics)]; p.Type {
		case compressedImage:
			check(t, w.Write(p, ns, stamped(ns, jpegImage(t))))
		case "sensor_msgs/Image":
			check(t, w.Write(p, ns, greys(ns, "\x01\x02\x03\x04")))
		default:
			check(t, w.Write(p, ns, []byte("\x02\x00\x00\x00hi")))
		}
	}
	check(t, w.Close())
}

// A driver's settings change, and with them what its topic holds: each message is read as what it is.
func TestOneTopicMayHoldSeveralTypes(t *testing.T) {
	root := t.TempDir()
	mixed(t, filepath.Join(root, "a.bag"), topic("/cam", compressedImage), topic("/cam", "sensor_msgs/Image"), topic("/cam", "std_msgs/String"))
	tasks, problems := Scan(context.Background(), parse(t, "cameras: [{name: cam}]\nbags: [{path: a.bag}]"), Options{Root: root})
	if len(tasks) != 1 || len(problems) > 0 {
		t.Fatalf("%d tasks, %v", len(tasks), problems)
	}
	defer tasks[0].Close()
	var names []string
	for _, f := range got(t, tasks[0]) {
		names = append(names, f.Name)
	}
	want := []string{"a/cam_1700000000000000000.jpg", "a/cam_1700000001000000000.png", "a/cam_1700000003000000000.jpg", "a/cam_1700000004000000000.png"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

// image_transport names the compressed topic after the raw one; others do not.
func TestOfACamerasTwoStreamsOnlyTheCompressedBecomesFrames(t *testing.T) {
	for name, tt := range map[string]struct{ raw, compressed string }{
		"by transport":  {"/front/image_raw", "/front/image_raw/compressed"},
		"of other name": {"/front/image_raw", "/front/jpeg"},
		"listed first":  {"/front/z", "/front/a"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			mixed(t, filepath.Join(root, "a.bag"), topic(tt.raw, "sensor_msgs/Image"), topic(tt.compressed, compressedImage))
			s := scan(t, root, "cameras: [{name: front}]\nbags: [{path: a.bag}]")
			note := fmt.Sprintf("note: of topics that hold the same images one is taken, in 1 task, such as %s, not %s (3 messages each)", tt.compressed, tt.raw)
			if len(s.Tasks) != 1 || !slices.Equal(s.Problems, []string{note}) {
				t.Fatalf("%+v", s)
			}
			want := "a/front_1700000001000000000.jpg a/front_1700000003000000000.jpg a/front_1700000005000000000.jpg"
			if diff := cmp.Diff(want, s.Tasks[0].Frames); diff != "" {
				t.Error(diff)
			}
		})
	}
}
