// Package natsort is the order that CVAT's sorting_method natural puts frames in: natsort 8's
// os_sorted on a server without PyICU and with LC_ALL=C.UTF-8, as CVAT's image sets it. That order
// is, name by name:
//
//   - the path's directories, then its base name, then up to two short extensions
//     (natsort splits them off, so that a.jpg is before a.b.jpg) are compared one
//     after another;
//   - each of them is text and numbers in turn, text first, even if it is empty;
//   - text is compared without case, numbers by value, so 2, 02 and 002 are equal.
//
// testdata/natsort.json was written by natsort itself.
package natsort

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Sort puts indices of names, which are in byte order, into the natural one. Names of equal
// length usually are in it already, so a look at the neighbours comes first. Equal names, as 1.jpg
// and 01.jpg, stay in byte order: CVAT keeps the archive's order there, and the archive keeps this.
func Sort(at []int, names []string) {
	natural := func(a, b int) int { return compareASCII(names[a], names[b]) }
	var keys []key
	if slices.ContainsFunc(names, func(s string) bool { return !ascii(s) }) {
		keys = make([]key, len(names))
		for i, name := range names {
			keys[i] = newKey(name)
		}
		natural = func(a, b int) int { return keys[a].compare(keys[b]) }
	}
	if keys == nil && sortedASCII(at, names) || keys != nil && slices.IsSortedFunc(at, natural) {
		return
	}
	slices.SortFunc(at, func(a, b int) int { return cmp.Or(natural(a, b), strings.Compare(names[a], names[b]), a-b) })
}

// Stable sorts names of any order; equal ones, as 1.jpg and 01.jpg, keep theirs.
func Stable(names []string) {
	type keyed struct {
		name string
		key  key
	}
	all := make([]keyed, len(names))
	for i, name := range names {
		all[i] = keyed{name, newKey(name)}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return a.key.compare(b.key) })
	for i, k := range all {
		names[i] = k.name
	}
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// sortedASCII splits each name once, not once for each of its neighbours.
func sortedASCII(at []int, names []string) bool {
	var last components
	for i, n := range at {
		c := splitBase(names[n])
		if i > 0 && compareSplit(last, c) > 0 {
			return false
		}
		last = c
	}
	return true
}

// compareASCII compares two ASCII names without allocating; [key] is the
// same order for any name.
func compareASCII(a, b string) int { return compareSplit(splitBase(a), splitBase(b)) }

func compareSplit(sa, sb components) int {
	for {
		ca, okA := sa.next()
		cb, okB := sb.next()
		switch {
		case !okA && !okB:
			return 0
		case !okA:
			return -1
		case !okB:
			return 1
		}
		if c := compareComponents(ca, cb); c != 0 {
			return c
		}
	}
}

// components hands out what natsort compares one after another.
type components struct {
	dirs string // with slashes
	rest [3]string
}

func splitBase(name string) components {
	dirs, base := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dirs, base = name[:i], name[i+1:]
	}
	stem, first, second := splitSuffixes(base)
	return components{dirs, [3]string{stem, first, second}}
}

func (c *components) next() (string, bool) {
	if c.dirs != "" {
		dir, rest, _ := strings.Cut(c.dirs, "/")
		c.dirs = rest
		return dir, true
	}
	for i, s := range c.rest {
		if s != "" {
			c.rest[i] = ""
			return s, true
		}
	}
	return "", false
}

// splitSuffixes takes up to two extensions off a base name: of at most five
// characters, dot included, and not begun by a digit. What is taken off the end is
// taken out of the middle too, if it is there: natsort replaces it everywhere.
func splitSuffixes(base string) (stem, first, second string) {
	if strings.HasSuffix(base, ".") {
		return base, "", ""
	}
	bare := strings.TrimLeft(base, ".")
	second = lastSuffix(bare)
	if second != "" {
		first = lastSuffix(bare[:len(bare)-len(second)])
	}
	both := first + second
	if both == "" {
		return base, "", ""
	}
	if strings.Index(base, both) < len(base)-len(both) {
		return strings.ReplaceAll(base, both, ""), first, second
	}
	return base[:len(base)-len(both)], first, second
}

func lastSuffix(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i < 0 || utf8.RuneCountInString(name[i:]) > 5 {
		return ""
	}
	if r, _ := utf8.DecodeRuneInString(name[i+1:]); isDecimal(r) {
		return ""
	}
	return name[i:]
}

// compareComponents compares text and numbers in turn. No text may run into the
// other's number: "a" then 1 comes before "ab" because "a" is less than "ab".
func compareComponents(a, b string) int {
	for {
		textA, textB := digitsAt(a), digitsAt(b)
		if c := compareFold(a[:textA], b[:textB]); c != 0 {
			return c
		}
		a, b = a[textA:], b[textB:]
		if a == "" || b == "" {
			return len(a) - len(b)
		}
		numberA, numberB := digitsEnd(a), digitsEnd(b)
		if c := compareDigits(a[:numberA], b[:numberB]); c != 0 {
			return c
		}
		a, b = a[numberA:], b[numberB:]
		if a == "" || b == "" {
			return len(a) - len(b)
		}
	}
}

func digitsAt(s string) int {
	for i := range len(s) {
		if isDigit(s[i]) {
			return i
		}
	}
	return len(s)
}

func digitsEnd(s string) int {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return i
		}
	}
	return len(s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// compareDigits compares numbers of any length by value.
func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
