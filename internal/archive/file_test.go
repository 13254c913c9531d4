package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"testing"
)

// content is an open file in memory.
type content struct {
	*bytes.Reader
	closed *int
}

func (c content) Close() error { *c.closed++; return nil }

func fileOf(t *testing.T, measured, now []byte) (f *File, closed *int) {
	t.Helper()
	sums, err := Sum(context.Background(), bytes.NewReader(measured))
	if err != nil {
		t.Fatal(err)
	}
	closed = new(int)
	return NewFile("a.mp4", "hash", sums, func() (Content, error) {
		if now == nil {
			return nil, fs.ErrNotExist
		}
		return content{bytes.NewReader(now), closed}, nil
	}), closed
}

func bytesOf(n int) []byte {
	b := make([]byte, n)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

func TestAnyRangeOfAFileIsTheFile(t *testing.T) {
	for _, size := range []int{1, blockSize - 1, blockSize, 2*blockSize + 12345} {
		want := bytesOf(size)
		f, closed := fileOf(t, want, want)
		got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %v", size, err)
		}
		for _, off := range []int{0, size / 3, size - 1} {
			p := make([]byte, min(blockSize+7, size-off))
			if n, err := f.ReadAt(p, int64(off)); n != len(p) || err != nil || !bytes.Equal(p, want[off:off+n]) {
				t.Errorf("%d bytes at %d of %d: %d, %v", len(p), off, size, n, err)
			}
		}
		if n, err := f.ReadAt(make([]byte, 2), int64(size-1)); n != 1 || err != io.EOF {
			t.Errorf("at the end: %d, %v", n, err)
		}
		if err := f.Close(); err != nil || *closed != 1 {
			t.Errorf("closed %d times, %v", *closed, err)
		}
		if n, err := f.ReadAt(make([]byte, 1), 0); n != 1 || err != nil || *closed != 2 {
			t.Errorf("after Close: %d, %v, closed %d times", n, err, *closed)
		}
	}
}

func TestAFileThatChangedIsNotSent(t *testing.T) {
	was := bytesOf(2*blockSize + 10)
	other := bytes.Clone(was)
	other[blockSize+5] ^= 1
	for name, now := range map[string][]byte{"other bytes": other, "shorter": was[:len(was)-1], "longer": append(bytes.Clone(was), 0), "gone": nil} {
		f, _ := fileOf(t, was, now)
		if _, err := f.ReadAt(make([]byte, 10), blockSize); !errors.Is(err, ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// broken is an open file that tells its size and cannot be read.
type broken struct{ content }

func (broken) ReadAt([]byte, int64) (int, error) { return 0, fs.ErrPermission }

func TestAFileThatCannotBeReadAfterCloseIsLeftClosed(t *testing.T) {
	data, closed := bytesOf(10), new(int)
	sums, err := Sum(context.Background(), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	f := NewFile("a.mp4", "hash", sums, func() (Content, error) {
		return broken{content{bytes.NewReader(data), closed}}, nil
	})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
	if *closed != 1 {
		t.Errorf("closed %d times", *closed)
	}
}
