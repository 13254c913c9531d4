package bag

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// tree is every file below dir with what it holds.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out[path] = sum(readFile(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// SQLite, asked to read a log, writes next to it; the copy is what it may write to.
func TestNothingIsWrittenNextToABagAndNothingStaysInTemp(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 60)
	for name, c := range map[string]struct {
		file   string
		format bagtest.Format
	}{
		"bag":      {"a.bag", bagtest.Format{}},
		"mcap":     {"a.mcap", bagtest.Format{Compression: "zstd"}},
		"database": {"a", bagtest.Format{}},
		"log left": {"a", bagtest.Format{KeepLog: true}},
		"by file":  {"a", bagtest.Format{Compression: "file", Split: 20}},
		"message":  {"a", bagtest.Format{Compression: "message"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, temp := t.TempDir(), t.TempDir()
			path := write(t, filepath.Join(dir, c.file), c.format, list)
			before := tree(t, dir)
			b, err := openPath(context.Background(), path, Options{TempDir: temp})
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(ordered(list), readAll(t, b)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if left, err := os.ReadDir(temp); runtime.GOOS != "windows" && len(left) != 0 || err != nil {
				t.Errorf("in the temporary directory while it is open: %v, %v", left, err)
			}
			if diff := gocmp.Diff(before, tree(t, dir)); diff != "" {
				t.Errorf("next to the bag (-before +while open):\n%s", diff)
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
			if diff := gocmp.Diff(before, tree(t, dir)); diff != "" {
				t.Errorf("next to the bag (-before +after):\n%s", diff)
			}
			if left, err := os.ReadDir(temp); len(left) != 0 || err != nil {
				t.Errorf("left in the temporary directory: %v, %v", left, err)
			}
		})
	}
}

func TestAFailedOpenLeavesNothingInTemp(t *testing.T) {
	dir, temp := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "a.db3.zstd")
	if err := os.WriteFile(path, packZstd(t, text(100_000)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openPath(context.Background(), path, Options{TempDir: temp}); err == nil {
		t.Error("no error")
	}
	if left, err := os.ReadDir(temp); len(left) != 0 || err != nil {
		t.Errorf("left in the temporary directory: %v, %v", left, err)
	}
}

func TestSpaceIsCheckedBeforeAFileIsUnpacked(t *testing.T) {
	_, err := newTemp(t.TempDir(), 1<<60)
	if err == nil || !strings.Contains(err.Error(), "unpacking needs 1152921504606846976 bytes") {
		t.Errorf("error %v", err)
	}
}

// A database whose messages are all in its log is an empty file.
func TestADatabaseThatIsAllLogIsRead(t *testing.T) {
	list := drive(cameraCDR, motorCDR, 60)
	dir := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{KeepLog: true}, list)
	b := open(t, filepath.Join(dir, "run_0.db3"), Options{Strict: true})
	if diff := gocmp.Diff(ordered(list), readAll(t, b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// failing takes some bytes, then no more.
type failing struct{ room int }

var errFull = errors.New("disk full")

func (f *failing) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAFullDiskIsAnErrorOfUnpacking(t *testing.T) {
	src := packZstd(t, text(20<<20))
	for _, room := range []int{0, 3 << 20, 20<<20 - 1} {
		if _, _, err := unpackFile(&failing{room}, bytes.NewReader(src)); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: error %v", room, err)
		}
	}
	if n, damage, err := unpackFile(&failing{20 << 20}, bytes.NewReader(src)); n != 20<<20 || damage != nil || err != nil {
		t.Errorf("%d bytes, damage %v, error %v", n, damage, err)
	}
	if _, damage, err := unpackFile(&failing{20 << 20}, bytes.NewReader(src[:len(src)/2])); damage == nil || err != nil {
		t.Errorf("cut: damage %v, error %v", damage, err)
	}
}

// A machine that cannot read a file has not found it damaged.
func TestWhatTheMachineLacksFailsTheBag(t *testing.T) {
	dir := write(t, filepath.Join(t.TempDir(), "a"), bagtest.Format{Compression: "file", Split: 20}, drive(cameraCDR, motorCDR, 60))
	none := filepath.Join(t.TempDir(), "none")
	_, err := openPath(context.Background(), dir, Options{TempDir: none})
	if err == nil || !strings.Contains(err.Error(), none) || !strings.Contains(err.Error(), "a_0.db3.zstd") {
		t.Errorf("error %v", err)
	}
	for name, cause := range map[string]error{
		"disk": syscall.ENOSPC, "files": syscall.EMFILE, "device": syscall.EIO, "permission": syscall.EACCES,
		"room": func() error { _, err := newTemp(t.TempDir(), 1<<60); return err }(),
	} {
		if !ofTheMachine(fmt.Errorf("unpack: %w", cause)) {
			t.Errorf("%s: %v is called damage", name, cause)
		}
	}
	if ofTheMachine(io.ErrUnexpectedEOF) {
		t.Error("a file that ends early is not called damage")
	}
}

func TestAMissingSplitIsDamageThatCountsItsMessages(t *testing.T) {
	dir := write(t, filepath.Join(t.TempDir(), "a"), bagtest.Format{Split: 20}, drive(cameraCDR, motorCDR, 60))
	gone := filepath.Join(dir, "a_1.db3")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	want := []Warning{{File: gone, Text: "is missing", Places: 1, Messages: 20}}
	if diff := gocmp.Diff(want, open(t, dir, Options{}).Warnings()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := openPath(context.Background(), dir, Options{Strict: true}); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("strict: error %v", err)
	}
}
