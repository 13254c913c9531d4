package bag

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cvatplan/cvatplan/internal/store"
)

// refusing is a store on another machine that refuses all reads of a file but for the first few, as where a login expires.
type refusing struct {
	Store
	allowed int
	mu      sync.Mutex
}

func (s *refusing) Open(ctx context.Context, name string) (File, error) {
	f, err := s.Store.Open(ctx, name)
	return &refusingFile{f, s}, err
}

type refusingFile struct {
	File
	of *refusing
}

func (f *refusingFile) ReadAt(b []byte, off int64) (int, error) {
	f.of.mu.Lock()
	f.of.allowed--
	refused := f.of.allowed < 0
	f.of.mu.Unlock()
	if refused {
		return 0, &fs.PathError{Op: "read", Path: "s3://lab/a", Err: fs.ErrPermission}
	}
	return f.File.ReadAt(b, off)
}

// A recording of which a store refuses a part while it is opened is refused, and neither damaged nor without an index.
func TestARecordingThatItsStoreRefusesIsNotCalledDamaged(t *testing.T) {
	for _, name := range []string{"row7_2026-03-05.mcap", "row7_2026-03-04.bag"} {
		dir := filepath.Join("..", "..", "examples", "bags", "data")
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		for allowed := 0; ; allowed++ {
			b, err := Open(t.Context(), &refusing{Store: store.Local{Root: dir}, allowed: allowed}, name, Options{Far: true})
			if err == nil {
				if len(b.Warnings()) > 0 || allowed < 3 {
					t.Errorf("%s, refused after %d reads: %v", name, allowed, b.Warnings())
				}
				_ = b.Close()
				break
			}
			if !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s, refused after %d reads: %v", name, allowed, err)
			}
		}
	}
}

// Nor are its messages lost, where the store refuses them later: whoever leaves damaged frames out would leave them out.
func TestMessagesThatAStoreRefusesAreNotLost(t *testing.T) {
	for _, name := range []string{"row7_2026-03-05.mcap", "row7_2026-03-04.bag"} {
		s := &refusing{Store: store.Local{Root: filepath.Join("..", "..", "examples", "bags", "data")}, allowed: 1 << 30}
		b, err := Open(t.Context(), s, name, Options{Far: true})
		if err != nil {
			t.Fatal(err)
		}
		entries, err := b.Index(t.Context())
		s.allowed = 0
		if err == nil {
			err = b.Messages(t.Context(), entries, func(Entry, []byte) error { return nil })
		}
		if !errors.Is(err, fs.ErrPermission) || len(b.Warnings()) > 0 {
			t.Errorf("%s: %v, %v", name, err, b.Warnings())
		}
		_ = b.Close()
	}
}
