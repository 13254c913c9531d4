package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sources are the texts of all files below the repository's root whose names end so.
func sources(t *testing.T, suffix string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() != ".." && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, suffix) {
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

var (
	goTest     = regexp.MustCompile("`(Test[A-Za-z0-9]+)(?:/([a-z_]+))?`")
	pythonTest = regexp.MustCompile("`(test_[a-z_]+?)_?…`")
	program    = regexp.MustCompile("`(?:python3 |\\.venv/bin/python )?((?:bench|interop|\\.ci)/[a-z0-9_-]+\\.(?:py|sh))`")
)

// TestWhatHoldsAClaimIsThere looks for the tests and programs that pages name as the proof of what they say.
func TestWhatHoldsAClaimIsThere(t *testing.T) {
	inGo, inPython := sources(t, "_test.go"), sources(t, ".py")
	found := 0
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range goTest.FindAllStringSubmatch(string(text), -1) {
			found++
			if !strings.Contains(inGo, "func "+m[1]+"(") {
				t.Errorf("%s: there is no %s", page, m[1])
			}
			if script := "../cmd/cvatplan/testdata/script/" + m[2] + ".txtar"; m[2] != "" && !exists(script) {
				t.Errorf("%s: there is no %s", page, script)
			}
		}
		for _, m := range pythonTest.FindAllStringSubmatch(string(text), -1) {
			found++
			if !strings.Contains(inPython, "def "+m[1]) {
				t.Errorf("%s: there is no %s", page, m[1])
			}
		}
		for _, m := range program.FindAllStringSubmatch(string(text), -1) {
			found++
			if !exists("../" + m[1]) {
				t.Errorf("%s: there is no %s", page, m[1])
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d proofs are named", found)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
