package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest   = regexp.MustCompile("`(Test[A-Za-z0-9]+)(?:/([a-z_]+))?`")
	writtenTest = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
)

// A promise is worth what its test is: each that reliability.md names is there.
func TestEachPromiseNamesTestsThatExist(t *testing.T) {
	page, err := os.ReadFile("reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	have := testsBelow(t, "..")
	named := namedTest.FindAllStringSubmatch(string(page), -1)
	if len(named) < 30 {
		t.Fatalf("%d tests are named: that cannot be all", len(named))
	}
	for _, n := range named {
		if !have[n[1]] {
			t.Errorf("there is no %s", n[1])
		}
		if script := filepath.Join("..", "cmd", "cvatplan", "testdata", "script", n[2]+".txtar"); n[2] != "" {
			if _, err := os.Stat(script); err != nil {
				t.Error(err)
			}
		}
	}
}

func testsBelow(t *testing.T, root string) map[string]bool {
	t.Helper()
	have := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root:
			return fs.SkipDir
		case err != nil || !strings.HasSuffix(path, "_test.go"):
			return err
		}
		text, err := os.ReadFile(path)
		for _, f := range writtenTest.FindAllStringSubmatch(string(text), -1) {
			have[f[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return have
}
