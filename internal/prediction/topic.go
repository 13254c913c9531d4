package prediction

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/rosmsg"
)

// A Message is one message of a recording's topic.
type Message struct {
	Type     string // as the recording has it: vision_msgs/msg/Detection2DArray, foxglove.ImageAnnotations, …
	Encoding string // ros1, cdr, protobuf, json
	Schema   []byte // the type's definition
	Data     []byte
	LogNS    int64 // when it was received
}

// A Topic is what the messages of a topic say.
type Topic struct {
	messages []detected
	types    map[string]*rosmsg.Type
	sum      hash.Hash
	bytes    int64
}

// detected is what one message says.
type detected struct {
	stamp int64 // of its header, ns
	items []Item
}

// NewTopic is a topic of which nothing was read yet.
func NewTopic() *Topic { return &Topic{types: map[string]*rosmsg.Type{}, sum: sha256.New()} }

// Known says whether messages of that type say what was found in images.
func Known(kind string) bool {
	return kind == foxgloveAnnotations || isType(kind, "foxglove_msgs/ImageAnnotations") || isType(kind, "vision_msgs/Detection2DArray")
}

func isType(kind, name string) bool { return strings.Replace(kind, "/msg/", "/", 1) == name }

// Add reads a message; [Known] knows its type. byLog takes its receive time for its stamp, as it is without one.
func (t *Topic) Add(m Message, byLog bool) error {
	if t.bytes += int64(len(m.Data)); t.bytes > maxFile {
		return fmt.Errorf("more than %d MiB of messages for one task", maxFile>>20)
	}
	fmt.Fprintf(t.sum, "%s %s %d\n", m.Type, m.Encoding, len(m.Data))
	t.sum.Write(m.Data)
	decoded, err := t.decode(m)
	if err != nil {
		return err
	}
	read := imageAnnotations
	if isType(m.Type, "vision_msgs/Detection2DArray") {
		read = detections
	}
	d := read(decoded)
	if byLog || d.stamp == 0 {
		d.stamp = m.LogNS
	}
	t.messages = append(t.messages, d)
	return nil
}

// decode reads a message's fields: by the definition that the recording carries, whatever version of the type it is.
func (t *Topic) decode(m Message) (rosmsg.Message, error) {
	switch m.Encoding {
	case "protobuf":
		return protobufAnnotations(m.Data)
	case "json":
		return jsonAnnotations(m.Data)
	}
	schema := string(m.Schema)
	if schema == "" && m.Type == "vision_msgs/msg/Detection2DArray" {
		schema = detection2DArray // recordings of ROS 2 before Iron carry none in SQLite
	}
	key := m.Type + "\x00" + schema
	if t.types[key] == nil {
		parsed, err := rosmsg.Parse(m.Type, schema)
		if err != nil {
			return nil, err
		}
		t.types[key] = parsed
	}
	return t.types[key].Decode(m.Encoding, m.Data)
}

// A Stamp is a frame's time.
type Stamp struct {
	Frame string // its name
	NS    int64
}

// Match gives each frame what the message nearest in time says, if that is within so much; of several frames that one
// message is nearest to, the nearest has it. It gives the number of messages that are no frame's, too: those between
// frames that were not selected, in the main.
func (t *Topic) Match(frames []Stamp, within time.Duration) (found Found, unmatched int) {
	slices.SortStableFunc(t.messages, func(a, b detected) int { return cmp.Compare(a.stamp, b.stamp) })
	sorted := slices.Clone(frames)
	slices.SortStableFunc(sorted, func(a, b Stamp) int { return cmp.Compare(a.NS, b.NS) })
	owner := make([]int, len(t.messages)) // of each message the frame, counted from 1
	for i, f := range sorted {
		m := nearest(t.messages, f.NS)
		if m < 0 || distance(t.messages[m].stamp, f.NS) > int64(within) {
			continue
		}
		if o := owner[m]; o == 0 || distance(sorted[o-1].NS, t.messages[m].stamp) > distance(f.NS, t.messages[m].stamp) {
			owner[m] = i + 1
		}
	}
	for m, o := range owner {
		if o == 0 {
			unmatched++
			continue
		}
		for _, item := range t.messages[m].items {
			item.Image = sorted[o-1].Frame
			found.Items = append(found.Items, item)
		}
	}
	found.hash = hex.EncodeToString(t.sum.Sum(nil))
	return found, unmatched
}

// nearest is the message nearest to a time; -1 where there is none.
func nearest(messages []detected, ns int64) int {
	i := sort.Search(len(messages), func(i int) bool { return messages[i].stamp >= ns })
	switch {
	case i == len(messages):
		return i - 1
	case i > 0 && distance(messages[i-1].stamp, ns) < distance(messages[i].stamp, ns):
		return i - 1
	}
	return i
}

func distance(a, b int64) int64 { return max(a-b, b-a) }
