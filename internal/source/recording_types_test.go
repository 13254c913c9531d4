package source

import (
	"context"
	"encoding/binary"
	"path/filepath"
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
			if len(s.Tasks) != 1 || len(s.Problems) > 0 {
				t.Fatalf("%+v", s)
			}
			want := "a/front_1700000001000000000.jpg a/front_1700000003000000000.jpg a/front_1700000005000000000.jpg"
			if diff := cmp.Diff(want, s.Tasks[0].Frames); diff != "" {
				t.Error(diff)
			}
		})
	}
}
