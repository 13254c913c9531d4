package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// The names in a metadata.yaml that a link in the repository brings from elsewhere are shown nowhere, but how many are missing
// is; where the text is the repository's own, or the manifest's author named its root, each is named.
func TestNamesOfMetadataFromElsewhereAreCountedNotShown(t *testing.T) {
	outer := t.TempDir()
	repo, other := filepath.Join(outer, "repo"), filepath.Join(outer, "other")
	record(t, filepath.Join(outer, "one"), bagtest.Format{NoMetadata: true}, []bagtest.Topic{topic("/cam/compressed", compressedImage)}, jpegImage(t))
	database, err := os.ReadFile(filepath.Join(outer, "one", "one_0.db3"))
	check(t, err)
	metadata := []byte("rosbag2_bagfile_information:\n  version: 5\n  relative_file_paths: [run_0.db3, hidden_1.db3, " + strings.Repeat("hidden", 60) + ".db3]\n")
	check(t, os.MkdirAll(filepath.Join(repo, ".git"), 0o777))
	place := func(dir, content, link string) { // a bag whose metadata.yaml is content, or where that is elsewhere a link to it
		t.Helper()
		check(t, os.MkdirAll(dir, 0o777))
		check(t, os.WriteFile(filepath.Join(dir, "run_0.db3"), database, 0o666))
		check(t, os.MkdirAll(filepath.Dir(content), 0o777))
		check(t, os.WriteFile(content, metadata, 0o666))
		if link != "" {
			check(t, os.Symlink(content, link))
		}
	}
	own := filepath.Join(repo, "own")
	place(own, filepath.Join(own, "metadata.yaml"), "")
	linked := filepath.Join(repo, "linked")
	place(linked, filepath.Join(other, "secret.yaml"), filepath.Join(linked, "metadata.yaml"))
	annexed := filepath.Join(repo, "annexed")
	place(annexed, filepath.Join(repo, ".git", "annex", "objects", "x", "y"), filepath.Join(annexed, "metadata.yaml"))
	cached := filepath.Join(repo, "cached")
	place(cached, filepath.Join(repo, ".dvc", "cache", "ab"), filepath.Join(cached, "metadata.yaml"))
	kept := filepath.Join(repo, "kept")
	place(kept, filepath.Join(repo, ".git", "x"), filepath.Join(kept, "metadata.yaml"))
	whole := filepath.Join(other, "whole")
	place(whole, filepath.Join(whole, "metadata.yaml"), "")
	check(t, os.Symlink(whole, filepath.Join(repo, "dir")))
	check(t, os.Symlink(other, filepath.Join(repo, "data")))
	stolen := filepath.Join(other, "stolen")
	place(stolen, filepath.Join(outer, "third", "metadata.yaml"), filepath.Join(stolen, "metadata.yaml"))
	for name, tt := range map[string]struct {
		root, bag string
		hidden    bool
	}{
		"its own":                       {repo, "own", false},
		"a link out of the repository":  {repo, "linked", true},
		"a directory that is a link":    {repo, "dir", true},
		"git-annex":                     {repo, "annexed", false},
		"DVC's cache":                   {repo, "cached", false},
		"what git keeps":                {repo, "kept", true},
		"a root elsewhere":              {other, "whole", false},
		"a link out of a root":          {other, "stolen", true},
		"a root that is a link to them": {filepath.Join(repo, "data"), "whole", false},
	} {
		for _, o := range []Options{{}, {Strict: true}} {
			for _, lines := range []string{"bags: [" + tt.bag + "]", "bags: [{path: " + tt.bag + ", partial: true}]"} {
				m := parse(t, lines)
				m.Dir, o.Root = repo, tt.root
				tasks, list := Scan(t.Context(), m, o)
				if len(tasks) != 1 {
					t.Fatalf("%s: %d tasks, %v", name, len(tasks), list)
				}
				said := strings.Join(texts(outer, append(list, tasks[0].Problems...)), "\n")
				if strings.Contains(said, "hidden") == tt.hidden || said == "" {
					t.Errorf("%s, %+v, %s: %s", name, o.Strict, lines, said)
				}
				if counted := "error: bag " + tt.bag + " lacks 2 files named by its metadata.yaml;"; tt.hidden && !o.Strict && !strings.Contains(lines, "partial") && !strings.Contains(said, counted) {
					t.Errorf("%s: %s", name, said)
				}
			}
		}
	}
}
