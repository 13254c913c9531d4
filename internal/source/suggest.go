package source

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// maxHints bounds how many names are looked for among others: nobody reads more hints of one kind.
const maxHints = 20

// suggest is a hint for a pattern that matches nothing: what was probably meant, or else
// what there is, where the pattern first fits nothing.
func (f *finder) suggest(ctx context.Context, pattern string) diag.Hint {
	if f.hints++; f.hints > maxHints {
		return diag.Hint{}
	}
	at := "."
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		names := f.names(at)
		next := slices.IndexFunc(names, func(n string) bool { return doublestar.MatchUnvalidated(part, n) })
		if next < 0 || part == "**" {
			return f.suggestName(ctx, at, part, parts[i+1:], names)
		}
		at = path.Join(at, names[next])
	}
	return diag.Hint{}
}

func (f *finder) names(dir string) []string {
	entries, _ := f.fsys.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if e.Name()[0] != '.' {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

func (f *finder) suggestName(ctx context.Context, at, part string, rest, names []string) diag.Hint {
	if _, err := f.store.Stat(ctx, "."); err != nil {
		return diag.Do(diag.HintDirectoryAbsent, f.root)
	}
	if len(names) == 0 {
		return diag.Do(diag.HintDirectoryEmpty, f.store.Path(at))
	}
	if similar := wording.Nearest(part, names); similar != "" {
		return diag.Do(diag.HintDidYouMean, strconv.Quote(path.Join(append([]string{at, similar}, rest...)...)))
	}
	return diag.Do(diag.HintDirectoryHolds, f.store.Path(at),
		fmt.Sprintf("%s: %s", wording.Count(len(names), "entry", "entries"), wording.FirstFew(names, 3)))
}
