package rosimage_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fixtures are recordings that other people's libraries wrote, two cameras of 64 x
// 48 pixels, with the truth about every message in expected.json. They are package
// bag's; here they are read to the last pixel.
const fixtures = "../bag/testdata/fixtures"

// A truth is what expected.json says of one message.
type truth struct {
	Topic     string
	Index     int    // of the frame
	ReceiveNS int64  `json:"receive_ns"`
	HeaderNS  int64  `json:"header_ns"`
	FrameID   string `json:"frame_id"` // "" where it is not said
	SHA256    string // of the payload
	Encoding  string
	Format    string
	Step      int
	BE        int

	spelled int // what the picture's top row says
}

type truths struct {
	FramesByTopic map[string][]truth `json:"frames_by_topic"`
	Files         map[string]struct{ Topics map[string]int }
	Encodings     []truth
	OddTimes      []truth `json:"odd_times"`
}

func readTruths(t *testing.T) (e truths) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// of gives a file's messages by topic, in the order of their receive times.
func (e truths) of(file string) map[string][]truth {
	out := map[string][]truth{}
	for topic, count := range e.Files[file].Topics {
		switch {
		case strings.Contains(file, "encodings"):
			out[topic] = slices.DeleteFunc(slices.Clone(e.Encodings), func(x truth) bool { return x.Topic != topic })
		case strings.Contains(file, "odd_times"):
			out[topic] = slices.Clone(e.OddTimes)
		default:
			out[topic] = slices.Clone(e.FramesByTopic[topic])
		}
		e.spell(out[topic])
		slices.SortStableFunc(out[topic], func(x, y truth) int { return int(x.ReceiveNS - y.ReceiveNS) })
		if len(out[topic]) != count {
			panic(topic + ": expected.json contradicts itself")
		}
	}
	return out
}

// spell sets what pictures say: their index, but for a picture that was recorded twice.
func (e truths) spell(frames []truth) {
	for i, f := range frames {
		frames[i].spelled = f.Index
		for _, g := range slices.Concat(slices.Collect(maps.Values(e.FramesByTopic))...) {
			if f.Topic == "" && g.SHA256 == f.SHA256 {
				frames[i].spelled = g.Index
			}
		}
	}
}
