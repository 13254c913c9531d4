package tempfile

import (
	"os"
	"testing"
)

// A process that is killed while it unpacks has no chance to tidy up.
func TestATemporaryFileHasNoNameFromItsFirstMomentOn(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if left, err := os.ReadDir(dir); len(left) != 0 || err != nil {
		t.Errorf("%v, %v", left, err)
	}
	if _, err := f.WriteAt([]byte("x"), 5); err != nil {
		t.Error(err)
	}
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, 5); string(b) != "x" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}
