package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
)

// fixtures were written by the Python libraries rosbags and mcap; expected.json is the
// truth about each.
const fixtures = "../bag/testdata/fixtures"

type truth struct {
	Topics   map[string][]message1 `json:"frames_by_topic"`
	Files    map[string]struct{ Topics map[string]int }
	OddTimes []message1 `json:"odd_times"`
}

type message1 struct {
	Index   int
	Receive int64 `json:"receive_ns"`
	Header  int64 `json:"header_ns"`
	SHA256  string
}

func expected(t *testing.T) truth {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures, "expected.json"))
	check(t, err)
	var e truth
	check(t, json.Unmarshal(b, &e))
	return e
}

// wanted are the frames of a camera: name and SHA-256.
func wanted(bag, camera string, list []message1) []file1 {
	var all []file1
	for _, m := range list {
		all = append(all, file1{fmt.Sprintf("%s/%s_%019d.jpg", bag, camera, m.Header), m.SHA256})
	}
	return all
}

type file1 struct{ Name, Sum string }

func got(t *testing.T, task Task) []file1 {
	t.Helper()
	frames, problems := Measure(context.Background(), task)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var all []file1
	for _, m := range results(t, frames) {
		all = append(all, file1{m.Name, m.Sum})
	}
	size, err := Bytes(context.Background(), task)
	var sum int64
	for _, f := range frames {
		sum += f.Size
	}
	if err != nil || size >= 0 && size != sum {
		t.Errorf("Bytes: %d, %v; the frames have %d", size, err, sum)
	}
	return all
}

func TestEveryFixtureGivesItsFrames(t *testing.T) {
	e := expected(t)
	for name, file := range e.Files {
		base := strings.TrimSuffix(path.Base(name), path.Ext(name))
		if len(file.Topics) == 0 || file.Topics["/jai_cam/image_raw/compressed"] != 30 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			tasks, problems := Scan(context.Background(), parse(t, twoCameras+"bags: [{path: "+name+"}]"), Options{Root: fixtures})
			var notes []string
			if file.Topics["/jai_cam/image_raw"] == 30 {
				notes = []string{"note: of topics that hold the same images one is taken, in 2 tasks, such as /jai_cam/image_raw/compressed, not /jai_cam/image_raw (30 messages each)"}
			}
			if len(tasks) != 2 || !slices.Equal(texts(fixtures, problems), notes) {
				t.Fatalf("%d tasks, %v", len(tasks), problems)
			}
			for i, camera := range []string{"jai_cam", "realsenseD435"} {
				topic := []string{"/jai_cam/image_raw/compressed", "/realsenseD435/color/image_raw/compressed"}[i]
				if diff := cmp.Diff(wanted(base, camera, e.Topics[topic]), got(t, tasks[i])); diff != "" {
					t.Errorf("%s: %s", tasks[i].Name, diff)
				}
				check(t, tasks[i].Close())
			}
		})
	}
}

