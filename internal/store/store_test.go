package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func write(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, root, target, name string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
		t.Skip(err)
	}
}

func TestAFileIsReadInRanges(t *testing.T) {
	root := t.TempDir()
	write(t, root, "run/a.bin", "0123456789")
	f, err := At(root).Open(context.Background(), "run/a.bin")
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 3)
	if _, err := f.ReadAt(b, 4); err != nil || string(b) != "456" || f.Size() != 10 {
		t.Errorf("got %q of %d bytes, %v", b, f.Size(), err)
	}
	all, err := io.ReadAll(Reader(f))
	if err != nil || string(all) != "0123456789" {
		t.Errorf("got %q, %v", all, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestARootMayBeASingleFile(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a.bin", "abc")
	head, err := Head(context.Background(), At(filepath.Join(root, "a.bin")), ".", 2)
	if err != nil || string(head) != "ab" {
		t.Errorf("got %q, %v", head, err)
	}
}

func TestErrorsSayWhatIsMissingOrNoFile(t *testing.T) {
	root := t.TempDir()
	write(t, root, "run/a.bin", "")
	s, ctx := At(root), context.Background()
	_, err := s.Open(ctx, "run/b.bin")
	var p *fs.PathError
	if !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &p) || p.Path != s.Path("run/b.bin") {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := s.Open(ctx, "run"); !errors.Is(err, ErrNotAFile) {
		t.Errorf("a directory: %v", err)
	}
	if _, err := s.List(ctx, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing directory: %v", err)
	}
}

func TestLinksAreReportedAndFollowed(t *testing.T) {
	root := t.TempDir()
	write(t, root, "run/a.bin", "abc")
	link(t, root, "run", "same")
	link(t, root, "nowhere", "broken")
	s, ctx := At(root), context.Background()

	entries, err := s.List(ctx, ".")
	i := slices.IndexFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "same" })
	if err != nil || i < 0 || entries[i].Type() != fs.ModeSymlink {
		t.Errorf("got %v, %v", entries, err)
	}
	if info, err := s.Stat(ctx, "same"); err != nil || !info.IsDir() {
		t.Errorf("the link is not followed: %v, %v", info, err)
	}
	target, end, err := s.Link(ctx, "same")
	if err != nil || target != "run" {
		t.Errorf("got %q, %v", target, err)
	}
	if none, own, err := s.Link(ctx, "run"); none != "" || own != end || err != nil {
		t.Errorf("the directory itself ends at %q, its link at %q (%q, %v)", own, end, none, err)
	}
	if target, _, err := s.Link(ctx, "broken"); target != "nowhere" || err == nil {
		t.Errorf("a broken link: %q, %v", target, err)
	}
	if !Exists(ctx, s, "broken") || !Exists(ctx, s, "run") || Exists(ctx, s, "none") {
		t.Error("a broken link exists, and so does a directory")
	}
}

func TestGlobsSeeTheTree(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"b/1", "a/1", "c"} {
		write(t, root, name, "")
	}
	f := FS(context.Background(), At(root))
	found, err := fs.Glob(f, "*")
	if err != nil || !slices.Equal(found, []string{"a", "b", "c"}) {
		t.Errorf("got %v, %v", found, err)
	}
}

// A shell completes directories with a slash at their end.
func TestASlashAtTheEndIsNoPartOfAName(t *testing.T) {
	for _, path := range []string{"data/day", "data/day/", "data/day//", "data/./x/../day/"} {
		if in, name := Split(path); in != (Local{Root: "data"}) || name != "day" {
			t.Errorf("%s: %v, %s", path, in, name)
		}
	}
}
