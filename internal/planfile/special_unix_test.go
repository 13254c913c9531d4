//go:build unix

package planfile

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAPipeOrADeviceIsNoSavedPlanAndNeverWaitedFor(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/zero", "/dev", "/dev/null"} {
		var wrong *Error
		if _, err := Load(path); !errors.As(err, &wrong) || IsFile(path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
