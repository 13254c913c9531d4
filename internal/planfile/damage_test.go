package planfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
)

func TestNoDamageGoesUnnoticed(t *testing.T) {
	whole := written(t, file(project([]string{"run1"}, dataset{"run1": pictures("run1", 2)}, on(7, "other", 1))))
	for i := range whole {
		for bit := range 8 {
			broken := bytes.Clone(whole)
			broken[i] ^= 1 << bit
			if _, err := Read(bytes.NewReader(broken)); err == nil {
				t.Errorf("bit %d of byte %d (%q) turned: read", bit, i, whole[i])
			}
		}
		if _, err := Read(bytes.NewReader(whole[:i])); err == nil {
			t.Errorf("cut off at byte %d: read", i)
		}
	}
}

func TestAPlanThatCannotBeUsedSaysWhy(t *testing.T) {
	plain := file(project([]string{"run1"}, dataset{"run1": pictures("run1", 2)}))
	whole := string(written(t, plain))
	lines := string(unsealed([]byte(whole)))
	resealed := func(old, new string) string {
		if !strings.Contains(lines, old) {
			t.Fatalf("%s is not in %s", old, lines)
		}
		return string(sealed([]byte(strings.Replace(lines, old, new, 1))))
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", "it is not a saved plan"},
		"a manifest":        {"version: 1\n", "it is not a saved plan"},
		"a manifest's line": {"version: 1", "it is not a saved plan"},
		"cut off":           {whole[:len(whole)-3], "it is cut off in line 4"},
		"without its end":   {lines, "it is cut off in line 4"},
		"cut off early":     {whole[:40], "it is cut off in line 1"},
		"more behind":       {whole + "\n", "damaged: there is something behind its end"},
		"changed":           {strings.Replace(whole, "run1", "run2", 1), "damaged: its content does not fit its last line"},
		"newer":             {resealed(`"format_version":"1.0"`, `"format_version":"1.1"`), `it has format "1.1", saved by cvatplan 1.2.3; this one knows "1.0"`},
		"a new key":         {resealed(`"bag":`, `"force":true,"bag":`), `damaged: line 3: unknown field "force"`},
		"a new line":        {resealed(`{"type":"task"`, `{"type":"deletion"`), "damaged: line 3: it is of no type that may be there"},
		"no project":        {string(sealed([]byte(strings.SplitAfter(lines, "\n")[0] + strings.SplitAfter(lines, "\n")[2]))), "damaged: line 2: it is of no type that may be there"},
		"sums":              {resealed(`"sizes":[5,`, `"sizes":[`), "damaged: line 3: 2 frames have 1 sizes and 2 sums"},
		"another decision":  {resealed(`"action":"create"`, `"action":"drift"`), `cvatplan 1.2.3 saved it and decided otherwise than this one does: task "run1": "drift", now "create"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%v", err)
			}
			if diff := cmp.Diff(c.want, e.Error()); diff != "" || e.Hint() == (diag.Hint{}) {
				t.Errorf("%s\nhint: %v", diff, e.Hint())
			}
		})
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "my.plan")
	must(t, os.WriteFile(path, []byte("x"), 0o600))
	for _, path := range []string{path, dir, filepath.Join(dir, "absent")} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// FuzzRead changes lines and makes the end fit them, so that it comes past the sum.
func FuzzRead(f *testing.F) {
	f.Add(unsealed(written(f, file(full()))))
	f.Add(unsealed(written(f, file(project([]string{"run1"}, dataset{"run1": pictures("run1", 2)}, on(7, "run1", 1))))))
	f.Fuzz(func(t *testing.T, lines []byte) {
		for _, text := range [][]byte{lines, sealed(lines)} {
			got, err := Read(bytes.NewReader(text))
			if err != nil {
				continue
			}
			again, err := Read(bytes.NewReader(written(t, got)))
			must(t, err)
			if diff := cmp.Diff(got.Plans(), again.Plans()); diff != "" {
				t.Error(diff)
			}
			for i, p := range got.Projects {
				if since := p.Since(again.Projects[i]); len(since) > 0 {
					t.Errorf("differs from itself: %q", since)
				}
			}
		}
	})
}
