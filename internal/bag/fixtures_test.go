package bag

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/store"
)

// fixtures were written by the Python libraries rosbags and mcap; expected.json
// is the truth about each.
const fixtures = "testdata/fixtures"

type frame struct {
	Topic   string
	Index   int
	Receive int64  `json:"receive_ns"`
	SHA256  string // of the image's bytes
	Size    int
}

type truth struct {
	Topics map[string][]frame `json:"frames_by_topic"`
	Files  map[string]struct {
		Messages int
		Topics   map[string]int
	}
	Encodings []frame
	OddTimes  []frame `json:"odd_times"`
}

func expected(t testing.TB) truth {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e truth
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// frames are what a fixture holds, in the order of their receive times.
func (e truth) frames(name string) []frame {
	var out []frame
	switch filepath.Base(name) {
	case "odd_times.bag", "odd_times.mcap":
		for _, f := range e.OddTimes {
			f.Topic = "/jai_cam/image_raw/compressed"
			out = append(out, f)
		}
	case "encodings_lz4.bag", "encodings_ros2_zstd.mcap":
		out = append(out, e.Encodings...)
	default:
		for topic := range e.Files[name].Topics {
			for _, f := range e.Topics[topic] {
				f.Topic = topic
				out = append(out, f)
			}
		}
	}
	slices.SortStableFunc(out, func(x, y frame) int { return cmp.Compare(x.Receive, y.Receive) })
	return out
}

// openPath opens a recording of this machine.
func openPath(ctx context.Context, path string, o Options) (*Bag, error) {
	s, name := store.Split(path)
	return Open(ctx, s, name, o)
}

func detectPath(path string) Kind {
	s, name := store.Split(path)
	return Detect(context.Background(), s, name)
}

func open(t testing.TB, path string, o Options) *Bag {
	t.Helper()
	b, err := openPath(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func index(t testing.TB, b *Bag, topics ...string) []Entry {
	t.Helper()
	entries, err := b.Index(context.Background(), topics...)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestEveryMessageOfEveryFixtureIsRead(t *testing.T) {
	e := expected(t)
	for name, file := range e.Files {
		t.Run(name, func(t *testing.T) {
			b := open(t, filepath.Join(fixtures, name), Options{Strict: true})
			counts := map[string]int{}
			for _, topic := range b.Topics() {
				counts[topic.Name] = topic.Count
			}
			if diff := gocmp.Diff(file.Topics, counts); diff != "" {
				t.Errorf("topics (-want +got):\n%s", diff)
			}
			want := e.frames(name)
			if diff := gocmp.Diff(want, readFrames(t, b, want)); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

// readFrames reads all messages as frames; the index and the size of the image
// in a message are taken from what is wanted, as only rosimage knows messages.
func readFrames(t *testing.T, b *Bag, want []frame) []frame {
	t.Helper()
	var got []frame
	err := b.Messages(context.Background(), index(t, b), func(e Entry, data []byte) error {
		f := frame{Topic: e.Topic, Receive: e.LogNS}
		if len(got) < len(want) {
			w := want[len(got)]
			f.Index, f.Size = w.Index, w.Size
			f.SHA256 = sum(imageIn(data, w, b.TopicOf(e).Encoding))
		}
		got = append(got, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// imageIn is the image in a message: the last field of the ROS types.
func imageIn(data []byte, f frame, encoding string) []byte {
	switch jpeg := data[max(bytes.Index(data, []byte("\xff\xd8\xff")), 0):]; {
	case encoding == "protobuf":
		return jpeg[:min(f.Size, len(jpeg))]
	case f.Size == 0 && f.SHA256 != sum(nil):
		return jpeg
	}
	return data[max(len(data)-f.Size, 0):]
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
