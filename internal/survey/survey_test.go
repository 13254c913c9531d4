package survey

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

const fixtures = "../bag/testdata/fixtures"

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func look(t *testing.T, path string) Bag {
	t.Helper()
	b, err := Look(t.Context(), path, Options{})
	check(t, err)
	return b
}

// brief is what a test looks at of a topic.
type brief struct {
	Count   int
	Holds   string // encoding and extension
	Camera  string
	Instead string
}

func briefs(b Bag) map[string]brief {
	all := map[string]brief{}
	for _, t := range b.Topics {
		s := brief{Count: t.Count, Camera: t.Camera, Instead: t.Instead}
		if t.Image {
			s.Holds = t.Pixels.Encoding + " " + t.Pixels.Ext
		}
		if t.Pixels.Problem != nil {
			s.Holds = t.Pixels.Problem.Error()
		}
		all[t.Name] = s
	}
	return all
}

func TestEveryContainerTellsTheSame(t *testing.T) {
	want := map[string]brief{
		"/jai_cam/image_raw":                        {30, "bayer_rggb8 png", "jai_cam", "/jai_cam/image_raw/compressed"},
		"/jai_cam/image_raw/compressed":             {30, "jpeg jpg", "jai_cam", ""},
		"/realsenseD435/color/image_raw":            {30, "rgb8 png", "realsenseD435", "/realsenseD435/color/image_raw/compressed"},
		"/realsenseD435/color/image_raw/compressed": {30, "jpeg jpg", "realsenseD435", ""},
	}
	for path, kind := range map[string]bag.Kind{
		"ros1/two_cams_none.bag": bag.ROS1, "ros1/two_cams_bz2.bag": bag.ROS1, "mcap/ros2_two_cams_zstd.mcap": bag.MCAP,
		"ros2/db3_none": bag.ROSBag2, "ros2/db3_none/db3_none.db3": bag.SQLite, "ros2/db3_zstd_file": bag.ROSBag2,
	} {
		t.Run(path, func(t *testing.T) {
			b := look(t, filepath.Join(fixtures, path))
			if diff := cmp.Diff(want, briefs(b)); diff != "" {
				t.Error(diff)
			}
			if b.Kind != kind || b.Messages != 120 || b.First != 1700000000012345678 || b.Last != 1700000002913496678 || b.Bytes < 10_000 || len(b.Notes) > 0 {
				t.Errorf("%+v", b)
			}
			cameras := []GuessCamera{{Name: "jai_cam", Images: 30, Bags: 1}, {Name: "realsenseD435", Images: 30, Bags: 1}}
			if diff := cmp.Diff(cameras, b.Cameras); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestATopicTellsOfItsFirstMessage(t *testing.T) {
	b := look(t, filepath.Join(fixtures, "mcap/foxglove_pb_none.mcap"))
	got := b.Topics[0]
	if got.Stamp != 1700000000000000000 || got.Frame != "jai_cam_optical" || got.Size < 1313 || got.Pixels.Width != 64 || got.Encoding != "protobuf" || got.Rate() < 9.9 || got.Rate() > 10 {
		t.Errorf("%+v", got)
	}
}

func TestATopicIsJudgedByItsFirstMessageThatIsNotDamaged(t *testing.T) {
	for file, topic := range map[string]string{
		"damaged_messages.bag": "/firstbad/image/compressed", "first_empty.mcap": "/cam/image/compressed",
	} {
		b := look(t, filepath.Join("../bag/testdata/field", file))
		if got := briefs(b)[topic]; !strings.HasPrefix(got.Holds, "jpeg") || got.Camera == "" {
			t.Errorf("%s: %+v", file, got)
		}
		if len(b.Notes) != 1 || !strings.Contains(b.Notes[0], topic+": 1 of the first 2 messages cannot be used: damaged image message: the payload is empty") {
			t.Errorf("%s: %q", file, b.Notes)
		}
	}
}

// However many damaged messages come first, a topic is described by one that is not; where none is found, how many were looked at is said.
func TestInspectLooksPastManyDamagedMessages(t *testing.T) {
	for name, tt := range map[string]struct {
		bad, good int
		want      string
	}{
		"more than a hundred": {150, 10, "112 of 113 messages that were looked at cannot be used: "},
		"all but the last":    {4999, 1, "119 of 120 messages that were looked at cannot be used: "},
		"all":                 {5000, 0, "none of 120 messages that were looked at can be used, and 4880 were not looked at: "},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "run.bag")
			w, err := bagtest.Create(path, bagtest.Format{})
			check(t, err)
			topic := bagtest.Topic{Name: "/cam/image_raw", Type: rawImage, Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: "uint8 x"}
			for i := range tt.bad + tt.good {
				message := raw()
				if i < tt.bad {
					message = message[:20]
				}
				check(t, w.Write(topic, 1_700_000_000e9+int64(i), message))
			}
			check(t, w.Close())
			b := look(t, path)
			if len(b.Notes) != 1 || !strings.Contains(b.Notes[0], tt.want) {
				t.Errorf("%q", b.Notes)
			}
			if usable := len(b.Cameras) == 1; usable != (tt.good > 0) {
				t.Errorf("%+v", b.Cameras)
			}
		})
	}
}

func TestWhatCannotBeUsedSaysWhy(t *testing.T) {
	got := briefs(look(t, filepath.Join(fixtures, "ros1/encodings_lz4.bag")))
	for topic, want := range map[string]brief{
		"/enc/nv12":                       {2, "nv12 png", "enc_nv12", ""},
		"/comp/tiff/compressed":           {2, "tiff tif", "comp_tiff", ""},
		"/comp/depth_rvl/compressedDepth": {2, "16UC1 compressedDepth rvl png", "comp_depth_rvl", ""},
	} {
		if diff := cmp.Diff(want, got[topic]); diff != "" {
			t.Errorf("%s: %s", topic, diff)
		}
	}
}

const (
	compressedImage = "sensor_msgs/CompressedImage"
	rawImage        = "sensor_msgs/Image"
)

// compressed is a ROS 1 sensor_msgs/CompressedImage.
func compressed(payload string) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, 0), 1_700_000_000), 5)
	for _, s := range []string{"cam", "jpeg", payload} {
		b = append(le.AppendUint32(b, uint32(len(s))), s...)
	}
	return b
}

