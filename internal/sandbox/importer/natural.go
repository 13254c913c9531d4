package importer

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// naturally sorts names as CVAT's "natural" does: path by path, endings apart, digits
// by their value, letters whatever their case (A54). Equal ones keep their order.
//
// CVAT asks natsort for the order of a file manager, and without ICU, which its image
// lacks, that is: split at slashes, take up to two short endings off the last part,
// fold the case, then compare text and numbers in turn.
func naturally(names []string) []string {
	type keyed struct {
		name string
		key  [][]chunk
	}
	all := make([]keyed, len(names))
	fold := cases.Fold()
	for i, n := range names {
		all[i] = keyed{n, naturalKey(n, fold)}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		return slices.CompareFunc(a.key, b.key, func(a, b []chunk) int { return slices.CompareFunc(a, b, compareChunks) })
	})
	sorted := make([]string, len(all))
	for i, k := range all {
		sorted[i] = k.name
	}
	return sorted
}

// A chunk is a run of digits or a run of anything else. Text and numbers alternate,
// with text first, so that like always meets like.
type chunk struct {
	text   string
	digits string // without leading zeros
	number bool
}

func compareChunks(a, b chunk) int {
	if !a.number || !b.number {
		return strings.Compare(a.text, b.text)
	}
	if c := cmp.Compare(len(a.digits), len(b.digits)); c != 0 {
		return c
	}
	return strings.Compare(a.digits, b.digits)
}

func naturalKey(name string, fold cases.Caser) [][]chunk {
	var key [][]chunk
	for _, part := range pathParts(name) {
		key = append(key, chunks(norm.NFC.String(fold.String(norm.NFD.String(part)))))
	}
	return key
}

// pathParts are the directories, the base and up to two endings of at most five
// characters that do not begin with a digit.
func pathParts(name string) []string {
	dir, base := path.Split(name)
	parts := strings.FieldsFunc(dir, func(r rune) bool { return r == '/' })
	var ends []string
	if words := strings.Split(strings.TrimLeft(base, "."), "."); !strings.HasSuffix(base, ".") {
		for _, word := range slices.Backward(words[1:]) {
			if len(ends) == 2 || utf8.RuneCountInString(word) > 4 || word != "" && isDigit(rune(word[0])) {
				break
			}
			ends = append([]string{"." + word}, ends...)
		}
	}
	if ending := strings.Join(ends, ""); ending != "" {
		base = strings.ReplaceAll(base, ending, "")
	}
	if base != "" {
		parts = append(parts, base)
	}
	return append(parts, ends...)
}

func chunks(s string) []chunk {
	var all []chunk
	for len(s) > 0 {
		n := strings.IndexFunc(s, isDigit)
		if n < 0 {
			n = len(s)
		}
		all = append(all, chunk{text: s[:n]})
		if s = s[n:]; s == "" {
			break
		}
		n = strings.IndexFunc(s, func(r rune) bool { return !isDigit(r) })
		if n < 0 {
			n = len(s)
		}
		all = append(all, chunk{digits: strings.TrimLeft(s[:n], "0"), number: true})
		s = s[n:]
	}
	return all
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
