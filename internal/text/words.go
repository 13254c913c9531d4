package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Count is a number with its noun: "1 image", "3 images".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Printable quotes a name that a terminal would not show as it is.
func Printable(name string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }
	if strings.ContainsFunc(name, odd) {
		return fmt.Sprintf("%q", name)
	}
	return name
}

// Clip shortens what is too long for a message, to 80 characters and a sign that more follows.
func Clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// FirstFew are the first names of many, at most n, and a sign where there are more.
func FirstFew(names []string, n int) string {
	shown := strings.Join(names[:min(n, len(names))], ", ")
	if len(names) > n {
		shown += ", …"
	}
	return shown
}
