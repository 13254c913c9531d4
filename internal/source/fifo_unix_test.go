//go:build unix

package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAPipeIsNeverWaitedFor(t *testing.T) {
	root := tree(t, "x/1.jpg")
	check(t, syscall.Mkfifo(filepath.Join(root, "x/2.jpg"), 0o666))
	got := scan(t, root, "bags: [{path: x}]")
	want := scanned{Tasks: []taskView{{Name: "x", Frames: "x/1.jpg", Problems: []string{"error: ROOT/x/2.jpg: a named pipe (FIFO), not a file"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatBecameAPipeIsNotWaitedForEither(t *testing.T) {
	root, task := images(t, "", map[string][]byte{"1.jpg": jpegImage(t)})
	check(t, os.Remove(filepath.Join(root, "x/1.jpg")))
	check(t, syscall.Mkfifo(filepath.Join(root, "x/1.jpg"), 0o666))
	_, problems := Measure(context.Background(), task)
	if diff := cmp.Diff([]string{"error: ROOT/x/1.jpg: not a regular file"}, texts(root, problems)); diff != "" {
		t.Error(diff)
	}
}

func TestAnIndexThatIsAPipeOrADeviceIsRefused(t *testing.T) {
	root := tree(t, "x/1.jpg")
	check(t, syscall.Mkfifo(filepath.Join(root, "pipe"), 0o666))
	for _, index := range []string{filepath.Join(root, "pipe"), "/dev/zero", root} {
		got := scan(t, root, "bags: [{path: x, index: "+index+"}]")
		if text := fmt.Sprint(got); !strings.Contains(text, "not a regular file") {
			t.Errorf("%s: %s", index, text)
		}
	}
}
