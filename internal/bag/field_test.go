package bag

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"

	"github.com/cvatplan/cvatplan/internal/store"
)

// Files joined by hand define a channel again: its messages are of the topic that was
// defined last before them.
func TestAChannelDefinedTwiceIsTwoTopicsWithAWarning(t *testing.T) {
	path := filepath.Join("testdata", "field", "channel_defined_twice.mcap")
	b := open(t, path, Options{})
	want := map[string]int{"/cam/image/compressed": 2, "/other/compressed": 2}
	if diff := gocmp.Diff(want, counts(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for topic, n := range want {
		if got := readAll(t, b, topic); len(got) != n {
			t.Errorf("%s: %d messages, want %d", topic, len(got), n)
		}
	}
	wantWarning(t, b, "channel defined twice", "/cam/image/compressed, then /other/compressed")
	if _, err := openPath(context.Background(), path, Options{Strict: true}); !isDamage(err) {
		t.Errorf("strict: error %v", err)
	}
}

// The same within a chunk.
func TestAChannelDefinedTwiceInChunksIsTwoTopics(t *testing.T) {
	var list []written
	for i := range 20 {
		c := cameraCDR
		c.Name = []string{"/a", "/b"}[i/10]
		list = append(list, written{c, int64(i) * 1e9, bytes.Repeat([]byte{byte(i)}, 9)})
	}
	path := write(t, filepath.Join(t.TempDir(), "a.mcap"), bagtest.Format{NoIndex: true}, list)
	b := open(t, save(t, "a.mcap", renumber(readFile(t, path))), Options{})
	if diff := gocmp.Diff(map[string]int{"/a": 10, "/b": 10}, counts(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantWarning(t, b, "channel defined twice", "/a, then /b")
}

// renumber makes channel 1 of channel 2, in a plain chunk without an index or a checksum.
func renumber(data []byte) []byte {
	le := binary.LittleEndian
	for off := 8; off+9 < len(data); {
		op, n := data[off], int(le.Uint64(data[off+1:]))
		body := data[off+9:]
		switch {
		case op == 6:
			le.PutUint32(body[24:], 0)
			off += 9 + 32 + 8 // into the chunk, whose compression has no name
			continue
		case (op == 4 || op == 5) && le.Uint16(body) == 2:
			le.PutUint16(body, 1)
		case op == 7 || op == 2: // an index, or the end
			return data[:off]
		}
		off += 9 + n
	}
	return data
}

func counts(b *Bag) map[string]int {
	out := map[string]int{}
	for _, t := range b.Topics() {
		out[t.Name] = t.Count
	}
	return out
}

func wantWarning(t *testing.T, b *Bag, text, first string) {
	t.Helper()
	for _, w := range b.Warnings() {
		if w.Text == text && strings.Contains(w.First, first) {
			return
		}
	}
	t.Errorf("warnings %v, want %s (%s)", b.Warnings(), text, first)
}

// A flipped bit of a picture changes no length: only the checksum tells.
func TestAWrongChecksumOfAPlainChunkIsAWarningOnceItIsRead(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 60)
	path := write(t, filepath.Join(t.TempDir(), "a.mcap"), bagtest.Format{ChunkSize: 16 << 10}, list)
	data := readFile(t, path)
	at := bytes.Index(data, list[12].data[100:140])
	data[at] ^= 1
	path = save(t, "a.mcap", data)
	b := open(t, path, Options{})
	if len(b.Warnings()) > 0 {
		t.Errorf("warnings %v before anything was read", b.Warnings())
	}
	if got := readAll(t, b, "/imu"); len(got) != 45 {
		t.Errorf("%d messages of the topic that is sound, want 45", len(got))
	}
	wantWarning(t, b, "chunk with a wrong checksum", "at byte")
	strict := open(t, path, Options{Strict: true})
	err := strict.Messages(context.Background(), index(t, strict), func(Entry, []byte) error { return nil })
	if !isDamage(err) {
		t.Errorf("strict: error %v", err)
	}
}

func TestBagsOfOldFormatsAreNamed(t *testing.T) {
	sample := filepath.Join("testdata", "field", "format_1.2.bag")
	paths := map[string]string{sample: "1.2"}
	for magic, version := range map[string]string{"#ROSRECORD V1.1\n": "1.1", "#ROSLOG V1.0\n": "1.0", "#ROSBAG V1.3\n": "1.3"} {
		paths[save(t, "old.bag", []byte(magic+"more of it, and more"))] = version
	}
	for path, version := range paths {
		_, err := openPath(context.Background(), path, Options{})
		if err == nil || errors.Is(err, ErrNotRecording) || !strings.Contains(err.Error(), "a bag of format "+version+"; only 2.0 is read") {
			t.Errorf("%s: %v", path, err)
		}
		if kind := detectPath(path); kind != ROS1 {
			t.Errorf("%s is taken for %q", path, kind)
		}
	}
}

func TestABagThatWasTransferredAsTextIsNamedSo(t *testing.T) {
	for _, line := range []string{"#ROSBAG V2.0\r\n", "#ROSBAG V2.0 \n"} {
		if _, err := openPath(t.Context(), save(t, "a.bag", []byte(line+"more of it")), Options{}); err == nil || !strings.Contains(err.Error(), "its first line was changed") {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestADatabaseWithOtherColumnsIsNamedSo(t *testing.T) {
	for _, change := range []string{"ALTER TABLE topics RENAME COLUMN type TO kind", "ALTER TABLE messages RENAME COLUMN data TO payload"} {
		path := save(t, "a.db3", readFile(t, "testdata/fixtures/ros2/db3_none/db3_none.db3"))
		db, err := sql.Open("sqlite", path)
		if err == nil {
			_, err = db.Exec(change)
			err = errors.Join(err, db.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openPath(t.Context(), path, Options{}); !errors.Is(err, ErrNotRecording) || !strings.Contains(err.Error(), "lack columns") {
			t.Errorf("%s: %v", change, err)
		}
	}
}

func TestACutDatabaseIsNamedSo(t *testing.T) {
	whole := readFile(t, filepath.Join(write(t, filepath.Join(t.TempDir(), "a"), bagtest.Format{}, drive(cameraCDR, motorCDR, 20)), "a_0.db3"))
	files := map[string][]byte{"the sample": readFile(t, filepath.Join("testdata", "field", "cut.db3"))}
	for _, n := range []int{50, 100, 4096, 3 * 4096} {
		files[fmt.Sprintf("%d bytes", n)] = whole[:n]
	}
	for n := 513; n < len(whole); n += 1777 { // within pages, and the last one
		files[fmt.Sprintf("%d bytes", n)] = whole[:n]
	}
	files["all but a byte"] = whole[:len(whole)-1]
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			path := save(t, "a.db3", data)
			b, err := openPath(context.Background(), path, Options{})
			if err == nil { // its tables are there, and messages
				defer b.Close()
				if w := fmt.Sprint(b.Warnings()); !strings.Contains(w, "cut short") || !slices.ContainsFunc(b.Topics(), func(t Topic) bool { return t.Count > 0 }) {
					t.Errorf("warnings %s, topics %v", w, b.Topics())
				}
				return
			}
			if !strings.Contains(err.Error(), "cut short") || strings.Contains(err.Error(), "sql:") {
				t.Errorf("error %v", err)
			}
			_, err = openPath(context.Background(), filepath.Dir(path), Options{})
			if err == nil || !strings.Contains(err.Error(), "cut short") {
				t.Errorf("as a directory: %v", err)
			}
		})
	}
}

// A recording of which damage left no message is named as what it is, not as one without messages.
func TestARecordingCutBeforeItsFirstMessageIsNamedSo(t *testing.T) {
	for _, from := range []string{"ros1/two_cams_none.bag", "mcap/ros2_two_cams_none.mcap", "ros2/db3_none/db3_none.db3"} {
		whole := readFile(t, "testdata/fixtures/"+from)
		for _, n := range []int{17, 60, 99, 400, 3000, 4200, 16545} {
			path := save(t, path.Base(from), whole[:n])
			b, err := openPath(t.Context(), path, Options{})
			if err == nil {
				err = errors.Join(b.Close(), fmt.Errorf("opened, %v", b.Topics()))
				if slices.ContainsFunc(b.Topics(), func(t Topic) bool { return t.Count > 0 }) {
					continue
				}
			}
			if !strings.Contains(err.Error(), "cut short") {
				t.Errorf("%s of %d bytes: %v", from, n, err)
			}
		}
	}
}

// A name that belongs to another kind of recording hides from no command what a file is.
func TestARecordingIsReadAsWhatItIs(t *testing.T) {
	for from, want := range map[string]Kind{"ros1/two_cams_none.bag": ROS1, "mcap/ros2_two_cams_none.mcap": MCAP, "ros2/db3_none/db3_none.db3": SQLite} {
		for _, name := range []string{"a.bag", "a.mcap", "a.db3"} {
			path := save(t, name, readFile(t, "testdata/fixtures/"+from))
			if kind := detectPath(path); kind != want {
				t.Errorf("%s as %s is %q", from, name, kind)
			}
			if n := len(readAll(t, open(t, path, Options{}))); n != 120 {
				t.Errorf("%s as %s: %d messages", from, name, n)
			}
		}
	}
}

func TestWhatIsNotARecordingIsNamedByHowItBegins(t *testing.T) {
	for _, name := range []string{"a.bag", "a.mcap", "a.db3"} {
		for text, want := range map[string]string{
			"":                            "it is empty (0 bytes)",
			"<!DOCTYPE html>\n<html>":     "it is an HTML page",
			"root:x:0:0:root:/root":       "it is text",
			"version https://git-lfs.git": "it is text, as a pointer of Git LFS is",
			"PK\x03\x04 something zipped": "it begins with the bytes 50 4b 03 04",
		} {
			path := save(t, name, []byte(text))
			_, err := openPath(context.Background(), path, Options{})
			if !errors.Is(err, ErrNotRecording) || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s of %q: %v", name, text, err)
			}
			if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
				t.Errorf("%v", left)
			}
		}
	}
}

// A mute store is one whose files have a length and give no bytes, as a web server's that knows no ranges.
type mute struct{ store.Local }

var errNoBytes = errors.New("the server gives no ranges")

func (s mute) Open(ctx context.Context, name string) (File, error) {
	f, err := s.Local.Open(ctx, name)
	return muteFile{f}, err
}

type muteFile struct{ File }

func (muteFile) ReadAt([]byte, int64) (int, error) { return 0, errNoBytes }

func TestWhatCannotBeReadIsNotCalledEmpty(t *testing.T) {
	for _, name := range []string{"a.bag", "a.mcap", "a.db3", "a.mcap.zstd"} {
		path := save(t, name, []byte("any bytes at all, more than sixteen"))
		_, err := Open(t.Context(), mute{store.Local{Root: filepath.Dir(path)}}, name, Options{})
		if !errors.Is(err, errNoBytes) || errors.Is(err, ErrNotRecording) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// 65,536 channels are the most that MCAP has numbers for; the rest is left, at a cost that grows
// with their number alone: the bytes of their records are read, and little more is allocated.
func TestManyDefinitionsAreBounded(t *testing.T) {
	cost := func(count int) int64 {
		path := save(t, "a.mcap", definitions(count))
		before := allocatedBytes()
		b := open(t, path, Options{})
		if n := len(b.Topics()); n > maxTopics {
			t.Errorf("%d topics", n)
		}
		return int64(allocatedBytes() - before)
	}
	few, many := cost(150_000), cost(300_000)
	if more := (many - few) / 150_000; more > 100 || few > 256<<20 {
		t.Errorf("%d bytes are allocated for 150,000 definitions, %d more for each further one", few, more)
	}
}

// BenchmarkDefinitions opens files of 125,000 to 1,000,000 channel records.
func BenchmarkDefinitions(b *testing.B) {
	for count := 125_000; count <= 1_000_000; count *= 2 {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "a.mcap")
			if err := os.WriteFile(path, definitions(count), 0o666); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				bag, err := openPath(b.Context(), path, Options{})
				if err != nil {
					b.Fatal(err)
				}
				bag.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(count), "ns/definition")
		})
	}
}

// definitions is an MCAP file of channel records, whose numbers come again and again, and a message.
func definitions(count int) []byte {
	le := binary.LittleEndian
	text := func(b []byte, s string) []byte { return append(le.AppendUint32(b, uint32(len(s))), s...) }
	record := func(b []byte, op byte, body []byte) []byte {
		return append(le.AppendUint64(append(b, op), uint64(len(body))), body...)
	}
	data := record([]byte("\x89MCAP0\r\n"), 1, text(text(nil, "ros2"), "test"))
	for i := range count {
		body := le.AppendUint16(le.AppendUint16(nil, uint16(i)), 0)
		data = record(data, 4, le.AppendUint32(text(text(body, fmt.Sprintf("/t%d", i)), "cdr"), 0))
	}
	return record(data, 5, append(le.AppendUint32(le.AppendUint16(nil, 1), 0), make([]byte, 16+20)...))
}

func allocatedBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Files joined by hand, end to end: all that they hold is there, with a warning.
func TestAnAppendedFileIsReadToo(t *testing.T) {
	for name, f := range map[string]bagtest.Format{"plain": {}, "packed": {Compression: "zstd"}, "without chunks": {NoChunks: true}, "without an index": {NoIndex: true}} {
		t.Run(name, func(t *testing.T) {
			var all []byte
			for k, topic := range []string{"/cam", "/cam", "/rear"} {
				c := cameraCDR
				c.Name = topic
				list := []written{{c, int64(10*k+1) * 1e9, []byte{byte(k)}}, {c, int64(10*k+2) * 1e9, []byte{byte(k), 1}}}
				all = append(all, readFile(t, write(t, filepath.Join(t.TempDir(), "a.mcap"), f, list))...)
			}
			path := save(t, "joined.mcap", all)
			b := open(t, path, Options{})
			if diff := gocmp.Diff(map[string]int{"/cam": 4, "/rear": 2}, counts(b)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := readAll(t, b); len(got) != 6 {
				t.Errorf("%d messages", len(got))
			}
			wantWarning(t, b, "another file was appended to it", "at byte ")
			if _, err := openPath(context.Background(), path, Options{Strict: true}); !isDamage(err) {
				t.Errorf("strict: error %v", err)
			}
		})
	}
}
