package video

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// One target for each container, seeded with its fixtures: go test -fuzz FuzzMP4 and so on. What is
// read is of no interest, only that it ends without a panic and in bounds.

func FuzzMP4(f *testing.F) { fuzzReader(f, "fuzz.mp4", "*.mp4", "mjpeg.mov") }

func FuzzMatroska(f *testing.F) { fuzzReader(f, "fuzz.mkv", "*.mkv", "*.webm") }

func FuzzAVI(f *testing.F) { fuzzReader(f, "fuzz.avi", "*.avi") }

func fuzzReader(f *testing.F, name string, seeds ...string) {
	for _, pattern := range seeds {
		paths, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil || len(paths) == 0 {
			f.Fatal(pattern, err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Read(context.Background(), bytes.NewReader(data), int64(len(data)), name)
		var own *Error
		switch {
		case err != nil && !errors.As(err, &own):
			t.Errorf("%T: %v", err, err)
		case err == nil && (len(file.Times) == 0 || len(file.Times) > MaxFrames || !slices.IsSorted(file.Times)):
			t.Errorf("%d frames", len(file.Times))
		}
	})
}

// Any byte of a file may be wrong.
func TestDamageIsAnErrorOrAFile(t *testing.T) {
	for name := range fixtures(t) {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		step := 1 + len(data)/80
		for at := 0; at < len(data); at += step {
			for _, b := range []byte{0, 0xff, data[at] ^ 0x80} {
				damaged := bytes.Clone(data)
				damaged[at] = b
				read(t, damaged, name)
			}
			read(t, data[:at], name)
		}
	}
}

func read(t *testing.T, data []byte, name string) {
	t.Helper()
	var own *Error
	if _, err := Read(context.Background(), bytes.NewReader(data), int64(len(data)), name); err != nil && !errors.As(err, &own) {
		t.Fatalf("%s: %T: %v", name, err, err)
	}
}
