package manifest

import (
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// syntax reports an error of yaml.v3's parser, which names no column, and as its
// line often where the enclosing block begins, less one, or none.
func (l *loader) syntax(t *text, err error) {
	line := failingLine(t, err)
	_, message := splitMessage(err)
	source := t.lines[line-1]
	at := Position{t.name, line, firstColumn(source)}
	if column := bareValue(source, message); column > 0 {
		at.Column = column
		l.report(at, "put the value in quotes", "a value that begins with %s needs quotes", []string{string([]rune(source)[column-1])}[0])
		return
	}
	words := explain(message, source)
	l.report(at, words.hint, "%s", words.text)
}

// failingLine finds the first line after which the text fails as the whole does.
// Text that ends before the mistake parses, or fails differently; text that ends
// after it fails with the same message. So a search by halves finds it, begun at
// the line that yaml.v3 names, for the mistake is not above that.
func failingLine(t *text, err error) int {
	named, _ := splitMessage(err)
	fails := func(lines int) bool {
		_, e := decodeYAML(strings.NewReader(strings.Join(t.lines[:lines], "\n") + "\n"))
		return e != nil && e.Error() == err.Error()
	}
	low, last := max(named, 1), len(t.lines)
	high := low
	for step := 1; high < last && !fails(high); step *= 2 {
		low, high = high+1, min(high+step, last)
	}
	return min(low+sort.Search(max(high-low, 0), func(i int) bool { return fails(low + i) }), last)
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
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	return utf8.RuneCountInString(line[:indent]) + 1
}

// beforeValue is what stands before a value: a key, a list's dash, a bracket or a comma.
var beforeValue = regexp.MustCompile("(?::[ \t]+|-[ \t]+|[\\[,][ \t]*)([*{@`%])")

// bareValue returns the column of a value that YAML takes for an alias, a mapping
// or nothing at all, but that was likely meant as text; 0 if there is none.
func bareValue(line, message string) int {
	expected := strings.Contains(message, "expected key") || strings.Contains(message, "expected ',' or")
	for _, m := range beforeValue.FindAllStringSubmatchIndex(line, -1) {
		mark := line[m[2]]
		column := utf8.RuneCountInString(line[:m[2]]) + 1
		switch {
		case mark == '{' && expected && strings.Contains(line[m[2]:], "}"):
			return column
		case mark == '*' && (strings.Contains(message, "alphabetic") || strings.Contains(message, "unknown anchor")):
			return column
		case strings.ContainsRune("@`%", rune(mark)) && strings.Contains(message, "cannot start any token"):
			return column
		}
	}
	return 0
}

// An explanation says in a manifest's words what the parser said in its own.
type explanation struct{ match, text, hint string }

var explanations = []explanation{
	{"unexpected end of stream", "a quote that opens here is never closed", ""},
	{"mapping values are not allowed", "a \": \" where none can be", "the line is indented too far, or a value with \": \" in it needs quotes"},
	{"could not find expected ':'", "a key without \": \" after it", "write key: value, with a blank after the colon"},
	{"expected ',' or ']'", "a [ that is not closed, or a comma that is missing", ""},
	{"expected ',' or '}'", "a { that is not closed, or a comma that is missing", "a template that begins with { needs quotes"},
	{"expected node content", "a bracket that is not closed", ""},
	{"expected '-' indicator", "expected another list item here", "begin the line with - under the other items, or indent it as its neighbours"},
	{"expected key", "this line does not fit the ones above", "indent it as its neighbours; text after a closing quote or bracket is not allowed"},
	{"unknown escape", "an unknown \\ escape between double quotes", "write \\\\ for a backslash, or use single quotes"},
}

func explain(message, source string) explanation {
	indent := source[:len(source)-len(strings.TrimLeft(source, " \t"))]
	if strings.Contains(indent, "\t") {
		return explanation{text: "a tab indents this line", hint: "YAML is indented with blanks only"}
	}
	for _, e := range explanations {
		if strings.Contains(message, e.match) {
			return e
		}
	}
	return explanation{text: message}
}
