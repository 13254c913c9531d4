package report

import (
	"bytes"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func TestGitHubAnnotatesTheLine(t *testing.T) {
	at := manifest.Position{File: "./data/a,b:c.yaml", Line: 3, Column: 7}
	cases := map[string]struct {
		in   manifest.Problem
		want string
	}{
		"whole":     {manifest.Problem{Pos: at, Text: "unknown key", Hint: "did you mean x?"}, "::error title=cvatplan,file=data/a%2Cb%3Ac.yaml,line=3,col=7::unknown key%0Ahint: did you mean x?\n"},
		"no column": {manifest.Problem{Pos: manifest.Position{File: "a.yaml", Line: 3}, Text: "x"}, "::error title=cvatplan,file=a.yaml,line=3::x\n"},
		"no place":  {manifest.Problem{Text: "100% bad"}, "::error title=cvatplan::100%25 bad\n"},
		"a command": {manifest.Problem{Text: "a\n::set-env::x\r\n"}, "::error title=cvatplan::a\\n::set-env::x\\x0d\\n\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := render(t, func(b *bytes.Buffer) error { return GitHub(b, []manifest.Problem{c.in}) })
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
