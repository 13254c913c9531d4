package main

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/source"
)

// printProblems says on stderr what was found in the dataset, and returns the worst of it.
func (a *app) printProblems(problems []source.Problem) source.Severity {
	worst := source.Note
	for _, p := range problems {
		worst = max(worst, p.Severity)
		if p.Severity == source.Error || !a.Quiet {
			a.printProblem(p)
		}
	}
	return worst
}

func (a *app) printProblem(p source.Problem) {
	word := map[source.Severity]string{source.Note: "note", source.Warning: "warning", source.Error: "error"}[p.Severity]
	place := ""
	if p.Pos.Line > 0 {
		place = p.Pos.String() + ": "
	}
	fmt.Fprintf(a.stderr, "cvatplan: %s: %s%s\n", word, place, report.Safe(p.Text))
	if p.Severity == source.Note {
		p.Code = "" // says enough by itself
	}
	a.hint(p.Hint, p.Code)
}
