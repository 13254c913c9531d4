package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A videoPacket is the packet of a frame; interop/videos.py made them.
type videoPacket struct {
	number int
	data   []byte
}

func videoPackets(t *testing.T, kind string) (list []videoPacket) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../remux/testdata", kind+".packets"))
	check(t, err)
	for len(data) > 0 {
		n := 8 + int(binary.LittleEndian.Uint32(data[4:]))
		list = append(list, videoPacket{int(binary.LittleEndian.Uint32(data)), data[8:n]})
		data = data[n:]
	}
	return list
}

const (
	videoStart = 1700000000e9
	videoStep  = 33e6
)

// recordVideo writes the packets as messages of compressed images, one each 33 ms; a frame's time in the header is that of its number.
func recordVideo(t *testing.T, path, topicName, format string, list []videoPacket) {
	t.Helper()
	w, err := bagtest.Create(path, bagtest.Format{})
	check(t, err)
	for i, p := range list {
		le := binary.LittleEndian
		b := header(int64(videoStart) + int64(p.number)*videoStep)
		b = append(le.AppendUint32(b, uint32(len(format))), format...)
		b = append(le.AppendUint32(b, uint32(len(p.data))), p.data...)
		check(t, w.Write(topic(topicName, compressedImage), int64(videoStart)+int64(i)*videoStep, b))
	}
	check(t, w.Close())
}

// scanVideo is the one task of a recording, which nothing blocks.
func scanVideo(t *testing.T, root, lines string) (Task, []diag.Diagnostic) {
	t.Helper()
	tasks, problems := Scan(context.Background(), parse(t, lines), Options{Root: root})
	if len(tasks) != 1 || len(tasks[0].Problems) > 0 || tasks[0].Kind != manifest.KindVideo {
		t.Fatalf("%+v, %v", tasks, problems)
	}
	return tasks[0], problems
}

// origins are the records of a task.
func origins(t *testing.T, task Task) (list []index.Record) {
	t.Helper()
	check(t, Origins(context.Background(), task, func(r index.Record) error { list = append(list, r); return nil }))
	return list
}

// Packets come in the order of decoding; frames are shown in another one.
func TestAFrameOfAVideoTopicIsTheMessageThatItsPacketIsIn(t *testing.T) {
	root := t.TempDir()
	list := videoPackets(t, "h264_b")
	recordVideo(t, filepath.Join(root, "run.bag"), "/cam/image_raw/compressed", "h264", list)
	task, problems := scanVideo(t, root, "cameras: [{name: cam}]\nbags: [{path: run.bag}]")
	if len(problems) > 0 {
		t.Error(problems)
	}
	all := origins(t, task)
	if len(all) != 36 {
		t.Fatalf("%d frames", len(all))
	}
	for n, r := range all {
		stamp := int64(videoStart) + int64(n)*videoStep
		if r.Frame != n || *r.Index != n || *r.StampNS != stamp || *r.HeaderNS != stamp || list[*r.Message].number != n || r.Topic != "/cam/image_raw/compressed" || r.FrameID != "cam" || r.Encoding != "h264" {
			t.Errorf("frame %d: %+v", n, r)
		}
		if *r.LogNS != int64(videoStart)+int64(*r.Message)*videoStep {
			t.Errorf("frame %d was received at %d", n, *r.LogNS)
		}
	}
}

func TestAVideoTopicIsSentAsOneFile(t *testing.T) {
	root := t.TempDir()
	recordVideo(t, filepath.Join(root, "run.bag"), "/cam/image_raw/compressed", "h265", videoPackets(t, "h265"))
	task, _ := scanVideo(t, root, "cameras: [{name: cam}]\nbags: [{path: run.bag}]")
	v, ok := task.Video()
	if !ok || v.File != "cam.mp4" || v.Total != 36 || v.Count != 36 {
		t.Errorf("%+v", v)
	}
	sums, wrong := MeasureVideo(context.Background(), task)
	size, err := Bytes(context.Background(), task)
	check(t, err)
	file, err := task.OpenVideo()
	check(t, err)
	data, err := io.ReadAll(io.NewSectionReader(file, 0, file.Size()))
	check(t, err)
	if len(wrong) > 0 || sums.Size != size || int64(len(data)) != size {
		t.Errorf("%v, %d bytes, %d measured, %d read", wrong, size, sums.Size, len(data))
	}
	movie, err := mp4.DecodeFile(bytes.NewReader(data))
	check(t, err)
	if n := movie.Moov.Trak.Mdia.Minf.Stbl.Stsz.GetNrSamples(); n != 36 {
		t.Errorf("%d packets", n)
	}
	check(t, task.Close())
}

