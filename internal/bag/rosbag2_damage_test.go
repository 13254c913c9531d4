package bag

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

func TestAMissingSplitIsAWarningThatCounts(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 100)
	dir := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{Split: 40}, list)
	if err := os.Remove(filepath.Join(dir, "run_1.db3")); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir, Options{})
	want := ordered(append(append([]written{}, list[:40]...), list[80:]...))
	if diff := gocmp.Diff(want, readAll(t, b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if w := b.Warnings(); len(w) != 1 || w[0].Messages != 40 {
		t.Errorf("warnings %v, want 40 messages lost", w)
	}
	if _, err := openPath(context.Background(), dir, Options{Strict: true}); !isDamage(err) {
		t.Errorf("strict: error %v", err)
	}
}

func TestDamagedMetadataLeavesTheFilesToSpeak(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 100)
	for name, text := range map[string]string{
		"no YAML":       "rosbag2_bagfile_information: [",
		"another YAML":  "a: 1\n",
		"empty":         "",
		"without files": "rosbag2_bagfile_information: {version: 5}\n",
		"a secret":      "hunter2\n",
		"an anchor":     "a: *hunter2\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{Split: 40}, list)
			if err := os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			b := open(t, dir, Options{})
			if diff := gocmp.Diff(ordered(list), readAll(t, b)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, w := range b.Warnings() { // it may be a link to somebody's secrets
				if strings.Contains(w.First, "hunter2") {
					t.Errorf("the text is quoted: %v", w)
				}
			}
		})
	}
}

func TestADamagedDatabaseIsReadFromBothEnds(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 400)
	dir := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{}, list)
	path := filepath.Join(dir, "run_0.db3")
	data := readFile(t, path)
	leaf := messageLeaf(t, path, 200)
	copy(data[leaf:], bytes.Repeat([]byte{0xee}, 512))
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir, Options{})
	got := readAll(t, b)
	if len(got) < 350 || len(got) == 400 {
		t.Errorf("%d of 400 messages", len(got))
	}
	lost := int64(0)
	for _, w := range b.Warnings() {
		lost += w.Messages
	}
	if lost != int64(400-len(got)) {
		t.Errorf("%d messages lost, warnings %v", 400-len(got), b.Warnings())
	}
}

// messageLeaf is where the page lies that holds a message's row.
func messageLeaf(t *testing.T, path string, id int64) int64 {
	t.Helper()
	d := open(t, path, Options{}).parts[0].(*database)
	var s scratch
	page, _, err := d.pages.find(&s, id)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(readFile(t, path), page)
	if at < 0 {
		t.Fatal("page is not in the file")
	}
	return int64(at)
}

func TestACutDatabaseGivesWhatIsThere(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 400)
	dir := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{}, list)
	path := filepath.Join(dir, "run_0.db3")
	if err := os.Truncate(path, int64(len(readFile(t, path)))*6/10/4096*4096); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir, Options{})
	got := readAll(t, b)
	written := map[said]bool{}
	for _, s := range ordered(list) {
		written[s] = true
	}
	for _, s := range got {
		if !written[s] {
			t.Errorf("%v was never written", s)
		}
	}
	if len(got) < 150 || len(b.Warnings()) == 0 {
		t.Errorf("%d of 400 messages, warnings %v", len(got), b.Warnings())
	}
}

// splitBag is a rosbag2 directory of two databases with five messages each.
func splitBag(t *testing.T) string {
	t.Helper()
	var list []written
	for i := range 10 {
		list = append(list, written{cameraCDR, int64(i+1) * 1e9, bytes.Repeat([]byte{byte(i)}, 900)})
	}
	return write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{Split: 5}, list)
}

