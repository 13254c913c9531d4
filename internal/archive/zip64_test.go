package archive

import (
	"archive/zip"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nothing is a frame of any size whose bytes no test reads.
func nothing(name string, size int64) Entry {
	return Entry{Name: name, Size: size, Open: func() (io.ReadCloser, error) {
		return nil, fmt.Errorf("%s: no test should read this", name)
	}}
}

type listed struct {
	Name   string
	Size   uint64
	Offset int64
}

// list reads the directory as the standard library does.
func list(t *testing.T, z *Zip) []listed {
	t.Helper()
	r, err := zip.NewReader(z, z.Size())
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for _, f := range r.File {
		at, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, listed{f.Name, f.UncompressedSize64, at})
	}
	return all
}

func TestZip64IsUsedExactlyWhereANumberNeedsIt(t *testing.T) {
	const gib, kib = 1 << 30, 1 << 10
	last := frame("z", strings.Repeat("z", kib)) // where readers look for the end: it must be readable
	tests := map[string]struct {
		entries []Entry
		want    []listed
		end     int // bytes of the end records
	}{
		"a frame just below 4 GiB, the next one beyond it": {
			entries: []Entry{nothing("a", max32-1), last},
			want:    []listed{{"a", max32 - 1, 31}, {"z", kib, max32 - 1 + 62}},
			end:     end64Len + locLen + endLen,
		},
		"a frame of exactly the marking size": {
			entries: []Entry{nothing("a", max32), last},
			want:    []listed{{"a", max32, 51}, {"z", kib, max32 + 82}},
			end:     end64Len + locLen + endLen,
		},
		"a frame above 4 GiB after a small one": {
			entries: []Entry{nothing("a", 1), nothing("b", 5*gib), last},
			want:    []listed{{"a", 1, 31}, {"b", 5 * gib, 83}, {"z", kib, 5*gib + 114}},
			end:     end64Len + locLen + endLen,
		},
		"nothing large": {
			entries: []Entry{nothing("a", gib), nothing("b", gib), last},
			want:    []listed{{"a", gib, 31}, {"b", gib, gib + 62}, {"z", kib, 2*gib + 93}},
			end:     endLen,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			z := New(tt.entries)
			if diff := cmp.Diff(tt.want, list(t, z)); diff != "" {
				t.Error(diff)
			}
			if got := len(z.end()); got != tt.end {
				t.Errorf("the end records take %d bytes, want %d", got, tt.end)
			}
		})
	}
}

func TestMoreFramesThanSixteenBitsCount(t *testing.T) {
	for _, n := range []int{max16 - 1, max16, max16 + 1, 70_000} {
		entries := make([]Entry, n)
		for i := range entries {
			entries[i] = nothing(fmt.Sprintf("%06d.jpg", i), 3)
		}
		got := list(t, New(entries))
		if len(got) != n || got[n-1].Name != entries[n-1].Name {
			t.Errorf("of %d frames %d are listed", n, len(got))
		}
	}
}

// zeros is a frame of zeros, made as it is read.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), z.left))
	clear(p[:n])
	z.left -= int64(n)
	return n, nil
}

func TestFramesAreReadBeyondFourGiB(t *testing.T) {
	tail := frame("tail.jpg", strings.Repeat("the last frame", 100))
	z := New([]Entry{nothing("large", 5<<30), tail})
	got := make([]byte, tail.Size)
	if _, err := z.ReadAt(got, list(t, z)[1].Offset); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(got), "the last frame") {
		t.Errorf("got %q", got)
	}
}

func TestAFrameIsNeverHeldWhole(t *testing.T) {
	const size = 64 << 20
	crc := crc32.NewIEEE()
	io.Copy(crc, &zeros{size})
	z := New([]Entry{{Name: "a", Size: size, CRC: crc.Sum32(), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(&zeros{size}), nil
	}}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := z.ReadAt(make([]byte, 1), z.starts[0]+31+size-1); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	allocated := after.TotalAlloc - before.TotalAlloc
	if allocated > 1<<20 {
		t.Errorf("skipping through a frame of 64 MiB allocates %d bytes", allocated)
	}
}
