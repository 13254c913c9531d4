package plan

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cvatplan/cvatplan/internal/wording"
)

// A Glob is a pattern for names of tasks: the name itself, or a glob (`*`, `?`, `[a-z]`, `{a,b}`). A task name is no
// path: `*` crosses a slash. Pattern and names are compared as [Name] does it.
type Glob string

// Matches reports whether a name is the pattern itself or fits it.
func (g Glob) Matches(name string) bool { return matches(NameOf(string(g)), NameOf(name)) }

// Valid reports whether the pattern can be used as a glob.
func (g Glob) Valid() bool { return doublestar.ValidatePattern(flat(NameOf(string(g)))) }

func matches(pattern, name Name) bool {
	if pattern == name || !wording.IsGlob(pattern.String()) {
		return pattern == name
	}
	ok, err := doublestar.Match(flat(pattern), flat(name))
	return err == nil && ok
}

func flat(n Name) string { return strings.ReplaceAll(n.String(), "/", "\x1f") }

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return Glob(p).Matches(name) })
}
