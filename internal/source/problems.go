package source

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// mostAlike is how many problems of one code a task lists; the rest is counted.
const mostAlike = 5

// A problemList keeps the first few problems of each code, and counts the others.
type problemList struct {
	kept  []diag.Diagnostic
	codes map[diag.Code]int
}

func (l *problemList) add(p diag.Diagnostic) {
	if l.codes == nil {
		l.codes = make(map[diag.Code]int)
	}
	l.codes[p.Code]++
	if l.codes[p.Code] <= mostAlike {
		l.kept = append(l.kept, p)
	}
}

// problems gives what was kept; after the last of a code, how many more there are.
func (l *problemList) problems() []diag.Diagnostic {
	seen := make(map[diag.Code]int)
	for i, p := range l.kept {
		seen[p.Code]++
		if more := l.codes[p.Code] - mostAlike; more > 0 && seen[p.Code] == mostAlike {
			l.kept[i].Text += fmt.Sprintf(" (and %d more like this)", more)
		}
	}
	return l.kept
}
