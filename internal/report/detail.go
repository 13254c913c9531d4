package report

import (
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/wording"
)

// namesShown bounds a list of frame names; the JSON has them all.
const namesShown = 10

// fact writes one detail below a row.
func (t *text) fact(f fact) {
	if f.label == "hint" {
		t.hint(f.text, f.url)
		return
	}
	s := wording.Safe(f.text)
	if len(f.names) > 0 {
		s += ": " + t.list(f.names)
	}
	if f.url != "" {
		s += ": " + wording.Safe(f.url)
	}
	if len(f.lines) > 0 {
		t.detail(f.label, t.sentences(f.lines)...)
		return
	}
	t.detail(f.label, s)
}

// labels is how wide the longest label of a detail is.
const labels = len("manifest: ")

// detail writes a label and the lines that belong to it.
func (t *text) detail(label string, lines ...string) {
	const at = indent + 2
	lead := t.Palette.paint(labelColour(label), label+":") + strings.Repeat(" ", labels-len(label)-1)
	for _, s := range lines {
		t.line(strings.Repeat(" ", at) + lead + t.wrap(s, at+labels))
		lead = strings.Repeat(" ", labels)
	}
}

func labelColour(label string) colour {
	if label == "hint" {
		return cyan
	}
	return faint
}

// list writes names, the first ten of them unless all are asked for.
func (t *text) list(names []string) string {
	shown, rest := t.first(names)
	s := strings.Join(shown, ", ")
	if rest > 0 {
		s += ", and " + strconv.Itoa(rest) + " more"
	}
	return s
}

// sentences are the lines to be shown, as many as names.
func (t *text) sentences(lines []string) []string {
	shown, rest := t.first(lines)
	if rest > 0 {
		shown = append(shown, "and "+strconv.Itoa(rest)+" more")
	}
	return shown
}

// first are the ones to be shown, harmless, and how many are left out.
func (t *text) first(all []string) (shown []string, rest int) {
	n := len(all)
	if !t.Verbose {
		n = min(n, namesShown)
	}
	for _, s := range all[:n] {
		shown = append(shown, wording.Safe(s))
	}
	return shown, len(all) - n
}
