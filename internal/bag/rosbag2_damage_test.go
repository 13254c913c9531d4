package bag

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
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
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{Split: 40}, list)
			if err := os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(ordered(list), readAll(t, open(t, dir, Options{}))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
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
