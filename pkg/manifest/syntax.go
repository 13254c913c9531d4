package manifest

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// syntax reports an error of yaml.v3's parser, which names no column, and as its
// line often where the enclosing block begins, less one, or none.
func (l *loader) syntax(t *text, err error) {
	line := failingLine(t, err)
	_, message := splitMessage(err)
	if at, ok := commentInBrackets(t, line); ok && missesBracket(message) {
		l.report(at, quoteIt, "a # begins a comment here, and what would close the bracket is in it")
		return
	}
	for _, slip := range slips() {
		for _, above := range []int{0, 1} {
			at := line - above
			if at < 1 || above == 1 && !slip.above || !strings.Contains(message, slip.message) {
				continue
			}
			source := t.lines[at-1]
			if m := slip.pattern.FindStringSubmatchIndex(source); m != nil {
				l.report(Position{File: t.name, Line: at, Column: column(source, m[2])}, slip.hint, "%s", slip.text)
				return
			}
		}
	}
	source := t.lines[line-1]
	text, hint := explanation(message)
	l.report(Position{File: t.name, Line: line, Column: firstColumn(source)}, hint, "%s", text)
}

// missesBracket tells what the parser says where a bracket was not closed in time.
func missesBracket(message string) bool {
	return strings.Contains(message, "expected node content") || strings.Contains(message, "expected ',' or") || strings.Contains(message, "expected key")
}

// bareHash is a value that begins with #, and the bracket that it swallows behind it.
var bareHash = regexp.MustCompile(`(?::[ \t]+|[\[,][ \t]*)(#[^\s#][^#]*[\]}])`)

// commentInBrackets finds the nearest line, from the failing one up, in which an unquoted
// # hides a closing bracket: the parser goes on, and fails at what follows.
func commentInBrackets(t *text, failing int) (Position, bool) {
	const most = 8 // in a line; what a person wrote has one
	for at := failing; at >= 1; at-- {
		line := t.lines[at-1]
		for _, m := range bareHash.FindAllStringSubmatchIndex(line, most) {
			if openBrackets(line[:m[2]]) > 0 {
				return Position{File: t.name, Line: at, Column: column(line, m[2])}, true
			}
		}
	}
	return Position{}, false
}

// openBrackets counts the brackets that the beginning of a line leaves open; 0 if it ends
// within a quoted value.
func openBrackets(begin string) int {
	open, quote := 0, rune(0)
	for _, r := range begin {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '[' || r == '{':
			open++
		case r == ']' || r == '}':
			open--
		}
	}
	if quote != 0 {
		return 0
	}
	return open
}

// failingLine finds the first line after which the text fails as the whole does.
// Text that ends before the mistake parses, or fails differently; text that ends
// after it fails with the same message. So a search by halves finds it, begun at
// the line that yaml.v3 names, for the mistake is not above that.
func failingLine(t *text, err error) int {
	fails := func(lines int) bool {
		_, e := decodeYAML(strings.NewReader(strings.Join(t.lines[:lines], "\n") + "\n"))
		return e != nil && e.Error() == err.Error()
	}
	named, _ := splitMessage(err)
	low, last := min(max(named, 1), len(t.lines)), len(t.lines)
	high := low
	for step := 1; high < last && !fails(high); step *= 2 {
		low, high = high+1, min(high+step, last)
	}
	return low + sort.Search(high-low, func(i int) bool { return fails(low + i) })
}

var yamlMessage = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// splitMessage returns the line that yaml.v3 names, 0 for none, and what it says.
func splitMessage(err error) (int, string) {
	text := err.Error()
	m := yamlMessage.FindStringSubmatch(text)
	if m == nil {
		return 0, text
	}
	line, _ := strconv.Atoi(m[1])
	return line, text[len(m[0]):]
}

// firstColumn is the column of the first character that is not blank.
func firstColumn(line string) int {
	return column(line, len(line)-len(strings.TrimLeft(line, " \t")))
}

// column turns an offset in bytes into a column.
func column(line string, offset int) int { return utf8.RuneCountInString(line[:offset]) + 1 }

// A slip is a mistake that many make: what the parser says, and how the line, or
// the one above, then looks. The pattern's first group is where the caret goes.
type slip struct {
	message string
	pattern *regexp.Regexp
	above   bool
	text    string
	hint    diag.Hint
}

// value is what comes before a value: a key, a list's dash, a bracket or a comma.
const value = `(?::[ \t]+|-[ \t]+|[\[,][ \t]*)`

var quoteIt = diag.Do(diag.HintQuoteValue)

