package bag

import (
	"cmp"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// A said message is what a writer was given, or a reader gave.
type said struct {
	Topic string
	Log   int64
	Sum   string
}

type written struct {
	topic bagtest.Topic
	log   int64
	data  []byte
}

var (
	cameraROS1 = bagtest.Topic{Name: "/cam/image_raw/compressed", Type: "sensor_msgs/CompressedImage", Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: "Header header\nstring format\nuint8[] data\n"}
	motorROS1  = bagtest.Topic{Name: "/imu", Type: "sensor_msgs/Imu", Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: "Header header\n"}
	cameraCDR  = bagtest.Topic{Name: "/cam/image_raw/compressed", Type: "sensor_msgs/msg/CompressedImage", Encoding: "cdr", SchemaEncoding: "ros2msg", Schema: "std_msgs/Header header\nstring format\nuint8[] data\n"}
	motorCDR   = bagtest.Topic{Name: "/imu", Type: "sensor_msgs/msg/Imu", Encoding: "cdr", SchemaEncoding: "ros2msg", Schema: "std_msgs/Header header\n"}
)

// drive is a recording of two topics: pictures of all sizes, some of them
// compressible, and small messages between them; some stamps are equal and some go back.
func drive(camera, motor bagtest.Topic, n int) []written {
	rng := rand.New(rand.NewPCG(7, 7))
	var out []written
	for i := range n {
		log := 1700000000e9 + int64(i/2)*1e8 - int64(rng.IntN(3))*15e7
		if i%4 != 0 {
			out = append(out, written{motor, log, noise(rng, 60)})
			continue
		}
		data := noise(rng, rng.IntN(30_000))
		if i%8 == 0 {
			data = append(data, make([]byte, rng.IntN(60_000))...)
		}
		out = append(out, written{camera, log, data})
	}
	return out
}

// noise is n bytes that begin as a CDR message does.
func noise(rng *rand.Rand, n int) []byte {
	b := make([]byte, n+4)
	for i := 4; i < len(b); i += 8 {
		var eight [8]byte
		binary.LittleEndian.PutUint64(eight[:], rng.Uint64())
		copy(b[i:], eight[:])
	}
	b[1] = 1
	return b
}

func write(t testing.TB, path string, f bagtest.Format, list []written) string {
	t.Helper()
	w, err := bagtest.Create(path, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if err := w.Write(m.topic, m.log, m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// ordered is what a reader is to give for what was written.
func ordered(list []written) []said {
	var out []said
	for _, m := range list {
		out = append(out, said{m.topic.Name, m.log, sum(m.data)})
	}
	slices.SortStableFunc(out, func(x, y said) int { return cmp.Compare(x.Log, y.Log) })
	return out
}

func readAll(t testing.TB, b *Bag, topics ...string) []said {
	t.Helper()
	var out []said
	err := b.Messages(context.Background(), index(t, b, topics...), func(e Entry, data []byte) error {
		out = append(out, said{e.Topic, e.LogNS, sum(data)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryWayOfWritingIsReadAlike(t *testing.T) {
	small := 16 << 10
	for name, c := range map[string]struct {
		file   string
		format bagtest.Format
	}{
		"bag":                        {"a.bag", bagtest.Format{ChunkSize: small}},
		"bag, lz4":                   {"a.bag", bagtest.Format{ChunkSize: small, Compression: "lz4"}},
		"bag, one chunk":             {"a.bag", bagtest.Format{ChunkSize: 1 << 30}},
		"bag, a chunk per message":   {"a.bag", bagtest.Format{ChunkSize: 1}},
		"bag, no index section":      {"a.bag.active", bagtest.Format{ChunkSize: small, NoIndex: true}},
		"bag, no index section, lz4": {"a.bag.active", bagtest.Format{ChunkSize: small, NoIndex: true, Compression: "lz4"}},
		"bag, no index at all":       {"a.bag.active", bagtest.Format{ChunkSize: small, NoIndex: true, NoMessages: true}},
		"bag, no index at all, lz4":  {"a.bag.active", bagtest.Format{ChunkSize: small, NoIndex: true, NoMessages: true, Compression: "lz4"}},
		"bag, no index records":      {"a.bag", bagtest.Format{ChunkSize: small, NoMessages: true, Compression: "lz4"}},

		"mcap":                         {"a.mcap", bagtest.Format{ChunkSize: small}},
		"mcap, lz4":                    {"a.mcap", bagtest.Format{ChunkSize: small, Compression: "lz4"}},
		"mcap, zstd":                   {"a.mcap", bagtest.Format{ChunkSize: small, Compression: "zstd"}},
		"mcap, no chunks":              {"a.mcap", bagtest.Format{NoChunks: true}},
		"mcap, no chunks, no summary":  {"a.mcap", bagtest.Format{NoChunks: true, NoIndex: true}},
		"mcap, no summary":             {"a.mcap", bagtest.Format{ChunkSize: small, NoIndex: true}},
		"mcap, no summary, zstd":       {"a.mcap", bagtest.Format{ChunkSize: small, NoIndex: true, Compression: "zstd"}},
		"mcap, no message index":       {"a.mcap", bagtest.Format{ChunkSize: small, NoMessages: true}},
		"mcap, no message index, zstd": {"a.mcap", bagtest.Format{ChunkSize: small, NoMessages: true, Compression: "zstd"}},
		"mcap, no index at all, lz4":   {"a.mcap", bagtest.Format{ChunkSize: small, NoMessages: true, NoIndex: true, Compression: "lz4"}},

		"rosbag2":                     {"a", bagtest.Format{}},
		"rosbag2, by message":         {"a", bagtest.Format{Compression: "message"}},
		"rosbag2, by file":            {"a", bagtest.Format{Compression: "file"}},
		"rosbag2, splits":             {"a", bagtest.Format{Split: 37}},
		"rosbag2, splits, by file":    {"a", bagtest.Format{Split: 90, Compression: "file"}},
		"rosbag2, log left":           {"a", bagtest.Format{KeepLog: true}},
		"rosbag2, log left, splits":   {"a", bagtest.Format{KeepLog: true, Split: 150}},
		"rosbag2, no metadata":        {"a", bagtest.Format{NoMetadata: true}},
		"rosbag2, no metadata, split": {"a", bagtest.Format{NoMetadata: true, Split: 20}},
	} {
		t.Run(name, func(t *testing.T) {
			list := drive(cameraCDR, motorCDR, 240)
			if filepath.Ext(c.file) == ".bag" || filepath.Ext(c.file) == ".active" {
				list = drive(cameraROS1, motorROS1, 240)
			}
			path := write(t, filepath.Join(t.TempDir(), c.file), c.format, list)
			if detectPath(path) == "" {
				t.Errorf("%s is not taken for a recording", path)
			}
			b := open(t, path, Options{Strict: true})
			if diff := gocmp.Diff(ordered(list), readAll(t, b)); diff != "" {
				t.Errorf("all topics (-want +got):\n%s", diff)
			}
			camera := slices.DeleteFunc(slices.Clone(list), func(m written) bool { return m.topic.Name == "/imu" })
			if diff := gocmp.Diff(ordered(camera), readAll(t, b, camera[0].topic.Name)); diff != "" {
				t.Errorf("one topic (-want +got):\n%s", diff)
			}
		})
	}
}
