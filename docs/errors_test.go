package docs

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

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
	known := map[string]bool{}
	for _, c := range diag.Codes {
		known[string(c.Code)] = true
	}
	for _, a := range plan.Actions {
		known[string(a)] = true
	}
	sections := anchorsOf(t, "errors.md")
	for code := range known {
		if !slices.Contains(sections, code) {
			t.Errorf("docs/errors.md has no section <a id=%q></a>", code)
		}
	}
	for i, code := range sections {
		if !known[code] {
			t.Errorf("docs/errors.md explains %q, which nothing reports", code)
		}
		if slices.Contains(sections[:i], code) {
			t.Errorf("docs/errors.md explains %q twice", code)
		}
	}
}

func TestAnAnchorPrecedesATitle(t *testing.T) {
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