// A file that damage left no message of gives nothing, as one that is missing.
func TestASplitOfWhichNoMessageCanBeReadIsUnread(t *testing.T) {
	for kept, want := range map[int64]string{
		0: "it is empty (0 bytes)", 90: "within its header", 16 << 10: "the database is cut short: 16384 bytes of ",
	} {
		dir := splitBag(t)
		if err := os.Truncate(filepath.Join(dir, "run_1.db3"), kept); err != nil {
			t.Fatal(err)
		}
		b := open(t, dir, Options{})
		if unread := b.Unread(); len(unread) != 1 || filepath.Base(unread[0].Name) != "run_1.db3" || !strings.Contains(unread[0].Err.Error(), want) {
			t.Errorf("%d bytes kept: unread %v", kept, unread)
		}
		if got := len(readAll(t, b, cameraCDR.Name)); got != 5 {
			t.Errorf("%d bytes kept: %d messages of the other file", kept, got)
		}
	}
	if b := open(t, splitBag(t), Options{}); len(b.Unread()) > 0 || len(b.Warnings()) > 0 {
		t.Errorf("whole: %v, %v", b.Unread(), b.Warnings())
	}
}

// Files that were all renamed alike, or that metadata names as Windows does, are found.
func TestFilesAreFoundUnderTheNamesThatTheyHaveNow(t *testing.T) {
	for name, tt := range map[string]struct {
		rename   map[string]string
		old, new string // in metadata.yaml
		warnings int
		unread   int
	}{
		"all renamed":          {map[string]string{"run_0.db3": "orchard_0.db3", "run_1.db3": "orchard_1.db3"}, "", "", 2, 0},
		"paths of Windows":     {nil, "- run_", `- C:\bags\run\run_`, 0, 0},
		"paths of another":     {nil, "- run_", "- /home/robot/run/run_", 0, 0},
		"one renamed":          {map[string]string{"run_1.db3": "orchard_1.db3"}, "", "", 1, 0},
		"one of no number":     {map[string]string{"run_0.db3": "orchard.db3"}, "", "", 1, 0},
		"other numbers":        {map[string]string{"run_0.db3": "orchard_1.db3", "run_1.db3": "orchard_2.db3"}, "", "", 0, 2},
		"two names":            {map[string]string{"run_0.db3": "a_0.db3", "run_1.db3": "b_1.db3"}, "", "", 0, 2},
		"of no number":         {map[string]string{"run_0.db3": "a.db3", "run_1.db3": "b.db3"}, "", "", 0, 2},
		"another form for one": {map[string]string{"run_1.db3": "run_1.mcap"}, "", "", 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := splitBag(t)
			for from, to := range tt.rename {
				if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
					t.Fatal(err)
				}
			}
			metadata := strings.ReplaceAll(string(readFile(t, filepath.Join(dir, metadataName))), cmp.Or(tt.old, "\x00"), tt.new)
			if err := os.WriteFile(filepath.Join(dir, metadataName), []byte(metadata), 0o666); err != nil {
				t.Fatal(err)
			}
			b, err := openPath(t.Context(), dir, Options{})
			var none *UnreadError
			if errors.As(err, &none) {
				if len(none.Files) != tt.unread {
					t.Errorf("unread %v", none.Files)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if got := len(readAll(t, b, cameraCDR.Name)); got != 10-5*tt.unread || len(b.Unread()) != tt.unread || len(b.Warnings()) != tt.warnings {
				t.Errorf("%d messages, unread %v, warnings %v", got, b.Unread(), b.Warnings())
			}
		})
	}
}

