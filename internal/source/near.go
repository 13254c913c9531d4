package source

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// near is a hint for a pattern that matches nothing: what was probably meant, or else
// what there is, where the pattern first fits nothing.
func (f *finder) near(pattern string) diag.Hint {
	at := "."
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		names := f.names(at)
		next := slices.IndexFunc(names, func(n string) bool { return doublestar.MatchUnvalidated(part, n) })
		if next < 0 || part == "**" {
			return f.suggest(at, part, parts[i+1:], names)
		}
		at = path.Join(at, names[next])
	}
	return diag.Hint{}
}

func (f *finder) names(dir string) []string {
	entries, _ := readDir(filepath.Join(f.root, dir))
	var names []string
	for _, e := range entries {
		if e.Name()[0] != '.' {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

func (f *finder) suggest(at, part string, rest, names []string) diag.Hint {
	if _, err := os.Stat(f.root); err != nil {
		return diag.Do(diag.HintDirectoryAbsent, f.root)
	}
	if len(names) == 0 {
		return diag.Do(diag.HintDirectoryEmpty, filepath.Join(f.root, at))
	}
	if near := nearest(part, names); near != "" {
		return diag.Do(diag.HintDidYouMean, strconv.Quote(path.Join(append([]string{at, near}, rest...)...)))
	}
	shown := names[:min(3, len(names))]
	return diag.Do(diag.HintDirectoryHolds, filepath.Join(f.root, at),
		fmt.Sprintf("%s: %s", count(len(names), "entry", "entries"), strings.Join(shown, ", ")+dots(len(names)-len(shown))))
}

func dots(more int) string {
	if more > 0 {
		return ", …"
	}
	return ""
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// nearest is the name that differs least, if that is little: at most a third of it.
func nearest(name string, names []string) string {
	best, least := "", len(name)/3+1
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance counts the characters to insert, remove or change (Levenshtein).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for k := range row {
		row[k] = k
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for k, s := range y {
			change := diagonal
			if r != s {
				change++
			}
			diagonal = row[k+1]
			row[k+1] = min(change, row[k]+1, diagonal+1)
		}
	}
	return row[len(y)]
}
