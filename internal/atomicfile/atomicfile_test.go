package atomicfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
)

func TestAFileIsReplacedWholeOrNotAtAll(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		old  string // "" is none
		o    atomicfile.Options
		err  error // of the writer
		want string
		fail error
	}{
		"a new one":                       {"", atomicfile.Options{}, nil, "new", nil},
		"in place of the old one":         {"old", atomicfile.Options{}, nil, "new", nil},
		"the writer fails":                {"old", atomicfile.Options{}, broken, "old", broken},
		"the writer of a new one fails":   {"", atomicfile.Options{}, broken, "", broken},
		"only where there is none":        {"", atomicfile.Options{New: true}, nil, "new", nil},
		"but there is one":                {"old", atomicfile.Options{New: true}, nil, "old", fs.ErrExist},
		"its writer fails, there is none": {"", atomicfile.Options{New: true}, broken, "", broken},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "sub", "file")
			if c.old != "" {
				must(t, os.MkdirAll(filepath.Dir(file), 0o755))
				must(t, os.WriteFile(file, []byte(c.old), 0o644))
			}
			err := atomicfile.Write(file, c.o, func(w io.Writer) error {
				_, err := io.WriteString(w, "new")
				return errors.Join(err, c.err)
			})
			if !errors.Is(err, c.fail) {
				t.Errorf("got %v", err)
			}
			if got, _ := os.ReadFile(file); string(got) != c.want {
				t.Errorf("the file holds %q", got)
			}
			entries, err := os.ReadDir(filepath.Dir(file))
			must(t, err)
			for _, e := range entries {
				if e.Name() != "file" {
					t.Errorf("%s is left behind", e.Name())
				}
			}
		})
	}
}

func TestAFileKeepsItsMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows knows no such modes")
	}
	for name, c := range map[string]struct {
		old, given, want os.FileMode
	}{
		"that of the old one":    {0o640, 0, 0o640},
		"that of a new one":      {0, 0, 0o644},
		"the one that is asked":  {0o640, 0o600, 0o600},
		"the one that new gets ": {0, 0o600, 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "file")
			if c.old != 0 {
				must(t, os.WriteFile(file, nil, 0o600))
				must(t, os.Chmod(file, c.old))
			}
			must(t, atomicfile.Write(file, atomicfile.Options{Mode: c.given}, func(io.Writer) error { return nil }))
			info, err := os.Stat(file)
			must(t, err)
			if got := info.Mode().Perm(); got != c.want {
				t.Errorf("mode %o", got)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
