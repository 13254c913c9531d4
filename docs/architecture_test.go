package docs

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/cvatplan/cvatplan/"

// housed are the folders whose packages stand in the picture; what serves them (bench, interop, examples) does not.
var housed = []string{"cmd", "internal", "pkg", "schema"}

// The picture of docs/architecture.md names every package once, and each imports only those on lines below its own.
func TestThePictureOfThePackagesIsTrue(t *testing.T) {
	line := layers(t)
	imports := housedImports(t)
	for _, from := range slices.Sorted(maps.Keys(imports)) {
		above, drawn := line[from]
		if !drawn {
			t.Errorf("docs/architecture.md draws no %s: add it to the layers", from)
			continue
		}
		for _, to := range imports[from] {
			if below, drawn := line[to]; drawn && below <= above {
				t.Errorf("%s imports %s, which docs/architecture.md does not draw below it", from, to)
			}
		}
	}
	for _, drawn := range slices.Sorted(maps.Keys(line)) {
		if _, there := imports[drawn]; !there {
			t.Errorf("docs/architecture.md draws %s, which is not there", drawn)
		}
	}
}

// layers reads the picture: package → line.
func layers(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```layers\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatal("architecture.md has no block of layers")
	}
	line := map[string]int{}
	for i, l := range strings.Split(string(block[1]), "\n") {
		for _, name := range strings.Fields(l) {
			if _, twice := line[name]; twice {
				t.Errorf("architecture.md draws %s twice", name)
			}
			line[name] = i
		}
	}
	return line
}

// housedImports are the imports of our packages from each other, tests left out.
func housedImports(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	for _, dir := range housed {
		err := filepath.WalkDir(filepath.Join("..", dir), func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.Contains(file, "testdata") {
				return err
			}
			name := strings.TrimPrefix(path.Dir(filepath.ToSlash(file)), "../")
			if _, known := imports[name]; !known {
				imports[name] = nil // a package of tests alone is one too
			}
			if !strings.HasSuffix(file, "_test.go") {
				imports[name] = append(imports[name], ourImports(t, file)...)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return imports
}

func ourImports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, i := range parsed.Imports {
		if to, err := strconv.Unquote(i.Path.Value); err == nil && strings.HasPrefix(to, modulePath) {
			ours = append(ours, strings.TrimPrefix(to, modulePath))
		}
	}
	return ours
}