// raw is a ROS 1 sensor_msgs/Image of one grey pixel.
func raw() []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, 0), 1_700_000_000), 5), 0)
	b = le.AppendUint32(le.AppendUint32(b, 1), 1)
	b = append(append(le.AppendUint32(b, 5), "mono8"...), 0)
	return append(le.AppendUint32(le.AppendUint32(b, 1), 1), 7)
}

func record(t *testing.T, path string, messages map[string][]byte) {
	t.Helper()
	w, err := bagtest.Create(path, bagtest.Format{})
	check(t, err)
	for topic, data := range messages {
		kind := rawImage
		switch {
		case strings.HasSuffix(topic, "compressed"):
			kind = compressedImage
		case strings.HasSuffix(topic, "odom"):
			kind = "nav_msgs/Odometry"
		}
		check(t, w.Write(bagtest.Topic{Name: topic, Type: kind, Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: "uint8 x"}, 1_700_000_000e9, data))
	}
	check(t, w.Close())
}

// Where the name alone would take a topic that cannot be used, the usable one must be written.
func TestAUsableTopicNextToOneThatIsNotIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.bag")
	record(t, path, map[string][]byte{
		"/cam/image_raw":            raw(),
		"/cam/image_raw/compressed": compressed("no image"),
		"/odom":                     []byte("x"),
	})
	b := look(t, path)
	want := []GuessCamera{{Name: "cam", Topics: []string{"/cam/image_raw"}, Images: 1, Bags: 1}}
	if diff := cmp.Diff(want, b.Cameras); diff != "" {
		t.Error(diff)
	}
	if got := briefs(b)["/odom"]; got != (brief{Count: 1}) {
		t.Errorf("/odom: %+v", got)
	}
}

func TestADirectoryTellsItsCameras(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"day/jai_cam_1700000000000000000.jpg", "day/jai_cam_1700000001000000000.jpg", "day/depth_1700000000500000000.png", "day/notes.txt", "day/depth.exr", "days/a/cam_1.jpg", "days/b/cam_1.jpg", "days/b/cam_2.jpg", "none/readme.txt"} {
		check(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o777))
		check(t, os.WriteFile(filepath.Join(root, name), nil, 0o666))
	}
	tests := map[string]Bag{
		"day": {
			Images: 3, Unsupported: 1, Others: 1, First: 1700000000000000000, Last: 1700000001000000000,
			Cameras: []GuessCamera{{Name: "depth", Images: 1, Bags: 1}, {Name: "jai_cam", Images: 2, Bags: 1}},
		},
		"days": {Images: 3, Holds: []GuessBag{{Path: "*/", Count: 2}}, Cameras: []GuessCamera{{Name: "cam", Images: 3, Bags: 2}}},
		"none": {Others: 1},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			want.Path, want.Kind = filepath.Join(root, name), Directory
			if diff := cmp.Diff(want, look(t, want.Path)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestADamagedRecordingWarnsAndUnderStrictFails(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(fixtures, "ros1/two_cams_none.bag"))
	check(t, err)
	dir := t.TempDir()
	cut, flipped := filepath.Join(dir, "cut.bag"), filepath.Join(dir, "flipped.mcap")
	check(t, os.WriteFile(cut, whole[:len(whole)/2], 0o666))
	whole, err = os.ReadFile(filepath.Join(fixtures, "mcap/ros2_two_cams_zstd.mcap"))
	check(t, err)
	whole[len(whole)/3] ^= 0xff // within a chunk: its index is whole
	check(t, os.WriteFile(flipped, whole, 0o666))
	if b := look(t, cut); len(b.Notes) == 0 || b.Messages == 0 || b.Messages >= 120 {
		t.Errorf("cut: %d messages, %v", b.Messages, b.Notes)
	}
	for _, path := range []string{cut, flipped} {
		var damage *bag.DamageError
		if _, err := Look(t.Context(), path, Options{Strict: true}); !errors.As(err, &damage) {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
	if _, err := Look(t.Context(), filepath.Join(fixtures, "ros1/two_cams_none.bag"), Options{Strict: true}); err != nil {
		t.Errorf("a whole one: %v", err)
	}
}

func TestWhatIsNoBagSaysWhy(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"empty.bag": "", "text.mcap": "hello", "notes.txt": "hello"} {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666))
	}
	for name, want := range map[string]string{
		"empty.bag": "not a recording: it is empty (0 bytes)",
		"text.mcap": "not a recording: text",
		"notes.txt": "not a recording, nor a directory of images",
		"none":      "there is no such file or directory",
	} {
		_, err := Look(t.Context(), filepath.Join(dir, name), Options{})
		if err == nil || !strings.HasSuffix(err.Error(), name+": "+want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
