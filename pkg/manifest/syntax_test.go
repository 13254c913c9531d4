package manifest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// yaml.v3 names the line where the enclosing block begins, less one, or none.
func TestASyntaxErrorIsFoundInTheLineThatHasIt(t *testing.T) {
	data, err := os.ReadFile("testdata/good/documented.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	for _, wrong := range []string{"}", "key: @at", "\tkey: value", "'it's': x", "key: {camera}_{bag}", `key: "\q"`, "key: *nowhere"} {
		for i := range lines {
			text := strings.Join(slices.Insert(slices.Clone(lines), i, wrong), "\n")
			if p := problems(t, text)[0]; p.Pos.Line != i+1 || p.Pos.Column > len(wrong) {
				t.Errorf("%q in line %d is reported in %v: %s", wrong, i+1, p.Pos, p.Text)
			}
		}
	}
}

func TestASyntaxErrorIsSaidInAManifestsWords(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\nb: 2\n c: 3\nd: 4\n":                      `m.yaml:3:2: a ": " where none can be`,
		"a: 1\n\n# c\nb\n\n# d\nc: 3\n":                  `m.yaml:4:1: a key without ": " after it`,
		"a: 1\nb: {x: 1\nc: 3\n":                         "m.yaml:2:4: a { that is not closed, or a comma that is missing",
		"a:\n  - x\n - y\nb: 1\n":                        "m.yaml:3:2: this line does not fit the ones above",
		"a: 1\nlist:\n  - a: 1\n    b: 2\n   c: 3\nz: 1": "m.yaml:5:4: expected another list item here",
		"x: |\n  foo\n bar\ny: 1\n":                      "m.yaml:3:2: this line does not fit the ones above",
		"a: [1,\n  2,\n  3\nb: 1\n":                      "m.yaml:3:3: a bracket that is not closed, or a comma that is missing",
		"[":                                              "m.yaml:1:1: a bracket that is not closed",
		"a: \"b\" c\n":                                   "m.yaml:1:8: text after a closing quote",
		"x: |x\n  foo\n":                                 "m.yaml:1:1: not YAML: did not find expected comment or line break",
	} {
		p := problems(t, text)[0]
		if got := p.Pos.String() + ": " + p.Text; got != want {
			t.Errorf("%q\ngot  %s\nwant %s", text, got, want)
		}
	}
}
