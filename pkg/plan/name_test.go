package plan

import (
	"testing"
	"testing/quick"

	"golang.org/x/text/unicode/norm"
)

// Spelling a name or a pattern otherwise, or with blanks around it, changes nothing.
func TestNamesAndPatternsAreComparedInEverySpelling(t *testing.T) {
	same := func(name, pattern string) bool {
		want := Glob(pattern).Matches(name)
		for _, spelled := range []func(string) string{norm.NFC.String, norm.NFD.String, func(s string) string { return "\t " + s + "\u00a0" }} {
			if NameOf(spelled(name)) != NameOf(name) || Glob(spelled(pattern)).Matches(spelled(name)) != want || Glob(name).Matches(spelled(name)) != Glob(name).Matches(name) {
				return false
			}
		}
		return true
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
	for pattern, name := range map[string]string{"cafe\u0301": "café", " é*": "e\u0301tat", "[é-ü]x": "u\u0308x", "{é,x}_1": "e\u0301_1 "} {
		if !Glob(pattern).Matches(name) || !same(name, pattern) {
			t.Errorf("%q does not fit %q", name, pattern)
		}
	}
}
