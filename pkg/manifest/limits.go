package manifest

import (
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// How many entries the lists of a manifest may have. Each entry of bags: is looked for on its own, and
// globs and cameras are compared with all that the bags hold: without a bound, the work would be a product.
const (
	maxBags     = 20_000
	maxGlobs    = 2_000 // of bags: and skip:, those with * ? [ or {
	maxCameras  = 1_000
	maxPatterns = 1_000 // of files:, topics: and exclude:
)

// countable reports the first list that is too long.
func (l *loader) countable(root *node) bool {
	bags, cameras, skip := root.list("bags"), root.list("cameras"), root.list("skip")
	ok := l.atMost(maxBags, bags, "bags", "entries") && l.atMost(maxCameras, cameras, "cameras", "entries") &&
		l.atMost(maxGlobs, globsOf(bags, "path"), "bags", "globs") && l.atMost(maxGlobs, globsOf(skip, "task"), "skip", "globs")
	for _, b := range bags {
		ok = ok && l.atMost(maxPatterns, b.list("exclude"), "exclude", "globs")
	}
	for _, c := range cameras {
		ok = ok && l.atMost(maxPatterns, c.list("files"), "files", "globs") && l.atMost(maxPatterns, c.list("topics"), "topics", "globs")
	}
	return ok
}

// globsOf are the entries that are globs, or whose key is one.
func globsOf(entries []*node, key string) []*node {
	var globs []*node
	for _, e := range entries {
		if wording.IsGlob(e.str()) || wording.IsGlob(e.get(key).str()) {
			globs = append(globs, e)
		}
	}
	return globs
}

// atMost reports the first entry beyond so many, and says of what the list has too many.
func (l *loader) atMost(most int, entries []*node, list, what string) bool {
	if len(entries) <= most {
		return true
	}
	hint := diag.Hint{}
	if list == "bags" {
		hint = diag.Do(diag.HintUseGlobs)
	}
	l.report(entries[most].at, hint, "%s has %d %s; at most %d are allowed", list, len(entries), what, most)
	return false
}
