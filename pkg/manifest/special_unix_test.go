//go:build unix

package manifest

import (
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
}