// Stamps of 0, equal ones, and ones that run backwards: no frame takes another's place.
func TestOddStampsLoseNoFrame(t *testing.T) {
	var want []file1
	for _, m := range expected(t).OddTimes {
		if m.Header == 0 {
			m.Header = m.Receive
		}
		want = append(want, wanted("odd_times", "jai_cam", []message1{m})...)
	}
	want[5].Name = strings.Replace(want[5].Name, ".jpg", "-1.jpg", 1)
	want[6].Name = strings.Replace(want[6].Name, ".jpg", "-2.jpg", 1)
	want = append([]file1{want[9]}, append(want[:9:9], want[10:]...)...) // its stamp is the first
	for _, name := range []string{"ros1/odd_times.bag", "mcap/odd_times.mcap"} {
		tasks, problems := Scan(context.Background(), parse(t, "cameras: [{name: jai_cam}]\nbags: [{path: "+name+"}]"), Options{Root: fixtures})
		note := []string{"note: task jai_cam_odd_times: 2 messages have no stamp in the header; the receive time is used"}
		if diff := cmp.Diff(note, texts(fixtures, problems)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want, got(t, tasks[0])); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestMessagesAreSelectedAndNamed(t *testing.T) {
	tests := map[string]struct{ lines, want string }{
		"every tenth": {
			"bags: [{path: ros1/two_cams_none.bag, frames: {every: 10}}]",
			"two_cams_none/jai_cam_1700000000000000000.jpg two_cams_none/jai_cam_1700000001000000000.jpg two_cams_none/jai_cam_1700000002000000000.jpg",
		},
		"a second, twice": {
			"bags: [{path: mcap/ros2_two_cams_zstd.mcap, frames: {start: 0.5s, stop: 2.5s, every_seconds: 1}}]",
			"ros2_two_cams_zstd/jai_cam_1700000000500000000.jpg ros2_two_cams_zstd/jai_cam_1700000001500000000.jpg",
		},
		"receive times": {
			"bags: [{path: ros2/db3_none, frames: {limit: 1, stamp: log}}]",
			"db3_none/jai_cam_1700000000012845678.jpg",
		},
		"names by number, which selection does not change": {
			"task: {frame_name: \"{camera}/{index:06}_{seq}.{ext}\"}\nbags: [{path: ros1/two_cams_none.bag, frames: {start: 28}}]",
			"jai_cam/000028_28.jpg jai_cam/000029_29.jpg",
		},
		"names by topic and receive time": {
			"task: {frame_name: \"x{topic}_{log_ns}.{ext}\"}\nbags: [{path: ros1/two_cams_none.bag, frames: {limit: 1}}]",
			"xjai_cam/image_raw/compressed_1700000000012845678.jpg",
		},
		"raw, where it is asked for": {
			"bags: [{path: ros1/two_cams_none.bag, frames: {limit: 1}}]\n#raw",
			"two_cams_none/jai_cam_1700000000000000000.png",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			camera := "cameras: [{name: jai_cam}]\n"
			if strings.Contains(tt.lines, "#raw") {
				camera = "cameras: [{name: jai_cam, topics: [/jai_cam/image_raw]}]\n"
			}
			s := scan(t, fixtures, camera+tt.lines)
			if len(s.Tasks) != 1 || len(s.Tasks[0].Problems) > 0 {
				t.Fatalf("%+v", s)
			}
			if diff := cmp.Diff(tt.want, s.Tasks[0].Frames); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWithoutCamerasTheTopicNamesTheFrames(t *testing.T) {
	s := scan(t, fixtures, "bags: [{path: mcap/ros1_two_cams_none.mcap, frames: {limit: 2}}]")
	want := []taskView{{Name: "ros1_two_cams_none", Frames: "ros1_two_cams_none/jai_cam_1700000000000000000.jpg ros1_two_cams_none/realsenseD435_color_1700000000033000000.jpg"}}
	if diff := cmp.Diff(want, s.Tasks); diff != "" {
		t.Error(diff)
	}
}

// What is encoded is encoded once, kept without a name in the temporary directory, and
// can be encoded again to the same bytes.
func TestRawImagesAreEncodedOnceAndSpooled(t *testing.T) {
	temp := t.TempDir()
	m := parse(t, "cameras: [{name: jai_cam, topics: [/jai_cam/image_raw]}]\nbags: [{path: ros1/two_cams_lz4.bag}]")
	tasks, _ := Scan(context.Background(), m, Options{Root: fixtures, TempDir: temp})
	if size, err := Bytes(context.Background(), tasks[0]); size != -1 || err != nil {
		t.Errorf("Bytes: %d, %v; want -1", size, err)
	}
	frames, problems := Measure(context.Background(), tasks[0])
	if len(frames) != 30 || len(problems) > 0 || frames[0].Width != 64 || frames[0].Height != 48 {
		t.Fatalf("%d frames, %v", len(frames), problems)
	}
	spooled := results(t, frames)
	left, err := os.ReadDir(temp)
	check(t, err)
	if len(left) > 0 {
		t.Errorf("%s lies in the temporary directory", left[0].Name())
	}
	check(t, tasks[0].Close())
	if diff := cmp.Diff(spooled, results(t, frames)); diff != "" {
		t.Error(diff)
	}
	r, err := frames[7].Open()
	check(t, err)
	picture, err := png.Decode(r)
	check(t, err)
	if picture.Bounds().Dx() != 64 {
		t.Errorf("it is %v", picture.Bounds())
	}
}

// stamped is a ROS 1 sensor_msgs/CompressedImage.
func stamped(ns int64, payload []byte) []byte {
	le := binary.LittleEndian
	b := append(le.AppendUint32(header(ns), 4), "jpeg"...)
	return append(le.AppendUint32(b, uint32(len(payload))), payload...)
}

// header is a ROS 1 std_msgs/Header.
func header(ns int64) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, 7), uint32(ns/1e9)), uint32(ns%1e9))
	return append(le.AppendUint32(b, 3), "cam"...)
}

func topic(name, kind string) bagtest.Topic {
	return bagtest.Topic{Name: name, Type: kind, Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: "uint8 x"}
}

// record writes a bag of messages, 0.1 s apart: the payloads of compressed images, or what follows
// the header of raw ones.
func record(t *testing.T, path string, f bagtest.Format, topics []bagtest.Topic, payloads ...[]byte) {
	t.Helper()
	w, err := bagtest.Create(path, f)
	check(t, err)
	for _, topic := range topics {
		for i, p := range payloads {
			ns := int64(1700000000e9 + float64(i)*1e8)
			data := stamped(ns, p)
			if topic.Type == "sensor_msgs/Image" {
				data = append(header(ns), p...)
			}
			check(t, w.Write(topic, ns, data))
		}
	}
	check(t, w.Close())
}

const compressedImage = "sensor_msgs/CompressedImage"

func TestWhatKeepsARecordingFromBeingReadIsNamed(t *testing.T) {
	root := t.TempDir()
	j := jpegImage(t)
	cam := topic("/cam/image_raw/compressed", compressedImage)
	record(t, filepath.Join(root, "video.bag"), bagtest.Format{}, []bagtest.Topic{topic("/cam/theora", "theora_image_transport/Packet")}, j)
	record(t, filepath.Join(root, "two.bag"), bagtest.Format{}, []bagtest.Topic{cam, topic("/cam/depth/image_raw/compressed", compressedImage)}, j)
	record(t, filepath.Join(root, "none.bag"), bagtest.Format{}, []bagtest.Topic{topic("/odom", "nav_msgs/Odometry")}, j)
	record(t, filepath.Join(root, "odd.bag"), bagtest.Format{}, []bagtest.Topic{cam}, j, []byte("no image at all"), j)
	check(t, os.WriteFile(filepath.Join(root, "empty.bag"), nil, 0o666))
	check(t, os.WriteFile(filepath.Join(root, "text.mcap"), []byte("hello"), 0o666))
	check(t, os.WriteFile(filepath.Join(root, "lfs.mcap"), []byte("version https://git-lfs.github.com/spec/v1\n"), 0o666))
	check(t, os.Mkdir(filepath.Join(root, ".git"), 0o777))
	tests := map[string]struct{ want string }{
		"video.bag": {"encoding video of topic /cam/theora is not read"},
		"two.bag":   {"error: camera cam fits 2 image streams: /cam/depth/image_raw/compressed, /cam/image_raw/compressed | give the camera the one that is meant, topics: [/cam/depth/image_raw/compressed]"},
		"none.bag":  {"error: bag none.bag has no image topics"},
		"odd.bag":   {"odd.bag: message 1 of /cam/image_raw/compressed: damaged image message: the payload is not an image"},
		"empty.bag": {"error: bag empty.bag is empty (0 bytes)"},
		"text.mcap": {"error: bag text.mcap: not a recording: text"},
		"lfs.mcap":  {"error: bag lfs.mcap: a Git LFS pointer, not the recording | git -C ROOT lfs pull --include='**'"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := scan(t, root, "cameras: [{name: cam}]\nbags: [{path: "+name+"}]")
			if len(s.Tasks) != 1 || len(s.Tasks[0].Problems) != 1 || !strings.Contains(s.Tasks[0].Problems[0], tt.want) {
				t.Errorf("got %+v\nwant %q", s.Tasks, tt.want)
			}
		})
	}
}

