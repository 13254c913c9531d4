//go:build unix

package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAPipeADeviceOrADirectoryIsRefusedAndNeverWaitedFor(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	link := filepath.Join(dir, "link")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o666), os.Symlink(pipe, link)); err != nil {
		t.Fatal(err)
	}
	for path, waits := range map[string]bool{pipe: true, link: true, "/dev/zero": false, "/dev/null": false, dir: false} {
		for name, open := range map[string]func(string) (*os.File, error){"Open": Open, "OpenGiven": OpenGiven} {
			var at *fs.PathError
			if _, err := open(path); !errors.Is(err, ErrNotRegular) || !errors.As(err, &at) || at.Path != path {
				t.Errorf("%s %s: %v", name, path, err)
			}
		}
		if err := Replaceable(path); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s is replaceable: %v", path, err)
		}
		if IsWaitedFor(path) != waits {
			t.Errorf("%s is waited for: %v", path, !waits)
		}
	}
	none := filepath.Join(dir, "none")
	if _, err := Open(none); !errors.Is(err, fs.ErrNotExist) || Replaceable(none) != nil || IsWaitedFor(none) {
		t.Error(err)
	}
}

func TestWhatTheShellPassesAsADescriptorIsRead(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("text"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	path := fmt.Sprintf("/dev/fd/%d", r.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("no /dev/fd here")
	}
	if IsWaitedFor(path) || Replaceable("/dev/stdout") == nil {
		t.Error("it is waited for, or replaced")
	}
	if _, err := Open(path); !errors.Is(err, ErrNotRegular) {
		t.Errorf("named in a manifest: %v", err)
	}
	f, err := OpenGiven(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if text, err := io.ReadAll(f); string(text) != "text" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}
