// Package advice puts hints into the words of the command line: its flags, its commands, and those
// of other tools. What finds a problem knows only the action ([diag.Hint]); this package alone knows
// that "replace the empty task" is apply --replace-empty.
package advice

import (
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// Words are what a person reads of a hint, on one line; empty for the zero hint.
func Words(h diag.Hint) string {
	a, b := h.Args[0], h.Args[1]
	return strings.NewReplacer(
		"{1}", a, "{1q}", strconv.Quote(a), "{1sh}", wording.ShellWord(a),
		"{2}", b, "{2q}", strconv.Quote(b), "{2sh}", wording.ShellWord(b),
	).Replace(phrases[h.Action])
}

// After is a text with the words of its hint behind it; the text alone for the zero hint.
func After(text string, h diag.Hint) string {
	if words := Words(h); words != "" {
		return text + "; " + words
	}
	return text
}

// Of are the words of an error's hint; empty where it carries none.
func Of(err error) string { return Words(diag.HintOf(err)) }
