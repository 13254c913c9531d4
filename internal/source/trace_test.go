package source

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
)

// A fact is what expected.json says of one message.
type fact struct {
	Topic     string
	Index     int
	ReceiveNS int64  `json:"receive_ns"`
	HeaderNS  int64  `json:"header_ns"`
	FrameID   string `json:"frame_id"`
	SHA256    string
	shows     int // the frame that the picture's top row spells
}

// factsOf gives a fixture's messages by topic, in the order of their receive times.
func factsOf(t *testing.T) map[string]map[string][]fact {
	t.Helper()
	var e struct {
		Topics    map[string][]fact `json:"frames_by_topic"`
		Encodings []fact
		OddTimes  []fact `json:"odd_times"`
		Files     map[string]struct{ Topics map[string]int }
	}
	b, err := os.ReadFile(filepath.Join(fixtures, "expected.json"))
	check(t, err)
	check(t, json.Unmarshal(b, &e))
	shown := map[string]int{}
	for _, f := range slices.Concat(e.Topics["/jai_cam/image_raw/compressed"], e.Topics["/realsenseD435/color/image_raw/compressed"]) {
		shown[f.SHA256] = f.Index
	}
	all := map[string]map[string][]fact{}
	for name, file := range e.Files {
		all[name] = map[string][]fact{}
		for topic := range file.Topics {
			facts := slices.Clone(e.Topics[topic])
			if strings.Contains(name, "encodings") {
				facts = slices.DeleteFunc(slices.Clone(e.Encodings), func(f fact) bool { return f.Topic != topic })
			} else if strings.Contains(name, "odd_times") {
				facts = slices.Clone(e.OddTimes)
			}
			for i, f := range facts {
				facts[i].shows = f.Index
				if n, ok := shown[f.SHA256]; ok && f.Topic == "" {
					facts[i].shows = n
				}
			}
			slices.SortStableFunc(facts, func(x, y fact) int { return cmp.Compare(x.ReceiveNS, y.ReceiveNS) })
			all[name][topic] = facts
		}
	}
	return all
}

// unreadable are the fixtures' topics that no manifest can use.
var unreadable = []string{"/comp/empty/compressed"}

// The way back: each frame of each topic of each fixture leads to the message that it
// was made of, and shows the picture that was recorded.
func TestEveryFrameOfEveryFixtureLeadsBackToItsMessage(t *testing.T) {
	for name, topics := range factsOf(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			byCamera := map[string]string{}
			lines := "cameras:\n"
			for topic := range topics {
				camera := "cam" + strings.ReplaceAll(topic, "/", "-")
				byCamera[camera] = topic
				lines += fmt.Sprintf("- {name: %s, topics: [%s]}\n", camera, topic)
			}
			tasks, _ := Scan(t.Context(), parse(t, lines+"bags: [{path: "+name+"}]"), Options{Root: fixtures, TempDir: t.TempDir()})
			if len(tasks) != len(topics) {
				t.Fatalf("%d tasks, want %d", len(tasks), len(topics))
			}
			for _, task := range tasks {
				topic := byCamera[task.Camera]
				if slices.Contains(unreadable, topic) {
					if len(task.Problems) == 0 {
						t.Errorf("%s is not refused", topic)
					}
					continue
				}
				if topic == "/comp/truncated_jpeg/compressed" {
					checkRefused(t, task)
					continue
				}
				checkTask(t, name, topic, task, topics[topic])
			}
		})
	}
}

// checkRefused: that a payload is cut shows only when it is read.
func checkRefused(t *testing.T, task Task) {
	t.Helper()
	if _, problems := trace(t, task); len(problems) != 2 || problems[0].Code != diag.CodeCorruptImage {
		t.Errorf("%s: %v", task.Name, problems)
	}
}