// Which file is which one that metadata.yaml names, the content decides where a name leaves a doubt; what is not taken
// is named together with what is missing.
func TestAFileUnderAnotherNameIsTakenOnlyIfItsContentFits(t *testing.T) {
	var list []written
	for i := range 20 {
		list = append(list, written{cameraCDR, int64(i+1) * 1e9, bytes.Repeat([]byte{byte(i)}, 90)})
	}
	other := write(t, filepath.Join(t.TempDir(), "other"), bagtest.Format{}, list[:3])
	later := write(t, filepath.Join(t.TempDir(), "later"), bagtest.Format{}, list[15:])
	type step = func(dir string) error
	rename := func(from, to string) step {
		return func(dir string) error { return os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)) }
	}
	remove := func(name string) step { return func(dir string) error { return os.Remove(filepath.Join(dir, name)) } }
	add := func(bag, name string) step {
		return func(dir string) error {
			return os.WriteFile(filepath.Join(dir, name), readFile(t, filepath.Join(bag, filepath.Base(bag)+"_0.db3")), 0o666)
		}
	}
	replace := func(old, new string) step {
		return func(dir string) error {
			path := filepath.Join(dir, metadataName)
			return os.WriteFile(path, []byte(strings.ReplaceAll(string(readFile(t, path)), old, new)), 0o666)
		}
	}
	uncounted := replace("message_count: 5", "message_count: 0")
	for name, tt := range map[string]struct {
		steps            []step
		messages         int
		unread, unlisted string
	}{
		"renamed in the middle":             {[]step{rename("run_1.db3", "foo_1.db3")}, 20, "", ""},
		"two of four":                       {[]step{rename("run_1.db3", "foo_1.db3"), rename("run_3.db3", "foo_3.db3")}, 20, "", ""},
		"without counts, by its number":     {[]step{uncounted, rename("run_2.db3", "foo_2.db3")}, 20, "", ""},
		"without counts, of another number": {[]step{uncounted, rename("run_2.db3", "foo_9.db3")}, 15, "run_2.db3", "foo_9.db3"},
		"an extra one":                      {[]step{add(other, "foo_1.db3")}, 20, "", ""},
		"missing, and an extra one":         {[]step{remove("run_1.db3"), add(other, "foo_1.db3")}, 15, "run_1.db3", "foo_1.db3"},
		"missing, and one of another time":  {[]step{remove("run_1.db3"), add(later, "foo_1.db3")}, 15, "run_1.db3", "foo_1.db3"},
		"renamed, and an extra one":         {[]step{rename("run_1.db3", "foo_1.db3"), add(other, "foo_7.db3")}, 15, "run_1.db3", "foo_1.db3 foo_7.db3"},
		"two missing, one extra":            {[]step{remove("run_1.db3"), remove("run_2.db3"), add(later, "foo_1.db3")}, 10, "run_1.db3 run_2.db3", "foo_1.db3"},
		"two with each other's number":      {[]step{rename("run_1.db3", "foo_2.db3"), rename("run_2.db3", "foo_1.db3")}, 10, "run_1.db3 run_2.db3", "foo_1.db3 foo_2.db3"},
		"in place of it something unreadable": {[]step{remove("run_1.db3"), func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "foo_1.db3"), []byte("<html>"), 0o666)
		}}, 15, "run_1.db3", "foo_1.db3"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{Split: 5}, list)
			for _, step := range tt.steps {
				if err := step(dir); err != nil {
					t.Fatal(err)
				}
			}
			b := open(t, dir, Options{})
			var unread, unlisted []string
			for _, f := range b.Unread() {
				unread, unlisted = append(unread, filepath.Base(f.Name)), f.Unlisted
			}
			got := []string{strings.Join(unread, " "), strings.Join(unlisted, " ")}
			if diff := gocmp.Diff([]string{tt.unread, tt.unlisted}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if n := len(readAll(t, b, cameraCDR.Name)); n != tt.messages {
				t.Errorf("%d messages, want %d", n, tt.messages)
			}
			if len(b.Warnings()) == 0 {
				t.Error("no warning")
			}
			if _, err := openPath(t.Context(), dir, Options{Strict: true}); !isDamage(err) {
				t.Errorf("strict: %v", err)
			}
		})
	}
}

