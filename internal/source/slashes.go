package source

import "strings"

// slashes makes / of a system's own separator, which people paste from its file manager. A backslash
// before a sign of globs escapes it, on every system.
func slashes(pattern string, separator rune) string {
	if separator != '\\' {
		return pattern
	}
	var b strings.Builder
	for i, r := range pattern {
		if r == '\\' && !strings.ContainsAny(pattern[i+1:min(i+2, len(pattern))], `*?[]{}\`) {
			r = '/'
		}
		b.WriteRune(r)
	}
	return b.String()
}
