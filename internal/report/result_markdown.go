package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/apply"
)

// ResultMarkdown writes what apply did for a job's summary, within the bounds of
// [Markdown]: the summary line, then each task by what became of it. What failed or
// needs a person is shown, the rest is folded away.
func ResultMarkdown(w io.Writer, results []apply.Result) error {
	var head strings.Builder
	fmt.Fprintf(&head, "%s\n**%s**\n\n", Marker, ResultSummary(results))
	for _, r := range results {
		endings := endingsOf(r)
		bullets(&head, resultTitle(r.Project), len(endings), func(i int) markdown { return endings[i] })
	}
	var folds []fold
	for _, r := range results {
		folds = append(folds, resultFolds(r)...)
	}
	_, err := io.WriteString(w, head.String()+fit(folds, MaxMarkdown-head.Len()))
	return err
}

func resultTitle(p apply.ProjectResult) string {
	return string(link(prose("Project "+p.Name), p.URL))
}

// endingsOf are what concerns the whole run of a project.
func endingsOf(r apply.Result) []markdown {
	var lines []markdown
	if r.Project.Created {
		lines = append(lines, "created")
	}
	if n := len(r.Project.Labels); n > 0 {
		lines = append(lines, prose(wording.Count(n, "label", "labels")+" added: "+strings.Join(r.Project.Labels, ", ")))
	}
	for _, text := range r.Project.Changed {
		lines = append(lines, prose(text))
	}
	for _, w := range r.Project.Warnings {
		lines = append(lines, "warning: "+prose(w))
	}
	for _, err := range runErrors(r) {
		lines = append(lines, "error: "+prose(err))
	}
	for _, h := range r.Hints {
		lines = append(lines, "hint: "+prose(advice.Words(h)))
	}
	return lines
}

// resultFolds go from what is urgent to what is only good to know.
func resultFolds(r apply.Result) []fold {
	var folds []fold
	for i := len(outcomes) - 1; i >= 0; i-- {
		o := outcomes[i]
		if o == apply.Unchanged {
			continue // counted in the summary
		}
		var rows []string
		for _, t := range r.Tasks {
			if t.Outcome == o && (o != apply.Left || !quiet(t.Action)) {
				rows = append(rows, resultMarkdownRow(t))
			}
		}
		folds = append(folds, foldRows(rows, r.Project.Name, o)...)
	}
	return folds
}

const resultColumns = "| | task | frames | sent | |\n| :-- | :-- | --: | --: | :-- |\n"

func foldRows(rows []string, project string, o apply.Outcome) []fold {
	var folds []fold
	urgent := o == apply.Failed || o == apply.Refused
	for len(rows) > 0 {
		var table strings.Builder
		n := 0
		for ; n < len(rows) && table.Len() < maxFold; n++ {
			table.WriteString(rows[n])
		}
		folds = append(folds, fold{tasks: n, text: fmt.Sprintf(
			"<details%s><summary>%s: %d %s</summary>\n\n%s%s\n</details>\n",
			openIf(urgent), prose(project), n, outcomeSigns[o].word, resultColumns, table.String())})
		rows = rows[n:]
	}
	return folds
}

func resultMarkdownRow(r apply.TaskResult) string {
	row := resultRow(r)
	var lines []markdown
	if r.Err != nil || row.sign.word == "refused" || r.Outcome == apply.Left {
		lines = append(lines, prose(row.reason))
	}
	for _, w := range r.Warnings {
		lines = append(lines, "warning: "+prose(w))
	}
	if again := runAgain(r); again != "" {
		lines = append(lines, prose(again))
	}
	if r.Reason.Hint != (diag.Hint{}) {
		lines = append(lines, "hint: "+link(prose(advice.Words(r.Reason.Hint)), HelpURL(r.Reason.Code)))
	}
	return fmt.Sprintf("| %s %s | %s | %s | %s | %s |\n",
		code(row.sign.symbol), prose(row.sign.word), link(code(r.Task), r.URL), row.frames, row.size, joined(lines, "<br>"))
}