// Without metadata, files that are numbered as splits are one recording only if each goes on where the one before it ends.
func TestFilesThatDoNotGoOnAreNoSplits(t *testing.T) {
	at := func(topic bagtest.Topic, first, step int64) (list []written) {
		for i := range int64(5) {
			list = append(list, written{topic, 1700000000e9 + first + i*step, []byte{byte(i)}})
		}
		return list
	}
	const second, minute, hour = int64(1e9), int64(60e9), int64(3600e9)
	tests := map[string]struct {
		next []written
		want string // of the error; empty: one recording
	}{
		"goes on":                    {at(cameraCDR, 5*second, second), ""},
		"goes on after a pause":      {at(cameraCDR, minute, second), ""},
		"as slow as what it records": {at(cameraCDR, 2*hour, hour), ""},
		"hours later":                {at(cameraCDR, 2*hour+4*second, second), "run_1.db3 begins 2h0m0s after "},
		"other topics":               {at(motorCDR, 5*second, second), "run_1.db3 has no topic of "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{NoMetadata: true, Split: 5}, append(at(cameraCDR, 0, second), tt.next...))
			b, err := openPath(t.Context(), dir, Options{})
			if err == nil {
				defer b.Close()
			}
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
			} else if !errors.As(err, new(*SeveralError)) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// A recording in place of the one that the metadata names is not taken for it.
func TestAnotherRecordingIsNotTakenForARenamedOne(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 40)
	for name, tt := range map[string]struct {
		text  func(metadata string) string
		there []written
		taken bool
	}{
		"renamed":                       {there: list, taken: true},
		"another one":                   {there: list[:30]},
		"another one, old metadata":     {text: untilFiles, there: list[:30]},
		"renamed, old metadata":         {text: untilFiles, there: list, taken: true},
		"renamed, metadata says little": {text: func(string) string { return "rosbag2_bagfile_information: {relative_file_paths: [run_0.db3]}" }, there: list, taken: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{}, list)
			other := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{}, tt.there)
			text := string(readFile(t, filepath.Join(dir, "metadata.yaml")))
			if tt.text != nil {
				text = tt.text(text)
			}
			err := errors.Join(os.Remove(filepath.Join(dir, "run_0.db3")),
				os.Rename(filepath.Join(other, "run_0.db3"), filepath.Join(dir, "final.db3")),
				os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte(text), 0o666))
			if err != nil {
				t.Fatal(err)
			}
			b, err := openPath(t.Context(), dir, Options{})
			var unread *UnreadError
			switch {
			case err == nil:
				defer b.Close()
				if !tt.taken {
					t.Errorf("taken, with the warnings %v", b.Warnings())
				}
			case tt.taken || !errors.As(err, &unread) || len(unread.Files) != 1 || !slices.Equal(unread.Files[0].Unlisted, []string{"final.db3"}):
				t.Errorf("error %v", err)
			}
		})
	}
}

// untilFiles is a metadata.yaml as rosbag2 wrote it before it listed what each file holds.
func untilFiles(text string) string {
	before, after, _ := strings.Cut(text, "  files:\n")
	return before + after[strings.Index(after, "  topics_with_message_count:"):]
}

// A file of a few bytes is named as what it is the beginning of.
func TestTheFirstBytesOfARecordingAreNamedAsThat(t *testing.T) {
	for name, c := range map[string]struct {
		file, whole string
		want        string
	}{
		"a database":     {"a.db3", "testdata/fixtures/ros2/db3_none/db3_none.db3", "it is a database, cut short: 5 bytes are there"},
		"MCAP":           {"a.mcap", "testdata/fixtures/ros2/mcap_none/mcap_none.mcap", "it is an MCAP file, cut short: 5 bytes are there"},
		"under any name": {"a.bag", "testdata/fixtures/ros2/db3_none/db3_none.db3", "it is a database, cut short: 5 bytes are there"},
	} {
		path := filepath.Join(t.TempDir(), c.file)
		if err := os.WriteFile(path, readFile(t, c.whole)[:5], 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := openPath(t.Context(), path, Options{}); !errors.Is(err, ErrNotRecording) || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Zeros in the midst of a database come from a copy that was interrupted, and are named with their place.
func TestZerosWithinADatabaseAreNamed(t *testing.T) {
	data := readFile(t, "testdata/fixtures/ros2/db3_none/db3_none.db3")
	from := len(data) / 3 / 4096 * 4096
	clear(data[from : from+40*4096])
	path := filepath.Join(t.TempDir(), "a.db3")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	b := open(t, path, Options{})
	want := fmt.Sprintf("%d bytes from byte %d on are zeros, as in a file whose copy was interrupted", 40*4096, from)
	if w := b.Warnings(); len(w) == 0 || !strings.Contains(w[0].First, want) {
		t.Errorf("%v", w)
	}
}