func checkTask(t *testing.T, name, topic string, task Task, facts []fact) {
	t.Helper()
	want := wantedRecords(name, topic, task, facts)
	var got []index.Record
	problems, err := Trace(t.Context(), task, func(r index.Record) error { got = append(got, r); return nil })
	if err != nil || len(problems) > 0 || len(task.Problems) > 0 {
		t.Errorf("%s: %v %v %v", topic, err, problems, task.Problems)
	}
	for i, r := range got {
		checkBytes(t, task, i, r, topic, facts[*r.Message])
		got[i].Size, got[i].SHA256, got[i].Encoding, got[i].Width, got[i].Height = 0, "", "", 0, 0
		got[i].PublishNS, got[i].Seq = nil, nil
		if facts[*r.Message].FrameID == "" { // not all messages have one
			got[i].FrameID = ""
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s of %s: %s", topic, name, diff)
	}
	check(t, task.Close())
}

// wantedRecords are in the order of the chosen stamps, equal ones in that of the file.
func wantedRecords(name, topic string, task Task, facts []fact) []index.Record {
	base := strings.TrimSuffix(path.Base(name), path.Ext(name))
	var want []index.Record
	for i, f := range facts {
		stamp := cmp.Or(f.HeaderNS, f.ReceiveNS)
		want = append(want, index.Record{
			Task: task.Name, Bag: name, Camera: task.Camera, Topic: topic,
			Message: &i, Index: &i, HeaderNS: &f.HeaderNS, LogNS: &f.ReceiveNS, StampNS: &stamp, FrameID: f.FrameID,
		})
	}
	slices.SortStableFunc(want, func(x, y index.Record) int { return cmp.Compare(*x.StampNS, *y.StampNS) })
	twins := 0
	for i := range want {
		twins++
		if i == 0 || *want[i].StampNS != *want[i-1].StampNS {
			twins = 0
		}
		again := ""
		if twins > 0 {
			again = fmt.Sprintf("-%d", twins)
		}
		want[i].Frame = i
		want[i].Name = fmt.Sprintf("%s/%s_%019d%s%s", base, task.Camera, *want[i].StampNS, again, path.Ext(task.Frames()[i]))
	}
	return want
}

// checkBytes holds what is uploaded to its record, and to what was recorded.
func checkBytes(t *testing.T, task Task, i int, r index.Record, topic string, f fact) {
	t.Helper()
	o, err := task.Open(t.Context(), i)
	check(t, err)
	defer o.Close()
	file, err := io.ReadAll(o)
	check(t, err)
	sum := sha256.Sum256(file)
	if hex.EncodeToString(sum[:]) != r.SHA256 || int64(len(file)) != r.Size {
		t.Errorf("%s %d: the record's size and SHA-256 are not the file's", topic, i)
	}
	if passes := strings.HasSuffix(topic, "/compressed"); passes && r.SHA256 != f.SHA256 {
		t.Errorf("%s %d: the payload was changed", topic, i)
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		t.Errorf("%s %d: %v", topic, i, err)
	}
	if err == nil && !showsDepth(topic) && spelled(img) != f.shows {
		t.Errorf("%s %d shows frame %d, want %d", topic, i, spelled(img), f.shows)
	}
}

// showsDepth are topics whose pictures are all alike.
func showsDepth(topic string) bool {
	return slices.ContainsFunc([]string{"16UC1", "32FC1", "depth", "png16"}, func(w string) bool { return strings.Contains(topic, w) })
}

// spelled is the number in the top row's eight blocks, the lowest bit first: white is 1.
func spelled(img image.Image) (n int) {
	for bit := range 8 {
		c := color.NRGBAModel.Convert(img.At(8*bit+4, 3)).(color.NRGBA)
		c.A = 255
		if color.GrayModel.Convert(c).(color.Gray).Y > 127 {
			n |= 1 << bit
		}
	}
	return n
}

func trace(t *testing.T, task Task) (names []string, problems []diag.Diagnostic) {
	t.Helper()
	problems, err := Trace(context.Background(), task, func(r index.Record) error {
		if r.Frame != len(names) {
			t.Errorf("frame %d is numbered %d", len(names), r.Frame)
		}
		names = append(names, r.Name)
		return nil
	})
	check(t, err)
	return names, problems
}

func TestAFileLeadsBackToItsPathAndItsNamesTime(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"cam_1700000000000000123.jpg", "cam/0001.jpg"} {
		check(t, os.MkdirAll(filepath.Join(root, "day", path.Dir(name)), 0o777))
		check(t, os.WriteFile(filepath.Join(root, "day", name), jpegImage(t), 0o666))
	}
	tasks, _ := Scan(t.Context(), parse(t, "cameras: [{name: cam}]\ntask: {frame_name: \"x_{name}.{ext}\"}\nbags: [{path: day, frames: {bad: skip}}]"), Options{Root: root})
	var got []string
	_, err := Trace(t.Context(), tasks[0], func(r index.Record) error {
		stamp := int64(0)
		if r.StampNS != nil {
			stamp = *r.StampNS
		}
		got = append(got, fmt.Sprint(r.Frame, " ", r.Name, " ", r.Path, " ", stamp, " ", r.Selection))
		return nil
	})
	check(t, err)
	want := []string{
		"0 x_0001.jpg cam/0001.jpg 0 frame_name=x_{name}.{ext}",
		"1 x_cam_1700000000000000123.jpg cam_1700000000000000123.jpg 1700000000000000123 frame_name=x_{name}.{ext}",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Frames are numbered as CVAT will number them: without those that are left out, however many windows
// of frames there are.
func TestFramesAreNumberedWithoutTheBadOnes(t *testing.T) {
	root := t.TempDir()
	check(t, os.Mkdir(filepath.Join(root, "day"), 0o777))
	for i, content := range [][]byte{jpegImage(t), nil, jpegImage(t), jpegImage(t), nil, nil, jpegImage(t)} {
		check(t, os.WriteFile(filepath.Join(root, "day", fmt.Sprintf("%d.jpg", i)), content, 0o666))
	}
	tests := map[string]struct {
		lines string
		want  []string
		worst diag.Severity
	}{
		"skip":  {"bags: [{path: day, frames: {bad: skip}}]", []string{"0 day/0.jpg", "1 day/2.jpg", "2 day/3.jpg", "3 day/6.jpg"}, diag.Note},
		"error": {"bags: [{path: day, frames: {stop: 1}}]", []string{"0 day/0.jpg", "1 day/1.jpg"}, diag.Error},
	}
	for name, tt := range tests {
		for _, window := range []int{1, 2, 3, 100} {
			tasks, _ := Scan(t.Context(), parse(t, tt.lines), Options{Root: root})
			var got []string
			problems, err := tasks[0].windows(t.Context(), window, func(r index.Record) error {
				got = append(got, fmt.Sprint(r.Frame, " ", r.Name))
				if (r.Size == 0) != (r.SHA256 == "") || r.SHA256 == strings.Repeat("0", 64) {
					t.Errorf("%s has the hash of nothing: %+v", r.Name, r)
				}
				return nil
			})
			check(t, err)
			if diff := gocmp.Diff(tt.want, got); diff != "" || problems[0].Severity != tt.worst {
				t.Errorf("%s, %d at a time: %v\n%s", name, window, problems, diff)
			}
		}
	}
}

func TestATraceOfNothingButBadImagesIsAnError(t *testing.T) {
	root := tree(t, "day/1.jpg", "day/2.jpg")
	tasks, _ := Scan(t.Context(), parse(t, "bags: [{path: day, frames: {bad: skip}}]"), Options{Root: root})
	names, problems := trace(t, tasks[0])
	if len(names) != 0 || len(problems) != 3 || problems[2].Code != diag.CodeNoUsableImages {
		t.Errorf("%v, %v", names, problems)
	}
}

func TestATraceEndsWithItsVisitorsError(t *testing.T) {
	root := t.TempDir()
	record(t, filepath.Join(root, "run.bag"), bagtest.Format{}, []bagtest.Topic{topic("/cam/compressed", compressedImage)}, jpegImage(t), jpegImage(t))
	tasks, _ := Scan(t.Context(), parse(t, "bags: [{path: run.bag}]"), Options{Root: root})
	full := errors.New("disk full")
	if _, err := Trace(t.Context(), tasks[0], func(index.Record) error { return full }); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Trace(ctx, tasks[0], func(index.Record) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// The join that pull makes without reading an image is the one that frames makes.
func TestOriginsAreTheTracesThatNeedNoReading(t *testing.T) {
	for name, topics := range factsOf(t) {
		for topic := range topics {
			tasks, _ := Scan(t.Context(), parse(t, "cameras:\n- {name: cam, topics: ["+topic+"]}\nbags: [{path: "+name+"}]"), Options{Root: fixtures, TempDir: t.TempDir()})
			for _, task := range tasks {
				if len(task.Problems) > 0 {
					continue
				}
				var traced, got []index.Record
				problems, err := Trace(t.Context(), task, func(r index.Record) error { traced = append(traced, r); return nil })
				check(t, err)
				check(t, Origins(t.Context(), task, func(r index.Record) error { got = append(got, r); return nil }))
				if len(problems) > 0 {
					continue
				}
				for i := range traced {
					r := &traced[i]
					r.HeaderNS, r.PublishNS, r.FrameID, r.Encoding, r.Selection = nil, nil, "", "", ""
					r.Width, r.Height, r.Size, r.SHA256 = 0, 0, 0, ""
				}
				if diff := gocmp.Diff(traced, got); diff != "" {
					t.Errorf("%s of %s: %s", topic, name, diff)
				}
				check(t, task.Close())
			}
		}
	}
}
