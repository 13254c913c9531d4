package report

import (
	"fmt"
	"io"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// mostMistakes is how many of a manifest's mistakes are listed for a person; the rest is counted.
const mostMistakes = 50

// Mistakes lists what is wrong with manifests as editors and CI read it: file:line:column: what, then
// the line itself and a hint.
func Mistakes(w io.Writer, list []diag.Diagnostic) {
	for _, d := range list[:min(len(list), mostMistakes)] {
		fmt.Fprintf(w, "%s: %s\n", wording.Safe(d.Pos.String()), wording.Safe(d.Text))
		if d.Excerpt != "" {
			fmt.Fprintln(w, d.Excerpt)
		}
		if d.Hint != (diag.Hint{}) {
			fmt.Fprintf(w, "  hint: %s\n", wording.Safe(advice.Words(d.Hint)))
		}
	}
	if more := len(list) - mostMistakes; more > 0 {
		fmt.Fprintf(w, "and %d more\n", more)
	}
}
