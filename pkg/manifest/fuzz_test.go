package manifest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse holds that no text makes the reader panic, and that each report names
// a place in the text and can be printed.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/errors/*.yaml", "testdata/good/*.yaml", "testdata/errors/lib/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: no corpus: %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte(bomb(9, 9)))
	f.Add([]byte(`{"version": 1e999, "task": {"overlap": 1e308, "chunk_size": -0.0, "\u0000": "\ud800"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"m.yaml", "m.json"} {
			m, err := Parse(name, data)
			if err == nil && m.Hash() != "" {
				continue
			}
			var e *Error
			if m != nil || !errors.As(err, &e) || len(e.Problems) == 0 {
				t.Fatalf("got %v, %v", m, err)
			}
			for _, p := range e.Problems {
				plausible(t, p, newText(name, data))
			}
		}
	})
}

func plausible(t *testing.T, p Diagnostic, in *text) {
	t.Helper()
	if p.Text == "" || strings.ContainsFunc(strings.ReplaceAll(words(p), "\n", ""), func(r rune) bool { return r != '\t' && isControl(r) }) {
		t.Fatalf("not fit for a terminal: %q", words(p))
	}
	if p.Pos.File != in.name || p.Pos.Line == 0 {
		return // another file that the manifest names, or the file as a whole
	}
	if p.Pos.Line > len(in.lines) || p.Pos.Column < 1 || p.Pos.Column > len([]rune(in.lines[p.Pos.Line-1]))+1 {
		t.Fatalf("no such place: %v", p)
	}
}
