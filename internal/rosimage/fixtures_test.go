package rosimage_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "golang.org/x/image/webp"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/store"
)

func TestEveryFrameOfEveryFixtureIsTheFrameThatWasRecorded(t *testing.T) {
	e := readTruths(t)
	for file := range e.Files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			b, err := bag.Open(t.Context(), store.Local{Root: fixtures}, file, bag.Options{Strict: true, TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			want := e.of(file)
			checkTopics(t, b, want)
			for topic, frames := range want {
				checkFrames(t, b, topic, frames)
			}
		})
	}
}

func checkTopics(t *testing.T, b *bag.Bag, want map[string][]truth) {
	var names []string
	for _, topic := range b.Topics() {
		names = append(names, topic.Name)
		if topic.Count != len(want[topic.Name]) {
			t.Errorf("%s has %d messages, want %d", topic.Name, topic.Count, len(want[topic.Name]))
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), names); diff != "" {
		t.Error(diff)
	}
}

func checkFrames(t *testing.T, b *bag.Bag, topic string, want []truth) {
	entries, err := b.Index(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = b.Messages(t.Context(), entries, func(x bag.Entry, data []byte) error {
		if n < len(want) {
			checkFrame(t, b.TopicOf(x), x, data, want[n])
		}
		n++
		return nil
	})
	if err != nil || n != len(want) {
		t.Errorf("%s: %d frames, want %d: %v", topic, n, len(want), err)
	}
	checkHeads(t, b, entries, want)
}

// checkHeads reads no payload, as a plan does.
func checkHeads(t *testing.T, b *bag.Bag, entries []bag.Entry, want []truth) {
	n := 0
	err := b.Heads(t.Context(), entries, rosimage.HeadSize, func(x bag.Entry, head []byte) error {
		topic := b.TopicOf(x)
		k, _ := rosimage.Known(topic.Type)
		m, err := rosimage.Peek(rosimage.Wire(topic.Encoding), k, head)
		if err != nil || m.StampNS != want[n].HeaderNS {
			t.Errorf("%s %d: stamp of the head: %v", topic.Name, n, err)
		}
		n++
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func checkFrame(t *testing.T, topic bag.Topic, x bag.Entry, data []byte, want truth) {
	t.Helper()
	k, _ := rosimage.Known(topic.Type)
	m, err := rosimage.Decode(rosimage.Wire(topic.Encoding), k, data)
	if err != nil {
		t.Errorf("%s %d: %v", topic.Name, want.Index, err)
		return
	}
	got := truth{
		Topic: want.Topic, Index: want.Index, ReceiveNS: x.LogNS, HeaderNS: m.StampNS, FrameID: want.FrameID,
		SHA256: sum(m.Data), Encoding: want.Encoding, Format: want.Format, Step: want.Step, BE: want.BE, spelled: want.spelled,
	}
	if want.FrameID != "" {
		got.FrameID = m.FrameID
	}
	if want.Topic != "" { // a message of the encodings, of which more is said
		got.Encoding, got.Format, got.Step = m.Encoding, m.Format, m.Step
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(truth{})); diff != "" {
		t.Errorf("%s %d: %s", topic.Name, want.Index, diff)
	}
	checkPixels(t, topic.Name, m, want.spelled)
}

// checkPixels reads the index that the picture spells, out of the file that is
// uploaded in the end.
func checkPixels(t *testing.T, topic string, m *rosimage.Message, index int) {
	t.Helper()
	var file bytes.Buffer
	_, err := rosimage.Encode(&file, m, rosimage.Options{})
	if slices.Contains(refused, topic) {
		if err == nil {
			t.Errorf("%s is not refused", topic)
		}
		return
	}
	if err != nil {
		t.Errorf("%s %d: %v", topic, index, err)
		return
	}
	if data, _, ok := m.Passthrough(rosimage.Options{}); ok && !bytes.Equal(data, file.Bytes()) {
		t.Errorf("%s %d: the payload that passes is not what is written", topic, index)
	}
	img, _, err := image.Decode(&file)
	if truncated := strings.Contains(topic, "truncated"); truncated || err != nil {
		if !truncated || err == nil {
			t.Errorf("%s %d: %v", topic, index, err)
		}
		return
	}
	if size := img.Bounds().Size(); size != image.Pt(64, 48) {
		t.Errorf("%s %d is %v pixels", topic, index, size)
	}
	if !holdsDepth(topic) && spelled(img) != index {
		t.Errorf("%s shows frame %d, want %d", topic, spelled(img), index)
	}
}

// refused are the fixtures' topics that no manifest can use.
var refused = []string{"/comp/empty/compressed"}

// holdsDepth are topics whose pictures are all alike.
func holdsDepth(topic string) bool {
	for _, word := range []string{"16UC1", "32FC1", "depth", "png16"} {
		if strings.Contains(topic, word) {
			return true
		}
	}
	return false
}

// spelled is the number in the top row's eight blocks, the lowest bit first: white is 1.
func spelled(img image.Image) (n int) {
	for bit := range 8 {
		if color.GrayModel.Convert(opaque(img.At(8*bit+4, 3))).(color.Gray).Y > 127 {
			n |= 1 << bit
		}
	}
	return n
}

func opaque(c color.Color) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = 255
	return n
}

// The scene is the same in every encoding: a swap of red and blue, or a row out of
// step, would be far from it.
func TestEveryEncodingShowsTheSameScene(t *testing.T) {
	for _, file := range []string{"ros1/encodings_lz4.bag", "mcap/encodings_ros2_zstd.mcap"} {
		t.Run(file, func(t *testing.T) {
			b, err := bag.Open(t.Context(), store.Local{Root: fixtures}, file, bag.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			want := firstPicture(t, b, "/enc/rgb8")
			compared := 0
			for _, topic := range b.Topics() {
				name := topic.Name
				if !showsColours(name) {
					continue
				}
				compared++
				if d := meanDifference(firstPicture(t, b, name), want); d > 6 {
					t.Errorf("%s differs by %.1f of 255 on average", name, d)
				}
			}
			if compared != 26 {
				t.Errorf("%d topics were compared, want 26", compared)
			}
		})
	}
}

// showsColours is false for topics without colours, and for YUV, to which the fixtures
// gave one colour of its own: OpenCV is its judge.
func showsColours(topic string) bool {
	for _, word := range []string{"mono", "8UC1", "truncated", "yuv", "yuyv", "uyvy", "nv12", "nv21"} {
		if strings.Contains(topic, word) {
			return false
		}
	}
	return !holdsDepth(topic) && !slices.Contains(refused, topic)
}

func firstPicture(t *testing.T, b *bag.Bag, topic string) image.Image {
	t.Helper()
	entries, err := b.Index(context.Background(), topic)
	if err != nil || len(entries) == 0 {
		t.Fatal(topic, err)
	}
	data, err := b.Read(context.Background(), entries[0])
	if err != nil {
		t.Fatal(err)
	}
	info := b.TopicOf(entries[0])
	k, _ := rosimage.Known(info.Type)
	m, err := rosimage.Decode(rosimage.Wire(info.Encoding), k, data)
	if err != nil {
		t.Fatal(err)
	}
	img := picture(t, m, rosimage.Options{})
	flat := image.NewNRGBA(img.Bounds())
	eachPixel(img, func(i int, c color.Color) { flat.Set(i%sceneWidth, i/sceneWidth, opaque(c)) })
	return flat
}
