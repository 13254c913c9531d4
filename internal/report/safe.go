package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Safe makes a name from a server or a disk harmless to print: all that a
// terminal would obey or not show (control characters, ANSI escapes, overrides
// of the writing direction, zero-width characters, bytes that are no UTF-8) is
// written as a visible escape such as \x1b or \u202e. Everything else stays.
func Safe(s string) string {
	if isSafe(s) {
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

func isSafe(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }) < 0
}

// writeSafe writes one rune, or its escape in Go's notation; raw are its bytes.
func writeSafe(b *strings.Builder, r rune, raw string) {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		fmt.Fprintf(b, `\x%02x`, raw[0])
	case unicode.IsGraphic(r):
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
