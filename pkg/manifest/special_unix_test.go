//go:build unix

package manifest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAPipeOrADeviceThatAManifestNamesIsNeverWaitedFor(t *testing.T) {
	dir := t.TempDir()
	must(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666))
	for _, named := range []string{"pipe", "/dev/zero", "/dev"} {
		for _, line := range []string{"extends: " + named + "\nproject: {name: p}", "project: {name: p, labels: " + named + "}"} {
			path := filepath.Join(dir, "m.yaml")
			must(t, os.WriteFile(path, []byte("version: 1\nbags: [a]\n"+line+"\n"), 0o666))
			if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "is not a file") {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
	if _, err := Load(filepath.Join(dir, "pipe")); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("as the manifest: %v", err)
	}
}

// An environment is no file of the repository, whatever names it.
func TestNothingOfAProcessesEnvironmentIsShown(t *testing.T) {
	const environ = "/proc/self/environ"
	if _, err := os.Stat(environ); err != nil {
		t.Skip("no /proc here")
	}
	dir := t.TempDir()
	must(t, os.Symlink(environ, filepath.Join(dir, "link.yaml")))
	must(t, os.WriteFile(filepath.Join(dir, "labels.yaml"), []byte("version: 1\nbags: [a]\nproject: {name: p, labels: "+environ+"}\n"), 0o666))
	for _, path := range []string{environ, filepath.Join(dir, "link.yaml"), filepath.Join(dir, "labels.yaml")} {
		_, err := Load(path)
		var all *Error
		if !errors.As(err, &all) {
			t.Fatalf("%s: %v", path, err)
		}
		for _, p := range all.Problems {
			if strings.Contains(p.Text+p.Excerpt, "PATH") || strings.Contains(p.Excerpt, "=") {
				t.Errorf("%s: %q %q", path, p.Text, p.Excerpt)
			}
		}
	}
}
