package wording

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible reports whether a terminal shows a character and does nothing else with it: control
// characters, marks of the writing direction and zero-width characters are not.
func Visible(r rune) bool { return unicode.IsGraphic(r) }

// Safe makes text from a server or a disk harmless to print, on one line: what is not [Visible] and
// bytes that are not UTF-8 become visible escapes such as \x1b, \n or \u202e. Everything else stays.
func Safe(s string) string {
	if IsSafe(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		writeSafe(&b, r, s[i:i+size])
		i += size
	}
	return b.String()
}

// IsSafe reports whether [Safe] would leave s as it is.
func IsSafe(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !Visible(r) })
}

// writeSafe writes one rune, or its escape in Go's notation; raw are its bytes.
func writeSafe(b *strings.Builder, r rune, raw string) {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		fmt.Fprintf(b, `\x%02x`, raw[0])
	case Visible(r):
		b.WriteString(raw)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < 0x80:
		fmt.Fprintf(b, `\x%02x`, r)
	case r < 0x10000:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}

// OneLine joins the lines of a text, and the blanks in a row.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Clip shortens what is too long for a message, to that many characters and an ellipsis.
func Clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
