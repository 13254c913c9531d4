package video

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
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

// A countedFile counts how often it is read.
type countedFile struct {
	*bytes.Reader
	reads int
}

func (f *countedFile) ReadAt(b []byte, off int64) (int, error) {
	f.reads++
	return f.Reader.ReadAt(b, off)
}

// VIDEO_MUTANTS is how many mutants of each fixture are read. What a file says is bounded by what there is of it: a small one makes
// its reader neither read nor allocate much.
func TestNoMutantTakesMoreThanItsBytes(t *testing.T) {
	mutants, _ := strconv.Atoi(cmp.Or(os.Getenv("VIDEO_MUTANTS"), "20"))
	random := rand.New(rand.NewPCG(1, 2))
	for name := range fixtures(t) {
		whole, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for range mutants {
			data := mutant(random, whole)
			in := &countedFile{Reader: bytes.NewReader(data)}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := ReadPackets(t.Context(), in, int64(len(data)), name)
			runtime.ReadMemStats(&after)
			var own *Error
			switch allocated := after.TotalAlloc - before.TotalAlloc; {
			case err != nil && !errors.As(err, &own):
				t.Fatalf("%s: %T: %v", name, err, err)
			case err == nil && (len(f.Times) == 0 || !slices.IsSorted(f.Times)):
				t.Errorf("%s: %d frames", name, len(f.Times))
			case in.reads > len(data)/4+100 || allocated > uint64(1<<20+200*len(data)):
				t.Errorf("%s of %d bytes: read %d times, %d bytes allocated", name, len(data), in.reads, allocated)
			}
		}
	}
}

// mutant is a file with a few numbers changed, a piece removed or repeated, or its end missing.
func mutant(random *rand.Rand, whole []byte) []byte {
	data := bytes.Clone(whole)
	for range 1 + random.IntN(4) {
		if len(data) == 0 {
			break
		}
		at := random.IntN(len(data))
		if random.IntN(2) == 0 { // where the tables are
			at = random.IntN(min(len(data), 1500))
		}
		end := min(at+1+random.IntN(64), len(data))
		switch random.IntN(8) {
		case 0, 1, 2:
			data[at] = byte(random.Uint32())
		case 3:
			copy(data[at:], binary.BigEndian.AppendUint32(nil, []uint32{0, 1, 1 << 16, math.MaxInt32, 1 << 31, math.MaxUint32}[random.IntN(6)]))
		case 4:
			copy(data[at:], binary.LittleEndian.AppendUint32(nil, []uint32{0, 1, 1 << 16, math.MaxInt32, 1 << 31, math.MaxUint32}[random.IntN(6)]))
		case 5:
			data = slices.Delete(data, at, end)
		case 6:
			data = slices.Insert(data, at, data[at:end]...)
		default:
			data = data[:max(at, 1)]
		}
	}
	return data
}
