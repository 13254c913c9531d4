package main

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/report"
)

// printProblems says on stderr what was found in the dataset, and returns the worst of it.
func (a *app) printProblems(problems []diag.Diagnostic) diag.Severity {
	worst := diag.Note
	for _, p := range problems {
		worst = max(worst, p.Severity)
		if p.Severity == diag.Error || !a.Quiet {
			a.printProblem(p)
		}
	}
	return worst
}

func (a *app) printProblem(p diag.Diagnostic) {
	place := ""
	if p.Pos.Line > 0 {
		place = p.Pos.String() + ": "
	}
	fmt.Fprintf(a.stderr, "cvatplan: %s: %s%s\n", p.Severity, place, report.Safe(p.Text))
	if p.Severity == diag.Note {
		p.Code = "" // says enough by itself
	}
	a.hint(p.Hint, p.Code)
}
