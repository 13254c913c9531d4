package plan

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/text/unicode/norm"
)

// MatchName reports whether a task's name is the pattern itself or fits it as a glob
// (`*`, `?`, `[a-z]`, `{a,b}`). A task name is no path: `*` crosses a slash.
func MatchName(pattern, name string) bool {
	if pattern == name || !isGlob(pattern) {
		return pattern == name
	}
	ok, err := doublestar.Match(flat(pattern), flat(name))
	return err == nil && ok
}

func isGlob(pattern string) bool { return strings.ContainsAny(pattern, `*?[{\`) }

// ValidGlob reports whether [MatchName] can use the pattern as a glob.
func ValidGlob(pattern string) bool { return doublestar.ValidatePattern(flat(pattern)) }

func flat(s string) string { return strings.ReplaceAll(s, "/", "\x1f") }

// shellWord quotes a name for a hint, so that the command can be copied as it stands.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return MatchName(p, name) })
}

// identity is how names are compared: CVAT trims them but leaves Unicode forms alone,
// and a name typed on a Mac must not make a second task.
func identity(name string) string { return norm.NFC.String(strings.TrimSpace(name)) }
