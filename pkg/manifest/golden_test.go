package manifest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A YAML file in testdata/errors and its report next to it are a
// test; -update writes the report.
func TestEveryMistakeIsReportedWithItsPlace(t *testing.T) {
	t.Chdir("testdata/errors")
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".yaml"), func(t *testing.T) {
			m, err := Load(file)
			if err == nil || m != nil {
				t.Fatal("it loads")
			}
			for _, p := range err.(*Error).Problems {
				if p.Pos.Line == 0 || p.Pos.Column == 0 {
					t.Errorf("no place for %q", p.Text)
				}
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", filepath.ToSlash(wordsOf(err)))
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// wordsOf is what a person reads of a manifest's mistakes.
func wordsOf(err error) string {
	var b strings.Builder
	for _, p := range err.(*Error).Problems {
		b.WriteString(words(p))
	}
	return b.String()
}

func words(p Diagnostic) string {
	text := line(p) + "\n"
	if p.Hint != (diag.Hint{}) {
		text += "  hint: " + advice.Words(p.Hint) + "\n"
	}
	return text
}
