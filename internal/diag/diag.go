// Package diag is what cvatplan says about what it found: one type for a manifest's mistake, a
// damaged image, a refused upload and a server that cannot be reached.
//
// A [Diagnostic] is data. Its [Code] is for programs and for docs/errors.md, its Text names the thing
// and the number, its [Hint] is an action with arguments: which flag or command that is, only the
// command line knows (internal/advice). So nothing here, and nothing that imports this package below
// the command line, names a flag.
//
// The importable packages export these types under names of their own, as aliases
// (plan.Diagnostic, cvat.Hint, ...), so that a program that imports them can name what it gets.
package diag

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/regular"
)

// A Severity says what a [Diagnostic] stops.
type Severity int

// From what stops nothing to what blocks its task, or the manifest's entry that gave none.
const (
	Note Severity = iota
	Warning
	Error
)

// String is "note", "warning" or "error".
func (s Severity) String() string {
	return [...]string{Note: "note", Warning: "warning", Error: "error"}[s]
}

// A Diagnostic is one thing that a person should know.
type Diagnostic struct {
	Severity Severity
	Code     Code   // empty where docs/errors.md has nothing to explain
	Text     string // names the thing and what was found, without a full stop
	Hint     Hint   // what to do about it; the zero Hint is none
	Pos      Position
	Task     string // the task that it is about; empty: several, or none came to be
	Excerpt  string // the manifest's line and a caret below, both indented alike; may be empty
}

// Error is the text: where one function finds one thing, its diagnostic is an error.
func (d Diagnostic) Error() string { return d.Text }

// Errors are those of a list that stop something, in its order.
func Errors(list []Diagnostic) []Diagnostic {
	return slices.DeleteFunc(slices.Clone(list), func(d Diagnostic) bool { return d.Severity < Error })
}

// CodeOr is the code of something that cannot be read, unless that is because no more files may be opened:
// then nothing is wrong with it, and reading it again helps.
func CodeOr(code Code, err error) Code {
	if regular.TooManyOpen(err) {
		return CodeTooManyFiles
	}
	return code
}

// Passes reports whether problems are all of a moment: running again helps, with nothing else changed.
func Passes(problems []Diagnostic) bool {
	return !slices.ContainsFunc(problems, func(p Diagnostic) bool { return p.Code != CodeTooManyFiles })
}

// A Position is where something is written in a manifest. Line and Column count from 1; 0 is unknown.
type Position struct {
	File         string
	Line, Column int
}

// String is file:line:column, as far as they are known.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// HintOf is the hint that an error carries by a method Hint; the zero Hint where it carries none.
func HintOf(err error) Hint {
	var hinted interface{ Hint() Hint }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return Hint{}
}