func TestABadMessageIsSkippedWhereTheManifestSaysSo(t *testing.T) {
	root := t.TempDir()
	j := jpegImage(t)
	record(t, filepath.Join(root, "run.bag"), bagtest.Format{}, []bagtest.Topic{topic("/cam/compressed", compressedImage)}, j, j[:120], j)
	lines := "cameras: [{name: cam%s}]\nbags: [{path: run.bag}]"
	tasks, _ := Scan(context.Background(), parse(t, fmt.Sprintf(lines, ", frames: {bad: skip}")), Options{Root: root})
	checked, problems := CheckHeaders(context.Background(), tasks[0])
	want := []string{"note: ROOT/run.bag: message 1 of /cam/compressed: truncated: the JPEG header is cut off; left out"}
	if diff := cmp.Diff(want, texts(root, problems)); diff != "" {
		t.Error(diff)
	}
	kept := []string{"run/cam_1700000000000000000.jpg", "run/cam_1700000000200000000.jpg"}
	if diff := cmp.Diff(kept, checked.Frames()); diff != "" {
		t.Error(diff)
	}
	frames, _ := Measure(context.Background(), checked)
	if n := len(results(t, frames)); n != 2 {
		t.Errorf("%d frames", n)
	}
	tasks, _ = Scan(context.Background(), parse(t, fmt.Sprintf(lines, "")), Options{Root: root})
	if _, problems := Measure(context.Background(), tasks[0]); len(problems) != 1 || problems[0].Severity != diag.Error {
		t.Errorf("without skip: %v", problems)
	}
}

