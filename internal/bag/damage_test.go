package bag

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func save(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// entryEnds are where each message's record, or its chunk if that is
// compressed, ends in the file of a whole bag.
func entryEnds(t *testing.T, b *Bag) map[said]int64 {
	t.Helper()
	c := b.parts[0].(*chunked)
	ends := map[said]int64{}
	err := b.Messages(context.Background(), index(t, b), func(e Entry, data []byte) error {
		k := c.chunks[e.at.chunk]
		end := k.data + k.size
		if k.codec == plain {
			end = k.data + e.at.off + e.at.size
		}
		ends[said{e.Topic, e.LogNS, sum(data)}] = end
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ends
}

func TestACutFileGivesWhatLiesBeforeTheCut(t *testing.T) {
	for _, name := range []string{
		"ros1/two_cams_none.bag", "ros1/two_cams_bz2.bag", "ros1/two_cams_lz4.bag",
		"mcap/ros2_two_cams_none.mcap", "mcap/ros2_two_cams_lz4.mcap", "mcap/ros2_two_cams_zstd.mcap", "mcap/foxglove_pb_none.mcap",
	} {
		t.Run(name, func(t *testing.T) {
			whole := filepath.Join(fixtures, name)
			ends := entryEnds(t, open(t, whole, Options{}))
			data := readFile(t, whole)
			for _, tenths := range []int{3, 5, 7, 9} {
				cut := len(data) * tenths / 10
				path := save(t, filepath.Base(name), data[:cut])
				b := open(t, path, Options{})
				got := map[said]bool{}
				for _, s := range readAll(t, b) {
					if ends[s] == 0 {
						t.Errorf("cut at %d: %v was never written", cut, s)
					}
					got[s] = true
				}
				for s, end := range ends {
					if end <= int64(cut) && !got[s] {
						t.Errorf("cut at %d: %v, which ends at byte %d, was not read", cut, s, end)
					}
				}
				if len(b.Warnings()) == 0 {
					t.Errorf("cut at %d: no warning", cut)
				}
				if _, err := openPath(context.Background(), path, Options{Strict: true}); !isDamage(err) {
					t.Errorf("cut at %d, strict: error %v", cut, err)
				}
			}
		})
	}
}

func isDamage(err error) bool {
	var d *DamageError
	return errors.As(err, &d)
}

// unindexed is a bag as its recorder leaves it that was killed between two chunks.
func unindexed(data []byte) []byte {
	data = bytes.Clone(data)
	at := bytes.Index(data, []byte("index_pos=")) + len("index_pos=")
	pos := binary.LittleEndian.Uint64(data[at:])
	binary.LittleEndian.PutUint64(data[at:], 0)
	return data[:pos]
}

func TestABagWithoutIndexIsScannedWithoutAWarning(t *testing.T) {
	for _, name := range []string{"two_cams_none.bag", "two_cams_bz2.bag", "two_cams_lz4.bag", "odd_times.bag", "encodings_lz4.bag"} {
		t.Run(name, func(t *testing.T) {
			whole := filepath.Join(fixtures, "ros1", name)
			path := save(t, strings.TrimSuffix(name, ".bag")+".bag.active", unindexed(readFile(t, whole)))
			b := open(t, path, Options{Strict: true})
			want := open(t, whole, Options{})
			if diff := gocmp.Diff(readAll(t, want), readAll(t, b)); diff != "" {
				t.Errorf("messages (-indexed +scanned):\n%s", diff)
			}
			if diff := gocmp.Diff(want.Topics(), b.Topics()); diff != "" {
				t.Errorf("topics (-indexed +scanned):\n%s", diff)
			}
		})
	}
}

// A recorder that is killed leaves its last chunk with a size of 0, and the
// messages behind it.
func TestTheLastChunkOfAKilledRecorderIsRead(t *testing.T) {
	list := drive(cameraROS1, motorROS1, 40)
	data := readFile(t, write(t, filepath.Join(t.TempDir(), "a.bag"), bagtest.Format{ChunkSize: 1 << 30, NoIndex: true, NoMessages: true}, list))
	at := bytes.Index(data, []byte("size=")) + len("size=")
	binary.LittleEndian.PutUint32(data[at:], 0)   // unpacked
	binary.LittleEndian.PutUint32(data[at+4:], 0) // and the record's own
	b := open(t, save(t, "a.bag.active", data), Options{Strict: true})
	if diff := gocmp.Diff(ordered(list), readAll(t, b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAFlippedBitInAChunkCostsThatChunk(t *testing.T) {
	for name, format := range map[string]bagtest.Format{
		"zstd": {ChunkSize: 32 << 10, Compression: "zstd"},
		"lz4":  {ChunkSize: 32 << 10, Compression: "lz4"},
	} {
		t.Run(name, func(t *testing.T) {
			list := drive(cameraCDR, motorCDR, 200)
			path := write(t, filepath.Join(t.TempDir(), "a.mcap"), format, list)
			k := open(t, path, Options{}).parts[0].(*chunked).chunks[3]
			data := readFile(t, path)
			data[k.data+k.size/2] ^= 0x10
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}

			b := open(t, path, Options{})
			entries := index(t, b)
			written := map[said]bool{}
			for _, s := range ordered(list) {
				written[s] = true
			}
			lost := 0
			for _, e := range entries {
				if e.at.chunk == 3 {
					lost++
				}
			}
			got := readAll(t, b)
			for _, s := range got {
				if !written[s] {
					t.Errorf("%v was never written", s)
				}
			}
			readAll(t, b) // does not count them again
			w := b.Warnings()
			if len(w) != 1 || w[0].Messages != int64(len(list)-len(got)) || len(got) < len(list)-lost || len(got) == len(list) {
				t.Errorf("%d of %d messages, %d in the damaged chunk, warnings %v", len(got), len(list), lost, w)
			}
			strict := open(t, path, Options{Strict: true})
			err := strict.Messages(context.Background(), entries, func(Entry, []byte) error { return nil })
			if !isDamage(err) {
				t.Errorf("strict: error %v", err)
			}
		})
	}
}

func TestADamagedIndexIsReplacedByAScan(t *testing.T) {
	for _, name := range []string{"ros1/two_cams_lz4.bag", "ros1/two_cams_none.bag", "mcap/ros2_two_cams_none.mcap", "mcap/ros2_two_cams_zstd.mcap"} {
		t.Run(name, func(t *testing.T) {
			whole := filepath.Join(fixtures, name)
			data := readFile(t, whole)
			for i := len(data) - 900; i < len(data)-100; i++ {
				data[i] = 0xee
			}
			b := open(t, save(t, filepath.Base(name), data), Options{})
			if diff := gocmp.Diff(readAll(t, open(t, whole, Options{})), readAll(t, b)); diff != "" {
				t.Errorf("(-whole +damaged):\n%s", diff)
			}
			if len(b.Warnings()) == 0 {
				t.Error("no warning")
			}
		})
	}
}

func TestWhatIsNoRecordingIsNamedAsSuch(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty.bag": "", "text.bag": "hello, this is no bag", "old.bag": "#ROSBAG V1.2\n", "text.mcap": "hello, world", "text.db3": "hello, world", "pictures": ""} {
		path := filepath.Join(dir, name)
		t.Run(name, func(t *testing.T) {
			if name == "pictures" {
				if err := os.Mkdir(path, 0o755); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := openPath(context.Background(), path, Options{})
			want := "not a recording"
			if name == "old.bag" {
				want = "a bag of format 1.2"
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one with %q", err, want)
			}
			if fmt.Sprint(errors.Is(err, ErrNotRecording)) != fmt.Sprint(name != "old.bag") {
				t.Errorf("errors.Is(%v, ErrNotRecording) is wrong", err)
			}
		})
	}
}

// Neither an index nor the length of the third chunk: the others are found nevertheless.
func TestTheWalkGoesOnBehindADamagedChunk(t *testing.T) {
	for name, c := range map[string]struct {
		file   string
		topics [2]bagtest.Topic
		format bagtest.Format
	}{
		"bag":        {"a.bag.active", [2]bagtest.Topic{cameraROS1, motorROS1}, bagtest.Format{}},
		"bag, lz4":   {"a.bag.active", [2]bagtest.Topic{cameraROS1, motorROS1}, bagtest.Format{Compression: "lz4"}},
		"mcap":       {"a.mcap", [2]bagtest.Topic{cameraCDR, motorCDR}, bagtest.Format{}},
		"mcap, zstd": {"a.mcap", [2]bagtest.Topic{cameraCDR, motorCDR}, bagtest.Format{Compression: "zstd"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.format.ChunkSize, c.format.NoIndex = 32<<10, true
			list := drive(c.topics[0], c.topics[1], 200)
			path := write(t, filepath.Join(t.TempDir(), c.file), c.format, list)
			whole := open(t, path, Options{})
			k := whole.parts[0].(*chunked).chunks[2]
			data := readFile(t, path)
			for i := k.pos; i < k.data; i++ {
				data[i] = 0xee
			}
			damaged := index(t, open(t, save(t, c.file, data), Options{}))
			left := 0
			for _, e := range index(t, whole) {
				if e.at.chunk != 2 {
					left++
				}
			}
			if len(damaged) < left {
				t.Errorf("%d messages, want the %d outside of the damaged chunk", len(damaged), left)
			}
		})
	}
}

// Messages that lie bare in an .mcap: damage to one record costs that message, and no later one.
func TestTheWalkGoesOnBehindADamagedMessage(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 200)
	for name, overwrite := range map[string]func(record []byte){
		"zeroed":       func(record []byte) { clear(record) },
		"no head":      func(record []byte) { copy(record, bytes.Repeat([]byte{0xee}, mcapHead)) },
		"too long":     func(record []byte) { record[6] = 0x7f },
		"another kind": func(record []byte) { copy(record, []byte{0, 1, 2, 3}) },
	} {
		for _, format := range []bagtest.Format{{NoChunks: true}, {NoChunks: true, NoIndex: true}} {
			t.Run(fmt.Sprint(name, " no index ", format.NoIndex), func(t *testing.T) {
				path := write(t, filepath.Join(t.TempDir(), "a.mcap"), format, list)
				whole := open(t, path, Options{})
				data, entries := readFile(t, path), index(t, whole)
				hit := entries[len(entries)/2]
				k := whole.parts[0].(*chunked).chunks[hit.at.chunk]
				overwrite(data[k.data+hit.at.off : k.data+hit.at.off+hit.at.size])
				damaged := open(t, save(t, "a.mcap", data), Options{})
				want := map[said]int{}
				for _, s := range readAll(t, whole) {
					want[s]++
				}
				for _, s := range readAll(t, damaged) {
					want[s]--
				}
				missing := 0
				for s, n := range want {
					missing += max(n, -n)
					if n != 0 && s.Log != hit.LogNS {
						t.Errorf("%+v: %d", s, n)
					}
				}
				if missing != 1 || len(damaged.Warnings()) == 0 {
					t.Errorf("%d messages differ, warnings %v", missing, damaged.Warnings())
				}
			})
		}
	}
}
