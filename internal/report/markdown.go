package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Marker is the first line of [Markdown]'s output; it is not shown. A comment that
// begins with it is ours, to be updated in place of being written again.
const Marker = "<!-- cvatplan -->"

// MaxMarkdown is the most that [Markdown] writes, in bytes, and so in characters:
// GitHub takes 65,536 characters in a comment, and the caller may add some.
const MaxMarkdown = 60_000

// MarkdownOptions say what [Markdown] writes in addition to the plans.
type MarkdownOptions struct {
	Errors []diag.Diagnostic // why there is no plan, or less of it
}

// Markdown writes plans for a pull request's comment or a job's summary: counts,
// errors and notes at once, the tasks folded away by bag. What does not fit is left
// out of the middle, and counted.
func Markdown(w io.Writer, plans []plan.Plan, o MarkdownOptions) error {
	head := markdownHead(plans, o)
	var folds []fold
	for _, p := range plans {
		folds = append(folds, foldsOf(p, len(plans) > 1)...)
	}
	_, err := io.WriteString(w, head+fit(folds, MaxMarkdown-len(head)))
	return err
}

// The head is bounded: its lists end where it has grown so long, in bytes.
const maxHead = MaxMarkdown / 4

func markdownHead(plans []plan.Plan, o MarkdownOptions) string {
	var b strings.Builder
	b.WriteString(Marker + "\n")
	fmt.Fprintf(&b, "**%s**\n\n", summary(plans, o.Errors))
	bullets(&b, "", len(plans), func(i int) markdown { return prose(heading(plans[i])) })
	b.WriteString(countsTable(plans))
	bullets(&b, "Errors", len(o.Errors), func(i int) markdown { return errorLine(o.Errors[i]) })
	projects := changedProjects(plans)
	bullets(&b, "Projects", len(projects), func(i int) markdown { return projects[i] })
	notes := allNotes(plans)
	bullets(&b, "Notes", len(notes), func(i int) markdown { return prose(noteText(notes[i])) })
	return b.String()
}

func countsTable(plans []plan.Plan) string {
	counts := countActions(allChanges(plans))
	if len(counts) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| | tasks | frames | to upload |\n| :-- | --: | --: | --: |\n")
	for _, t := range counts {
		fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", signText(t.action), t.tasks, t.frames, t.size())
	}
	return b.String() + "\n"
}

// signText is symbol and word; the symbols are no markup but "+", "~", "-" and "!".
func signText(a plan.Action) markdown {
	s := signOf(a)
	return code(s.symbol) + " " + prose(s.word)
}

// bullets writes a titled list, as long as the head allows.
func bullets(b *strings.Builder, title string, n int, line func(int) markdown) {
	if n == 0 || b.Len() > 2*maxHead {
		return
	}
	if title != "" {
		fmt.Fprintf(b, "%s:\n\n", title)
	}
	i := 0
	for ; i < n && b.Len() < maxHead; i++ {
		fmt.Fprintf(b, "- %s\n", line(i))
	}
	if i < n {
		fmt.Fprintf(b, "- … and %d more\n", n-i)
	}
	b.WriteString("\n")
}

func errorLine(p diag.Diagnostic) markdown {
	line := prose(p.Text)
	if p.Pos.File != "" {
		line = code(p.Pos.String()) + ": " + line
	}
	if p.Hint != (diag.Hint{}) {
		line += " (hint: " + prose(advice.Words(p.Hint)) + ")"
	}
	return line
}

func changedProjects(plans []plan.Plan) []markdown {
	var lines []markdown
	for _, p := range plans {
		for _, r := range projectRows(p.Project) {
			lines = append(lines, code(r.sign.symbol)+" "+prose(r.sign.word+" "+r.text))
		}
	}
	return lines
}
