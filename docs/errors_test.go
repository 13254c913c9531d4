package docs

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// coded are the packages whose codes a person may see.
var coded = []string{"pkg/plan", "internal/source", "pkg/apply", "internal/observe", "pkg/cvat", "internal/planfile", "cmd/cvatplan"}

// unwritten are codes that the source computes: settings of a note, and the project that is asked for.
var unwritten = []string{
	"segment_size", "overlap", "image_quality", "chunk_size", "consensus_replicas", "validation", "subset", "bug_tracker", "ask",
}

var anchor = regexp.MustCompile(`<a id="([^"]*)"></a>`)

func anchorsOf(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range anchor.FindAllStringSubmatch(string(text), -1) {
		found = append(found, m[1])
	}
	return found
}

func TestEveryCodeAndActionHasASectionAndEverySectionACode(t *testing.T) {
	known := codes(t, coded...)
	for _, code := range unwritten {
		known[code] = "docs/errors_test.go"
	}
	for _, a := range plan.Actions {
		known[string(a)] = "pkg/plan"
	}
	sections := anchorsOf(t, "errors.md")
	for code, place := range known {
		if !slices.Contains(sections, code) {
			t.Errorf("%s: docs/errors.md has no section <a id=%q></a>", place, code)
		}
	}
	for i, code := range sections {
		if known[code] == "" {
			t.Errorf("docs/errors.md explains %q, which nothing says", code)
		}
		if slices.Contains(sections[:i], code) {
			t.Errorf("docs/errors.md explains %q twice", code)
		}
	}
}

func TestAnAnchorStandsBeforeATitle(t *testing.T) {
	text, err := os.ReadFile("errors.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(text), "\n\n<a id=")[1:] {
		if _, after, _ := strings.Cut(block, "\n\n"); !strings.HasPrefix(after, "### ") {
			t.Errorf("no title follows <a id=%.40s", block)
		}
	}
}

func TestHintsLinkIntoThisPage(t *testing.T) {
	if got := report.HelpURL("drift"); !strings.HasSuffix(got, "/docs/errors.md#drift") {
		t.Errorf("HelpURL: %s", got)
	}
}
