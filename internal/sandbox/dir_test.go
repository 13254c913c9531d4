package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A server that was killed while it wrote a task's manifest left it empty, and the next one
// believed it: the import that was taken up again failed permanently. So none is written in place.
func TestAnImportWritesItsFilesWholeOrNotAtAll(t *testing.T) {
	c := start(t, Options{})
	id := c.ready("whole")
	place := filepath.Join(c.s.store.Dir.Raw(1), storage.ManifestName)
	if err := os.Remove(c.s.store.Dir.Tmp()); err != nil { // where files are written before they get their names
		t.Fatal(err)
	}
	if got := c.imported(id, quality); !strings.HasPrefix(got, "failed Exception: ") {
		t.Fatal(got)
	}
	if _, err := os.Lstat(place); err == nil {
		t.Error("the manifest was written in its place")
	}
	if err := os.Mkdir(c.s.store.Dir.Tmp(), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := c.imported(id, quality); got != "finished " {
		t.Error(got)
	}
	c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=0&quality=original", id)).want(t, 200, string(picture(1)))
}
