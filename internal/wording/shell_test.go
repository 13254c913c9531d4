package wording

import "testing"

func TestAShellReadsAWordAsItWas(t *testing.T) {
	for in, want := range map[string]string{
		"run_1.bag": "run_1.bag", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "é": "'é'", "~": "'~'",
	} {
		if got := ShellWord(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
