package recording

import (
	"bytes"
	"io"
	"path/filepath"
	"testing"
)

// A fetched file counts the bytes that are read of it.
type fetched struct {
	in   *bytes.Reader
	read int
}

func (f *fetched) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.in.ReadAt(p, off)
	f.read += n
	return n, err
}

// What was fetched to be measured is not fetched again to be sent, unless the disk has no room; wherever sending begins.
func TestWhatWasFetchedOfAVideoIsFetchedOnce(t *testing.T) {
	data := make([]byte, 10_000)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	for name, tt := range map[string]struct {
		dir   string
		first []int64 // of pieces of 1,000 bytes, those that are read one after the other before all are read twice
		want  int
	}{
		"from the begin": {t.TempDir(), nil, 10_000},
		"broken off":     {t.TempDir(), []int64{0, 1, 2}, 10_000},
		"in the midst":   {t.TempDir(), []int64{0, 7, 8, 1}, 12_000},
		"no room":        {filepath.Join(t.TempDir(), "not", "there"), nil, 20_000},
	} {
		s, made := &movieSpool{dir: tt.dir}, &fetched{in: bytes.NewReader(data)}
		for _, k := range tt.first {
			if _, err := s.over(made, 10_000).ReadAt(make([]byte, 1000), k*1000); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			got, err := io.ReadAll(io.NewSectionReader(s.over(made, 10_000), 0, 10_000))
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%s: %d bytes, %v", name, len(got), err)
			}
		}
		if most := tt.want + 1024; made.read < tt.want || made.read > most { // a read across the end of what is kept begins again
			t.Errorf("%s: %d bytes were fetched, want %d", name, made.read, tt.want)
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
}
