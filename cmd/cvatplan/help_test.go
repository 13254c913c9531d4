package main

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// example is a command in an example, up to a comment, a redirection, a pipe or a closing bracket.
var example = regexp.MustCompile(`cvatplan [^#>|)]*`)

func TestEveryCommandsHelpHasTwoOrThreeExamplesThatParse(t *testing.T) {
	quiet := app{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	parser, err := kong.New(&cli{}, quiet.kongOptions()...)
	must(t, err)
	for _, command := range parser.Model.Children {
		if command.Hidden {
			continue
		}
		_, text, _ := strings.Cut(command.Detail, "Examples:\n\n")
		lines := strings.Split(strings.TrimSpace(text), "\n")
		if len(lines) < 2 || len(lines) > 3 {
			t.Errorf("%s has %d examples: %q", command.Name, len(lines), text)
		}
		for _, line := range lines {
			if len(line) > 80 {
				t.Errorf("%s: longer than 80 columns: %s", command.Name, line)
			}
			words := strings.Fields(strings.NewReplacer("'", "", `"`, "").Replace(example.FindString(line)))
			if len(words) < 2 || words[1] != command.Name && words[1] != "--version" {
				t.Errorf("%s: no example of it: %s", command.Name, line)
				continue
			}
			if _, err := quiet.parse(words[1:]); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}