var slips = sync.OnceValue(func() []slip {
	return []slip{
		{"", regexp.MustCompile(`^ *(\t)`), false, "a tab indents this line", diag.Do(diag.HintIndentWithBlanks)},
		{"mapping values are not", regexp.MustCompile(`^ *(?:- +)*([\w-]+:[^\s:/][^:]*)$`), true,
			"a colon without a blank after it", diag.Do(diag.HintWrite, "key: value")},
		{"could not find expected ':'", regexp.MustCompile(`^ *(?:- +)*([\w-]+:[^\s:/][^:]*)$`), true,
			"a colon without a blank after it", diag.Do(diag.HintWrite, "key: value")},
		{"mapping values are not", regexp.MustCompile(value + `(\{\w+\}[^\s,}\]].*)`), true, "a value that begins with { needs quotes", quoteIt},
		{"mapping values are not", regexp.MustCompile(`^ *(?:- +)*[\w-]+: +([^\s"'#][^#]*: .*)$`), false,
			`a value with ": " in it needs quotes`, quoteIt},
		{"expected key", regexp.MustCompile(value + `(\{\w+\}[^\s,}\]].*)`), false, "a value that begins with { needs quotes", quoteIt},
		{"expected ',' or", regexp.MustCompile(value + `(\{\w+\}[^\s,}\]].*)`), false, "a value that begins with { needs quotes", quoteIt},
		{"alphabetic or numeric", regexp.MustCompile(value + `(\*)`), false, "a value that begins with * needs quotes", quoteIt},
		{"unknown anchor", regexp.MustCompile(value + `(\*)`), false, "a value that begins with * needs quotes, unless it is an alias",
			diag.Do(diag.HintQuoteOrAnchor)},
		{"cannot start any token", regexp.MustCompile(value + "(@)"), false, "a value that begins with @ needs quotes", quoteIt},
		{"cannot start any token", regexp.MustCompile(value + "(`)"), false, "a value that begins with ` needs quotes", quoteIt},
		{"cannot start any token", regexp.MustCompile(value + "(%)"), false, "a value that begins with % needs quotes", quoteIt},
		{"expected key", regexp.MustCompile(value + `'[^']*'[ \t]*([^\s,}\]'#:])`), false, "text after a closing quote",
			diag.Do(diag.HintWriteForLiteral, "''", "a ' between single quotes, or use double quotes")},
		{"expected key", regexp.MustCompile(value + `"[^"]*"[ \t]*([^\s,}\]#:])`), false, "text after a closing quote", diag.Do(diag.HintWriteForLiteral, `\"`, `a " between double quotes`)},
		{"unexpected end of stream", regexp.MustCompile(value + `(["'])`), false, "a quote that is never closed", diag.Hint{}},
		{"unknown escape", regexp.MustCompile(`"[^"]*?(\\[^0abt\tnvfre "/\\N_LPxuU])`), false, `an unknown \ escape between double quotes`,
			diag.Do(diag.HintWriteForLiteral, `\\`, "a backslash, or use single quotes")},
		{"expected ',' or ']'", regexp.MustCompile(`(\[)[^\]]*$`), false, "a [ that is not closed, or a comma that is missing", diag.Hint{}},
		{"expected ',' or '}'", regexp.MustCompile(`(\{)[^}]*$`), false, "a { that is not closed, or a comma that is missing", diag.Hint{}},
		{"expected node content", regexp.MustCompile(`([\[{])[^\]}]*$`), false, "a bracket that is not closed", diag.Hint{}},
	}
})

// explanation says in a manifest's words what the parser said in its own.
func explanation(message string) (text string, hint diag.Hint) {
	for _, e := range []struct {
		match, text string
		hint        diag.Hint
	}{
		{"mapping values are not", `a ": " where none can be`, diag.Do(diag.HintIndentLessOrQuote)},
		{"could not find expected ':'", `a key without ": " after it`, diag.Do(diag.HintWrite, "key: value")},
		{"incompatible YAML", "a version of YAML that cannot be read", diag.Do(diag.HintRemoveYAMLLine)},
		{"expected ',' or", "a bracket that is not closed, or a comma that is missing", diag.Hint{}},
		{"expected '-' indicator", "expected another list item here", diag.Do(diag.HintIndentListItem)},
		{"expected key", "this line does not fit the ones above", diag.Do(diag.HintIndentAsNeighbours)},
	} {
		if strings.Contains(message, e.match) {
			return e.text, e.hint
		}
	}
	return fmt.Sprintf("not YAML: %s", clip(message)), diag.Hint{}
}