// One message without an image among good ones is damage, of whatever kind: not an encoding that is not read.
func TestADamagedMessageAmongGoodOnesIsNamedOrSkipped(t *testing.T) {
	root := t.TempDir()
	good := rawImage("rgb8", 2, 2, 12)
	for name, bad := range map[string][]byte{
		"empty image": rawImage("", 0, 0, 0), "no pixels": rawImage("rgb8", 0, 0, 0), "short": rawImage("rgb8", 8, 8, 100),
		"damaged encoding": rawImage("rg\x008", 2, 2, 12), "another encoding": rawImage("rgb9", 2, 2, 12), "cut": good[:30],
	} {
		t.Run(name, func(t *testing.T) {
			file := strings.ReplaceAll(name, " ", "_") + ".bag"
			record(t, filepath.Join(root, file), bagtest.Format{}, []bagtest.Topic{topic("/cam/image_raw", "sensor_msgs/Image")}, good, bad, good)
			s := scan(t, root, "cameras: [{name: cam}]\nbags: [{path: "+file+"}]")
			if len(s.Tasks) != 1 || len(s.Tasks[0].Problems) != 1 || !strings.Contains(s.Tasks[0].Problems[0], "error: ROOT/"+file+": message 1 of /cam/image_raw: ") ||
				strings.Contains(s.Tasks[0].Problems[0], "record the topic") {
				t.Errorf("got %+v", s.Tasks)
			}
			tasks, problems := Scan(t.Context(), parse(t, "cameras: [{name: cam, frames: {bad: skip}}]\nbags: [{path: "+file+"}]"), Options{Root: root})
			if len(tasks) != 1 || len(tasks[0].Frames()) != 2 || len(problems) != 1 || problems[0].Severity != diag.Note {
				t.Errorf("skipped: %+v, %v", tasks, problems)
			}
			if frames, problems := Measure(t.Context(), tasks[0]); len(frames) != 2 {
				t.Errorf("measured: %d frames, %v", len(frames), problems)
			}
		})
	}
	record(t, filepath.Join(root, "all.bag"), bagtest.Format{}, []bagtest.Topic{topic("/cam/image_raw", "sensor_msgs/Image")}, rawImage("rgb9", 2, 2, 12))
	if s := scan(t, root, "cameras: [{name: cam}]\nbags: [{path: all.bag}]"); len(s.Tasks) != 1 || !strings.Contains(s.Tasks[0].Problems[0], `encoding "rgb9" of topic /cam/image_raw is not read`) {
		t.Errorf("a topic of nothing else: %+v", s)
	}
}

// rawImage is what follows the header of a ROS 1 sensor_msgs/Image, with so many bytes of pixels.
func rawImage(encoding string, width, height, n int) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint32(nil, uint32(height)), uint32(width))
	b = append(le.AppendUint32(b, uint32(len(encoding))), encoding...)
	b = le.AppendUint32(le.AppendUint32(append(b, 0), uint32(3*width)), uint32(n))
	return append(b, make([]byte, n)...)
}

// A picture's flipped bit shows only in the checksum of its chunk, once that is read.
func TestAWrongChecksumIsSaidWhenTheFramesAreRead(t *testing.T) {
	root := t.TempDir()
	j := jpegImage(t)
	path := filepath.Join(root, "run.mcap")
	record(t, path, bagtest.Format{}, []bagtest.Topic{topic("/cam/compressed", compressedImage)}, j, j)
	data, err := os.ReadFile(path)
	check(t, err)
	data[bytes.LastIndex(data, j)+len(j)/2] ^= 1
	check(t, os.WriteFile(path, data, 0o666))
	tasks, problems := Scan(t.Context(), parse(t, "cameras: [{name: cam}]\nbags: [{path: run.mcap}]"), Options{Root: root})
	if len(problems) > 0 || len(tasks) != 1 {
		t.Fatalf("%v, %v", tasks, problems)
	}
	_, problems = Measure(t.Context(), tasks[0])
	if len(problems) != 1 || problems[0].Severity != diag.Warning || problems[0].Code != diag.CodeDamagedBag || !strings.Contains(problems[0].Text, "wrong checksum") {
		t.Errorf("%v", problems)
	}
	tasks, _ = Scan(t.Context(), parse(t, "cameras: [{name: cam}]\nbags: [{path: run.mcap}]"), Options{Root: root, Strict: true})
	if len(tasks) != 1 || len(tasks[0].Problems) != 1 || tasks[0].Problems[0].Severity != diag.Error {
		t.Errorf("strict: %+v", tasks)
	}
}

