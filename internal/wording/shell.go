// Package wording has the small rules by which words are written for people and shells, each once:
// plurals, suggestions, quoting, and what a terminal must not be given.
package wording

import "strings"

// plainWord are the characters that need no quotes in any POSIX shell.
const plainWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=:,@%"

// ShellWord quotes s where a POSIX shell needs that, so that a command can be copied as it is.
func ShellWord(s string) string {
	special := func(r rune) bool { return !strings.ContainsRune(plainWord, r) }
	if s != "" && !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
