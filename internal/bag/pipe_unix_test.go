//go:build unix

package bag

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// Nobody will ever write to these pipes.
func TestNoPipeIsWaitedFor(t *testing.T) {
	dir := write(t, filepath.Join(t.TempDir(), "run"), bagtest.Format{NoMetadata: true}, drive(cameraCDR, motorCDR, 20))
	for _, name := range []string{"metadata.yaml", "run_0.db3-wal", "run_1.db3"} {
		if err := unix.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if kind := detectPath(dir); kind != ROSBag2 {
		t.Errorf("the directory is %q", kind)
	}
	if n := len(index(t, open(t, dir, Options{}))); n != 20 {
		t.Errorf("%d messages of 20", n)
	}
	if _, err := openPath(context.Background(), filepath.Join(dir, "run_1.db3"), Options{}); !errors.Is(err, ErrNotRecording) {
		t.Errorf("error %v", err)
	}
}
