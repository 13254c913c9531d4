package planner

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/prediction"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// One file may be that of all tasks.
func TestAFileOfPredictionsIsReadOnceUntilItChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "found.jsonl")
	write := func(x int, at time.Time) {
		text := fmt.Sprintf(`{"name": "a.jpg", "shapes": [{"type": "rectangle", "label": "car", "points": [%d, 1, 9, 9]}]}`, x)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	var files predictionFiles
	open := func() (f *prediction.File) {
		var group sync.WaitGroup
		var mu sync.Mutex
		for range 4 {
			group.Go(func() {
				got, err := files.open(t.Context(), &source.Annotations{Annotations: &manifest.Annotations{Format: "jsonl"}, Path: path})
				mu.Lock()
				defer mu.Unlock()
				if err != nil || f != nil && f != got {
					t.Errorf("%p, before %p, %v", got, f, err)
				}
				f = got
			})
		}
		group.Wait()
		return f
	}
	write(1, time.Unix(1_700_000_000, 0))
	first := open()
	if again := open(); again != first {
		t.Error("it was read twice")
	}
	write(2, time.Unix(1_700_000_001, 0))
	if changed := open(); changed == first || changed.Hash() == first.Hash() {
		t.Error("it was not read again after it changed")
	}
}

func TestFilesOfPredictionsThatAreNotUsedAreForgotten(t *testing.T) {
	var files predictionFiles
	for i := range 10 {
		f := files.use(&source.Annotations{Annotations: &manifest.Annotations{Format: "coco"}, Path: fmt.Sprint(i)})
		f.bytes.Store(maxPredictions / 4)
		files.evict()
	}
	if n := len(files.list); n != 4 || files.list[3].path != "9" {
		t.Errorf("%d are kept", n)
	}
	files.list[3].bytes.Store(2 * maxPredictions)
	if files.evict(); len(files.list) != 1 {
		t.Errorf("%d are kept next to one that is too large", len(files.list))
	}
}
