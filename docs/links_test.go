package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var link = regexp.MustCompile(`\]\(([^()\s]+)\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasPrefix(m[1], "https://") && !leads(t, page, m[1]) {
				t.Errorf("%s: nothing is at %s", page, m[1])
			}
		}
	}
}

// pages are all that people read.
func pages(t *testing.T) []string {
	t.Helper()
	all := []string{"../README.md", "../CONTRIBUTING.md"}
	for _, glob := range []string{"*.md", "../examples/*/README.md"} {
		found, err := filepath.Glob(glob)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", glob, found, err)
		}
		all = append(all, found...)
	}
	return all
}

func leads(t *testing.T, page, target string) bool {
	t.Helper()
	path, fragment, _ := strings.Cut(target, "#")
	if path == "" {
		path = page
	} else {
		path = filepath.Join(filepath.Dir(page), filepath.FromSlash(path))
	}
	if _, err := os.Stat(path); err != nil {
		return false
	}
	return fragment == "" || slices.Contains(anchorsOf(t, path), fragment) || slices.Contains(titlesOf(t, path), fragment)
}

// titlesOf are the anchors that GitHub makes of titles.
func titlesOf(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var anchors []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			anchors = append(anchors, anchorOf(strings.TrimLeft(strings.TrimSpace(line), "# ")))
		}
	}
	return anchors
}

func anchorOf(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
