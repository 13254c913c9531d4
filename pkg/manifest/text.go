package manifest

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// maxFileSize is the size in bytes above which a manifest, or a file that it
// names, is refused: a million-line manifest is a mistake, not a dataset.
const maxFileSize = 4 << 20

// A text is a file's content, checked to be UTF-8 without control characters.
type text struct {
	name  string // as given, or relative to the same directory as the manifest's name
	dir   string
	data  []byte // without a byte order mark
	lines []string
}

func newText(name string, data []byte) *text {
	t := &text{name: name, dir: filepath.Dir(name), data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))}
	if len(t.data) <= maxFileSize { // check refuses it otherwise
		t.lines = strings.Split(lineEnds.Replace(string(t.data)), "\n")
	}
	return t
}

// lineEnds ends lines where YAML does: at LF, CRLF and a CR alone.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// check reports what keeps the text from being read at all.
func (l *loader) check(t *text) bool {
	at := Position{File: t.name}
	switch {
	case len(t.data) > maxFileSize:
		l.report(at, diag.Hint{}, "the file is larger than %d MiB", maxFileSize>>20)
		return false
	case bytes.HasPrefix(t.data, []byte("\xff\xfe")), bytes.HasPrefix(t.data, []byte("\xfe\xff")):
		l.report(at, diag.Do(diag.HintSaveAsUTF8), "the file is UTF-16")
		return false
	}
	before := len(l.problems)
	for i, line := range t.lines {
		if column, what := badCharacter(line); column > 0 {
			l.report(Position{File: t.name, Line: i + 1, Column: column}, diag.Do(diag.HintSaveAsPlainUTF8), "%s", what)
		}
		if len(l.problems)-before == shown {
			break
		}
	}
	return len(l.problems) == before
}

// badCharacter finds the first character that no manifest needs: it would hide in
// an editor, end a line for YAML only, or reach a terminal. Columns count from 1.
func badCharacter(line string) (int, string) {
	column := 0
	for i, r := range line {
		column++
		switch {
		case r >= ' ' && r <= '~':
		case r == utf8.RuneError && !strings.HasPrefix(line[i:], "\uFFFD"):
			return column, fmt.Sprintf("byte 0x%02x is not UTF-8", line[i])
		case isControl(r) && r != '\t':
			return column, fmt.Sprintf("control character U+%04X", r)
		case r == '\u2028' || r == '\u2029':
			return column, fmt.Sprintf("invisible line separator U+%04X", r)
		case r == '\uFEFF':
			return column, "byte order mark within the text"
		}
	}
	return 0, ""
}

// isControl reports a control character (C0, DEL or C1), or one that turns the
// direction of the text around it, so that it reads as what it is not.
func isControl(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// Secrets that were written by mistake are not repeated on a terminal or in a CI log.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)((?:token|password|passwd|secret|api_?key|credentials?)["']?\s*:\s*)[^\s].*`),
	regexp.MustCompile(`(://)[^\s"']*@`),
	regexp.MustCompile(`(://[^\s"'?]*\?)[^\s"']+`), // a signature, say
}

func redact(line string) string {
	line = secrets[0].ReplaceAllString(line, "${1}**redacted**")
	line = secrets[1].ReplaceAllString(line, "${1}**redacted**@")
	return secrets[2].ReplaceAllString(line, "${1}**redacted**")
}

// excerptWidth is the most of a line that an excerpt shows, in columns; a line
// longer than excerptLimit bytes was not written by hand, and is not shown.
const (
	excerptWidth = 120
	excerptLimit = 32 << 10
)

// within moves a position past the end, where a missing value is found, to the end.
func (t *text) within(at Position) Position {
	if at.Line > len(t.lines) {
		at.Line = len(t.lines)
		at.Column = utf8.RuneCountInString(t.lines[at.Line-1]) + 1
	}
	return at
}

// excerpt returns the line of a position and a caret below it.
func (t *text) excerpt(at Position) string {
	if at.Line < 1 || at.Line > len(t.lines) {
		return ""
	}
	if len(t.lines[at.Line-1]) > excerptLimit {
		return ""
	}
	line := redact(t.lines[at.Line-1])
	if strings.TrimSpace(line) == "" {
		return ""
	}
	runes := []rune(printable(line))
	caret := min(max(at.Column-1, 0), len(runes))
	from := 0
	if caret > excerptWidth-20 {
		from = caret - excerptWidth/2
	}
	to := min(len(runes), from+excerptWidth)
	return "    " + string(runes[from:to]) + "\n    " + blank(runes[from:caret]) + "^"
}

// printable replaces what a terminal would act upon.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && !wording.Visible(r) || r == utf8.RuneError {
			return '\uFFFD'
		}
		return r
	}, line)
}

// blank returns white space as wide as the text is on a terminal.
func blank(text []rune) string {
	var b strings.Builder
	for _, r := range text {
		switch kind := width.LookupRune(r).Kind(); {
		case r == '\t':
			b.WriteByte('\t')
		case unicode.In(r, unicode.Mn, unicode.Me):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}