func TestADamagedBagGivesWhatCanBeReadAndSaysWhatCannot(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(fixtures, "ros1/two_cams_none.bag"))
	check(t, err)
	root := t.TempDir()
	check(t, os.WriteFile(filepath.Join(root, "cut.bag"), whole[:len(whole)*2/3], 0o666))
	lines := "cameras: [{name: jai_cam}]\nbags: [{path: cut.bag}]"
	tasks, problems := Scan(context.Background(), parse(t, lines), Options{Root: root})
	if n := len(tasks[0].Frames()); n == 0 || n >= 30 || len(tasks[0].Problems) > 0 {
		t.Errorf("%d frames, %v", n, tasks[0].Problems)
	}
	if len(problems) == 0 || problems[0].Severity != diag.Warning || problems[0].Code != diag.CodeDamagedBag {
		t.Errorf("%v", problems)
	}
	if n := len(got(t, tasks[0])); n != len(tasks[0].Frames()) {
		t.Errorf("%d frames can be read of %d", n, len(tasks[0].Frames()))
	}
	tasks, _ = Scan(context.Background(), parse(t, lines), Options{Root: root, Strict: true})
	if len(tasks) != 1 || len(tasks[0].Problems) != 1 || tasks[0].Problems[0].Code != diag.CodeUnreadableBag {
		t.Errorf("strict: %+v", tasks)
	}
}

func TestADirectoryOfRecordingsIsNoBag(t *testing.T) {
	root := tree(t, "day/a.mcap", "day/b.mcap")
	s := scan(t, root, `bags: [{path: "*/"}]`)
	want := []string{`warning: bag day has no images, but 2 recordings, such as a.mcap | match the recordings themselves: path: "day/*"`}
	if diff := cmp.Diff(want, s.Problems); diff != "" || len(s.Tasks) > 0 {
		t.Error(diff, s.Tasks)
	}
}

func TestABlockedTaskIsNoMissingCamera(t *testing.T) {
	root := t.TempDir()
	record(t, filepath.Join(root, "long.bag"), bagtest.Format{}, []bagtest.Topic{topic("/cam_a/compressed", compressedImage)}, jpegImage(t))
	record(t, filepath.Join(root, "bad.bag"), bagtest.Format{}, []bagtest.Topic{topic("/x_nv12/theora", "theora_image_transport/Packet")}, jpegImage(t))
	check(t, os.WriteFile(filepath.Join(root, "text.bag"), []byte("hello"), 0o666))
	for name, blocked := range map[string]string{"bad.bag": "encoding video of topic /x_nv12/theora is not read", "text.bag": "not a recording"} {
		s := scan(t, root, "cameras: [{name: x_nv12}]\nbags: [{path: long.bag}, {path: "+name+"}]")
		if all := fmt.Sprint(s); strings.Contains(all, "has no images in any bag") || !strings.Contains(all, blocked) {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestACameraThatIsInNoRecordingIsShownTheTopics(t *testing.T) {
	root := t.TempDir()
	record(t, filepath.Join(root, "a.bag"), bagtest.Format{}, []bagtest.Topic{topic("/cam/compressed", compressedImage)}, jpegImage(t))
	record(t, filepath.Join(root, "none.bag"), bagtest.Format{}, []bagtest.Topic{topic("/odom", "nav_msgs/Odometry")}, jpegImage(t))
	for path, hint := range map[string]string{"a.bag": "no camera takes 1 image topic, such as a.bag/cam/compressed", "none.bag": "or give it topics: globs"} {
		if all := fmt.Sprint(scan(t, root, "cameras: [{name: front}]\nbags: [{path: "+path+"}]")); !strings.Contains(all, hint) {
			t.Errorf("%s: %s", path, all)
		}
	}
}
