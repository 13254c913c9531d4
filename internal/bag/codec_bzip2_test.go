package bag

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
	"path/filepath"
	"testing"
)

// bz2Chunks are the compressed chunks of a fixture: nothing in Go writes bz2.
func bz2Chunks(t testing.TB) (chunks [][]byte) {
	t.Helper()
	c := open(t, filepath.Join(fixtures, "ros1", "two_cams_bz2.bag"), Options{}).parts[0].(*chunked)
	for _, k := range c.chunks {
		data, err := c.file.read(nil, k.data, k.size)
		if err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, data)
	}
	return chunks
}

// The files were made by bzip2 1.0.8 (testdata/make_fixtures.py says of what).
func bz2Files(t testing.TB) (files [][]byte) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "bz2", "*.bz2"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		files = append(files, readFile(t, path))
	}
	return files
}

func standardBZ2(src []byte) ([]byte, error) {
	return io.ReadAll(bzip2.NewReader(bytes.NewReader(src)))
}

func TestBzip2GivesWhatTheStandardLibraryGives(t *testing.T) {
	for i, src := range append(bz2Chunks(t), bz2Files(t)...) {
		want, err := standardBZ2(src)
		if err != nil {
			t.Fatal(err)
		}
		got, err := unpackBZ2(nil, src, int64(len(want)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("stream %d: %d bytes, want %d, error %v", i, len(got), len(want), err)
		}
		if len(want) == 0 {
			continue
		}
		if got, err := unpackBZ2(nil, src, int64(len(want)-1)); !errors.Is(err, errClaim) {
			t.Errorf("stream %d, one byte less claimed: %d bytes, error %v", i, len(got), err)
		}
	}
}

// The checksum decides: what is given without an error is what was packed.
func TestDamagedBzip2IsNeverGivenAsSound(t *testing.T) {
	places := 50
	if testing.Short() {
		places = 12
	}
	for _, src := range bz2Files(t) {
		sound, err := standardBZ2(src)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(src); i += 1 + len(src)/places {
			damaged := bytes.Clone(src)
			damaged[i] ^= 0x40
			if got, err := unpackBZ2(nil, damaged, 64<<20); err == nil && !bytes.Equal(got, sound) {
				t.Errorf("byte %d of %d changed: %d bytes, want an error", i, len(src), len(got))
			}
			if got, err := unpackBZ2(nil, src[:i], 64<<20); err == nil || !bytes.HasPrefix(sound, got) {
				t.Errorf("cut after %d of %d bytes: %d bytes, error %v", i, len(src), len(got), err)
			}
		}
	}
}

func FuzzBzip2(f *testing.F) {
	for _, src := range bz2Files(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		want, wantErr := standardBZ2(src)
		got, err := unpackBZ2(nil, src, 64<<20)
		if err == nil && wantErr == nil && !bytes.Equal(got, want) { // of damaged codes each may refuse what the other takes
			t.Errorf("%d bytes, want %d", len(got), len(want))
		}
	})
}

func BenchmarkBzip2(b *testing.B) {
	src := bz2Chunks(b)[0]
	want, err := standardBZ2(src)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(want)))
		var buf []byte
		for b.Loop() {
			buf, _ = unpackBZ2(buf, src, int64(len(want)))
		}
	})
	b.Run("standard", func(b *testing.B) {
		b.SetBytes(int64(len(want)))
		for b.Loop() {
			_, _ = standardBZ2(src)
		}
	})
}
