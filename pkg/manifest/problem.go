package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// A Diagnostic is one mistake in a manifest, as data: Text says what is wrong, Pos where, Excerpt is
// that line with a caret below, and Hint what to write instead (see plan.Hint).
type Diagnostic = diag.Diagnostic

// Error holds every mistake that was found, in the order of files and lines.
type Error struct{ Problems []Diagnostic }

// shown is how many problems Error prints; the rest is counted.
const shown = 50

// Error prints each problem as file:line:column: what, and the line that it is in.
func (e *Error) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i == shown {
			fmt.Fprintf(&b, "\nand %d more", len(e.Problems)-shown)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line(p))
	}
	return b.String()
}

// line is the problem as Error prints it, without a line break at the end.
func line(p Diagnostic) string {
	text := p.Pos.String() + ": " + p.Text
	if p.Excerpt != "" {
		text += "\n" + p.Excerpt
	}
	return text
}

// maxProblems bounds what a hostile file can make of the report.
const maxProblems = 1000

// full reports whether more problems would only be thrown away.
func (l *loader) full() bool { return len(l.problems) >= maxProblems }

// report adds a problem.
func (l *loader) report(at Position, hint diag.Hint, format string, args ...any) {
	l.add(Diagnostic{Code: diag.CodeBadManifest, Text: fmt.Sprintf(format, args...), Hint: hint, Pos: at})
}

func (l *loader) add(p Diagnostic) {
	if l.full() {
		return
	}
	p.Severity = diag.Error
	l.problems = append(l.problems, p)
}

// unread reports a file that could not be read, as what the manifest calls it.
func (l *loader) unread(at Position, err error, what string) {
	l.add(Diagnostic{Code: diag.CodeOr(diag.CodeBadManifest, err), Text: what + ": " + reason(err), Pos: at})
}

// err returns the problems in reading order, each once, or nil.
func (l *loader) err() error {
	if len(l.problems) == 0 {
		return nil
	}
	rank := map[string]int{}
	for i, f := range l.files {
		rank[f.name] = i
	}
	for i, p := range l.problems {
		if f := l.file(p.Pos.File); f != nil {
			l.problems[i].Pos = f.within(p.Pos)
		}
	}
	slices.SortStableFunc(l.problems, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(rank[a.Pos.File], rank[b.Pos.File]), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column), cmp.Compare(a.Text, b.Text))
	})
	foreign := l.foreign()
	for i, p := range l.problems {
		f := l.file(p.Pos.File)
		switch {
		case f == nil:
		case foreign[f]:
			l.problems[i].Text, l.problems[i].Hint = outside, diag.Hint{}
		default:
			l.problems[i].Excerpt = f.excerpt(p.Pos)
		}
	}
	return &Error{Problems: slices.Compact(l.problems)}
}
