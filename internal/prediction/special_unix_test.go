//go:build unix

package prediction

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAPipeInPlaceOfPredictionsIsNotWaitedFor(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{pipe, "/dev/zero"} {
		for _, f := range []Format{COCO, JSONL} {
			if _, err := Open(file, f); err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("%s as %s: %v", file, f, err)
			}
		}
	}
}
