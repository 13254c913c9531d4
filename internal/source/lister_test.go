package source

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// Each of many entries looks into the same directories: they are listed once.
func TestADirectoryIsListedOnceForAllGlobs(t *testing.T) {
	listed := 0
	l := newLister(t.Context(), store.Local{Root: t.TempDir()})
	l.list = func(string) ([]fs.DirEntry, error) { listed++; return nil, nil }
	for range 1000 {
		if _, err := l.ReadDir("."); err != nil {
			t.Fatal(err)
		}
	}
	if listed != 1 {
		t.Errorf("listed %d times", listed)
	}
}

// Globs of many ** multiply with the depth of directories.
func TestGlobsThatMultiplyEndWithAnError(t *testing.T) {
	deep := fstest.MapFS{strings.Repeat("d/", 30) + "x": {}}
	l := newLister(t.Context(), store.Local{Root: t.TempDir()})
	l.list, l.seen = deep.ReadDir, maxSeen-1000
	f := &finder{store: store.Local{Root: t.TempDir()}, fsys: l, byRel: make(map[string]*bagRef)}
	f.entry(t.Context(), &manifest.Bag{Path: strings.Repeat("**/*/", 15) + "y"})
	if len(f.problems) != 1 || !strings.Contains(f.problems[0].Text, "look through more than 50 million names") {
		t.Errorf("%v", f.problems)
	}
	if clean, _ := cleanPattern(strings.Repeat("**/", 300) + "x"); clean != "**/x" {
		t.Error(clean)
	}
}
