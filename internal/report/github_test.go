package report

import (
	"bytes"
	"testing"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func TestGitHubAnnotatesTheLine(t *testing.T) {
	at := manifest.Position{File: "./data/a,b:c.yaml", Line: 3, Column: 7}
	cases := map[string]struct {
		in   diag.Diagnostic
		want string
	}{
		"whole":     {diag.Diagnostic{Pos: at, Text: "unknown key", Hint: say("did you mean x?")}, "::error title=cvatplan,file=data/a%2Cb%3Ac.yaml,line=3,col=7::unknown key%0Ahint: did you mean x?\n"},
		"no column": {diag.Diagnostic{Pos: manifest.Position{File: "a.yaml", Line: 3}, Text: "x"}, "::error title=cvatplan,file=a.yaml,line=3::x\n"},
		"no place":  {diag.Diagnostic{Text: "100% bad"}, "::error title=cvatplan::100%25 bad\n"},
		"a command": {diag.Diagnostic{Text: "a\n::set-env::x\r\n"}, "::error title=cvatplan::a\\n::set-env::x\\x0d\\n\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := render(t, func(b *bytes.Buffer) error { return GitHub(b, []diag.Diagnostic{c.in}) })
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