func TestFramesOfAVideoTopicAreSelectedAsCVATCan(t *testing.T) {
	root := t.TempDir()
	recordVideo(t, filepath.Join(root, "run.bag"), "/cam/image_raw/compressed", "h264", videoPackets(t, "h264_b"))
	tests := map[string][]int{
		"{every: 10}":                      {0, 10, 20, 30},
		"{start: 3, stop: 9, every: 3}":    {3, 6, 9},
		"{start: 1s}":                      {29, 30, 31, 32, 33, 34, 35}, // what was received by then before they could be shown
		"{start: 2023-11-14T22:13:20.99Z}": {29, 30, 31, 32, 33, 34, 35},
		"{limit: 2}":                       {0, 1},
		"{stop: 0}":                        {0},
	}
	for frames, want := range tests {
		task, _ := scanVideo(t, root, "cameras: [{name: cam, frames: "+frames+"}]\nbags: [{path: run.bag}]")
		var numbers []int
		for _, r := range origins(t, task) {
			numbers = append(numbers, *r.Index)
		}
		if diff := cmp.Diff(want, numbers); diff != "" {
			t.Errorf("%s: %s", frames, diff)
		}
	}
}

func TestPacketsThatCannotBeShownAreCounted(t *testing.T) {
	root := t.TempDir()
	list := videoPackets(t, "h264")
	list = slices.Concat(list[4:15], list[16:])
	recordVideo(t, filepath.Join(root, "run.bag"), "/cam/image_raw/compressed", "h264", list)
	task, problems := scanVideo(t, root, "cameras: [{name: cam}]\nbags: [{path: run.bag}]")
	want := []string{
		"warning: task cam_run: of /cam/image_raw/compressed, 8 packets before the first key frame (no parameter sets came before it: PPS 0 and its SPS): left out, from message 0 on",
		"warning: task cam_run: of /cam/image_raw/compressed, 8 packets between lost packets and the next key frame: left out, from message 11 on",
	}
	if diff := cmp.Diff(want, texts(root, problems)); diff != "" {
		t.Error(diff)
	}
	if n := len(task.Frames()); n != 3+12 {
		t.Errorf("%d frames", n)
	}
}

func TestAVideoTopicThatGivesNoVideoSaysWhy(t *testing.T) {
	root := t.TempDir()
	list := videoPackets(t, "h264")
	recordVideo(t, filepath.Join(root, "cut.bag"), "/cam/compressed", "h264", list[1:12])
	recordVideo(t, filepath.Join(root, "vp9.bag"), "/cam/compressed", "vp9", []videoPacket{{0, []byte("\x82\x49\x83\x42")}})
	tests := map[string]struct{ bag, frames, want string }{
		"no key frame":  {"cut.bag", "{}", "error: bag cut.bag: video of /cam/compressed: no frame can be shown: 11 packets before the first key frame"},
		"another codec": {"vp9.bag", "{}", `encoding "vp9" of topic /cam/compressed is not read`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := scan(t, root, "cameras: [{name: cam, frames: "+tt.frames+"}]\nbags: [{path: "+tt.bag+"}]")
			if len(s.Tasks) != 1 || len(s.Tasks[0].Problems) != 1 || !strings.Contains(s.Tasks[0].Problems[0], tt.want) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// The recordings in testdata/video were written by mcap, mcap-protobuf-support and rosbags: interop/test_video_topics.py. A frame's time
// in the header says its number.
func TestVideoTopicsOfEveryFormAndCodec(t *testing.T) {
	for name, topic := range map[string]string{
		"h264_b_pb.mcap": "/cam/video", "h265_b_fox2": "/cam/video", "h265_ros1.bag": "/cam/image/compressed", "av1_ros2": "/cam/image/compressed",
		"h265_ffmpeg2": "/cam/image_raw/ffmpeg", "av1_ffmpeg1.bag": "/cam/image_raw/ffmpeg",
	} {
		t.Run(name, func(t *testing.T) {
			task, problems := scanVideo(t, "testdata/video", "cameras: [{name: cam}]\nbags: [{path: "+name+"}]")
			all := origins(t, task)
			if len(all) != 36 || len(problems) > 0 {
				t.Fatalf("%d frames, %v", len(all), problems)
			}
			for n, r := range all {
				if *r.HeaderNS != int64(videoStart)+int64(n)*33_333_333 || r.Topic != topic {
					t.Errorf("frame %d: %+v", n, r)
				}
			}
		})
	}
}

// Its packets alone tell its frames, and there they cost as much as all of the recording.
func TestAVideoTopicInAnotherMachinesStoreIsReadWhereThatIsAskedFor(t *testing.T) {
	_, root := farAway(t, map[string]string{"data/run.mcap": "testdata/video/h264_b_pb.mcap"})
	m := parse(t, "cameras: [cam]\nbags: [data/*]")
	tasks, _ := Scan(context.Background(), m, Options{Root: root})
	if len(tasks) != 1 || len(tasks[0].Problems) != 1 || tasks[0].Problems[0].Code != diag.CodeReadWhole || !strings.HasSuffix(tasks[0].Problems[0].Text, "it would be read whole, 5.0 KiB") {
		t.Fatalf("%+v", tasks)
	}
	tasks, _ = Scan(context.Background(), m, Options{Root: root, ReadWhole: true})
	if len(tasks) != 1 || len(tasks[0].Problems) > 0 || len(tasks[0].Frames()) != 36 {
		t.Errorf("%+v", tasks)
	}
}
