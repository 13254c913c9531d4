package plan

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cvatplan/cvatplan/internal/wording"
)

// MatchName reports whether a task's name is the pattern itself or fits it as a glob
// (`*`, `?`, `[a-z]`, `{a,b}`). A task name is no path: `*` crosses a slash.
// Both are compared as [Name] does it.
func MatchName(pattern, name string) bool { return matches(NameOf(pattern), NameOf(name)) }

func matches(pattern, name Name) bool {
	if pattern == name || !wording.IsGlob(pattern.String()) {
		return pattern == name
	}
	ok, err := doublestar.Match(flat(pattern), flat(name))
	return err == nil && ok
}

// ValidGlob reports whether [MatchName] can use the pattern as a glob.
func ValidGlob(pattern string) bool { return doublestar.ValidatePattern(flat(NameOf(pattern))) }

func flat(n Name) string { return strings.ReplaceAll(n.String(), "/", "\x1f") }

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return MatchName(p, name) })
}
