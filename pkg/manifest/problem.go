package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one mistake in a manifest.
type Problem struct {
	Pos    Position
	Text   string // what is wrong
	Source string // the line that it stands in and a caret below, both indented alike; may be empty
	Hint   string // what to write instead; may be empty
}

// Error holds every mistake that was found, in the order of files and lines.
type Error struct{ Problems []Problem }

// shown is how many problems Error prints; the rest is counted.
const shown = 50

// Error prints each problem as file:line:column: what, its source and its hint.
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
		b.WriteString(p.String())
	}
	return b.String()
}

// String is the problem as Error prints it, without a line break at the end.
func (p Problem) String() string {
	lines := []string{p.Pos.String() + ": " + p.Text}
	if p.Source != "" {
		lines = append(lines, p.Source)
	}
	if p.Hint != "" {
		lines = append(lines, "  hint: "+p.Hint)
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds what a hostile file can make of the report.
const maxProblems = 1000

// full reports whether more problems would only be thrown away.
func (l *loader) full() bool { return len(l.problems) >= maxProblems }

// report adds a problem.
func (l *loader) report(at Position, hint, format string, args ...any) {
	if l.full() {
		return
	}
	l.problems = append(l.problems, Problem{Pos: at, Text: fmt.Sprintf(format, args...), Hint: hint})
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
	slices.SortStableFunc(l.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(rank[a.Pos.File], rank[b.Pos.File]), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column), cmp.Compare(a.Text, b.Text))
	})
	problems := slices.Compact(l.problems)
	for i, p := range problems {
		if f := l.file(p.Pos.File); f != nil {
			problems[i].Source = f.excerpt(p.Pos)
		}
	}
	return &Error{Problems: problems}
}
