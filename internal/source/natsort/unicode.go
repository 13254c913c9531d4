package natsort

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A key is any name as natsort compares it: components of text and numbers.
type key [][]token

// A token is text, maybe empty, and the number after it, if there is one.
type token struct {
	text, digits string
	number       bool
}

func newKey(name string) key {
	var k key
	for parts := splitBase(name); ; {
		part, ok := parts.next()
		if !ok {
			return k
		}
		k = append(k, tokens(foldText(part)))
	}
}

func (k key) compare(o key) int {
	return slices.CompareFunc(k, o, func(a, b []token) int {
		return slices.CompareFunc(a, b, token.compare)
	})
}

func (t token) compare(o token) int {
	if t.text == o.text && t.number != o.number {
		return len(t.digits) - len(o.digits)
	}
	return cmp.Or(strings.Compare(t.text, o.text), compareDigits(t.digits, o.digits))
}

// foldText is NFD, then without case, then NFC. The dotless i is the one letter that
// Python's swapcase, which natsort applies first, folds where casefold alone does not.
func foldText(s string) string {
	s = strings.ReplaceAll(norm.NFD.String(s), "ı", "i")
	return norm.NFC.String(cases.Fold().String(s))
}

func tokens(s string) []token {
	var all []token
	for s != "" {
		var t token
		end := strings.IndexFunc(s, isNumeral)
		if end < 0 {
			end = len(s)
		}
		t.text, s = grouped(s[:end]), s[end:]
		t.digits, s = numeral(s)
		t.number = t.digits != ""
		all = append(all, t)
	}
	return all
}

// grouped puts before each letter its caseless form, as natsort does ("groupletters").
func grouped(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteString(cases.Fold().String(string(r)))
		b.WriteRune(r)
	}
	return b.String()
}

// numeral takes a number off the front: decimal digits of any script, or one single
// digit of another kind (², ①), which natsort never joins.
func numeral(s string) (digits, rest string) {
	for i, r := range s {
		switch {
		case isDecimal(r):
			digits += string('0' + decimal(r))
		case i == 0:
			return lone(r), s[len(string(r)):]
		default:
			return digits, s[i:]
		}
	}
	return digits, ""
}

func isDecimal(r rune) bool { return unicode.Is(unicode.Nd, r) }

func isNumeral(r rune) bool { return isDecimal(r) || lone(r) != "" }

// decimal is the value of a decimal digit: Unicode keeps them in runs of ten from 0 on.
func decimal(r rune) rune {
	for _, run := range unicode.Nd.R16 {
		if r <= rune(run.Hi) {
			return (r - rune(run.Lo)) % 10
		}
	}
	for _, run := range unicode.Nd.R32 {
		if r <= rune(run.Hi) {
			return (r - rune(run.Lo)) % 10
		}
	}
	return 0
}

// loneDigits are the digits that are no decimals (Unicode's Numeric_Type=Digit):
// first, last, and the first one's value.
var loneDigits = [][3]rune{
	{0xb2, 0xb3, 2}, {0xb9, 0xb9, 1}, {0x1369, 0x1371, 1}, {0x19da, 0x19da, 1},
	{0x2070, 0x2070, 0}, {0x2074, 0x2079, 4}, {0x2080, 0x2089, 0}, {0x2460, 0x2468, 1},
	{0x2474, 0x247c, 1}, {0x2488, 0x2490, 1}, {0x24ea, 0x24ea, 0}, {0x24f5, 0x24fd, 1},
	{0x24ff, 0x24ff, 0}, {0x2776, 0x277e, 1}, {0x2780, 0x2788, 1}, {0x278a, 0x2792, 1},
	{0x10a40, 0x10a43, 1}, {0x10e60, 0x10e68, 1}, {0x11052, 0x1105a, 1}, {0x1f100, 0x1f100, 0},
	{0x1f101, 0x1f10a, 0},
}

func lone(r rune) string {
	for _, run := range loneDigits {
		if run[0] <= r && r <= run[1] {
			return string('0' + run[2] + r - run[0])
		}
	}
	return ""
}
