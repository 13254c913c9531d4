package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheReferenceIsUpToDate(t *testing.T) {
	t.Chdir("..") // where go generate runs
	manifest, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	want, err := reference(manifest)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), strings.ReplaceAll(string(have), "\r\n", "\n")); diff != "" {
		t.Errorf("docs/manifest.md is stale; run go generate ./schema (-want +have)\n%s", diff)
	}
}

func TestEveryLinkLeadsToAHeading(t *testing.T) {
	page, err := reference(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\]\(#(\w+)\)`).FindAllSubmatch(page, -1) {
		if !strings.Contains(string(page), "\n## "+string(m[1])+"\n") {
			t.Errorf("no heading %s", m[1])
		}
	}
}
