package bag

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One target for each reader, seeded with its fixtures; go test -fuzz FuzzROS1
// and so on. What is read is of no interest, only that it ends, and without a
// panic, which would show as a warning.

func FuzzROS1(f *testing.F) { fuzzReader(f, "fuzz.bag", "ros1/*.bag", "../field/*.bag") }

func FuzzMCAP(f *testing.F) {
	fuzzReader(f, "fuzz.mcap", "mcap/*.mcap", "ros2/*/*.mcap", "../field/*.mcap")
}

func FuzzSQLite(f *testing.F) { fuzzReader(f, "fuzz.db3", "ros2/*/*.db3", "../field/*.db3") }

func FuzzPackedFile(f *testing.F) { fuzzReader(f, "fuzz.db3.zstd", "ros2/*/*.zstd") }

// seedSize keeps seeds small: fuzzing a large one is slow and finds no more.
const seedSize = 120_000

func fuzzReader(f *testing.F, name string, seeds ...string) {
	for _, pattern := range seeds {
		paths, err := filepath.Glob(filepath.Join(fixtures, pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			data := readFile(f, path)
			f.Add(data[:min(len(data), seedSize)])
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		readHostile(t, path)
	})
}

// readHostile reads all there is, in little memory.
func readHostile(t *testing.T, path string) {
	ctx := context.Background()
	b, err := openPath(ctx, path, Options{MaxChunk: 64 << 20, TempDir: filepath.Dir(path)})
	if err != nil {
		noPanic(t, err.Error())
		return
	}
	defer b.Close()
	entries, err := b.Index(ctx)
	if err != nil {
		noPanic(t, err.Error())
		return
	}
	if err := b.Messages(ctx, entries, func(Entry, []byte) error { return nil }); err != nil {
		t.Error(err)
	}
	for _, w := range b.Warnings() {
		noPanic(t, w.String())
	}
}

func noPanic(t *testing.T, text string) {
	t.Helper()
	if err := panicked(text); err != nil {
		t.Error(err)
	}
}

// panicked says whether a text tells of a panic that was recovered from.
func panicked(text string) error {
	if strings.Contains(text, "reading failed") {
		return fmt.Errorf("recovered from: %s", text)
	}
	return nil
}

// FuzzMetadata: a metadata.yaml may be anything.
func FuzzMetadata(f *testing.F) {
	for _, dir := range []string{"db3_none", "db3_v8", "mcap_none"} {
		f.Add(readFile(f, filepath.Join(fixtures, "ros2", dir, metadataName)))
	}
	db := readFile(f, filepath.Join(fixtures, "ros2", "db3_v8", "db3_v8.db3"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		for name, data := range map[string][]byte{metadataName: text, "db3_v8.db3": db} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		readHostile(t, dir)
	})
}

// FuzzFrames: compressed bytes may be anything, and claim to be of any size.
func FuzzFrames(f *testing.F) {
	f.Add(packLZ4(f, text(9000)), int64(9000))
	f.Add(packZstd(f, text(9000)), int64(9000))
	f.Fuzz(func(t *testing.T, src []byte, full int64) {
		for _, c := range []codec{lz4Codec, zstdCodec, bz2Codec} {
			full = min(max(full, 0), 64<<20)
			if out, err := decompress(c, nil, src, full); err == nil && int64(len(out)) != full {
				t.Errorf("%d bytes of %d", len(out), full)
			}
		}
	})
}
