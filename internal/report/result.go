package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

var outcomeSigns = map[apply.Outcome]sign{
	apply.Done:      {"✓", "done", green},
	apply.Unchanged: {"=", "unchanged", faint},
	apply.Left:      {"-", "left", faint},
	apply.Refused:   {"✗", "refused", red},
	apply.Pending:   {"…", "importing", cyan},
	apply.Failed:    {"✗", "failed", red},
	apply.Stopped:   {"-", "stopped", yellow},
}

// outcomes in the order of their rows: what is listed last is read first.
var outcomes = []apply.Outcome{
	apply.Unchanged, apply.Left, apply.Done, apply.Pending, apply.Stopped, apply.Refused, apply.Failed,
}

// ResultText writes what apply did, below the plan's text: each task with its id and its link, each failure
// with its cause and whether running again helps, and a summary line. What the plan refused is in the summary alone.
func ResultText(w io.Writer, results []apply.Result, o TextOptions) error {
	t := &text{TextOptions: o}
	for _, r := range results {
		for _, task := range t.rows(r) {
			t.columns.fit(resultRow(task))
		}
	}
	for _, r := range results {
		t.result(r)
	}
	t.line(ResultSummary(results))
	_, err := w.Write(t.buf.Bytes())
	return err
}

func (t *text) result(r apply.Result) {
	if rows := t.rows(r); len(rows) > 0 || len(r.Project.Changed) > 0 && !t.Quiet {
		heading := r.Project
		heading.Name = t.projectName(heading.Name)
		t.line(t.Palette.paint(bold, t.wrap(wording.Safe(resultHeading(heading)), 0)))
		if len(rows) > 0 {
			t.line("")
		}
		for i, task := range rows {
			row := resultRow(task)
			if i > 0 && row.repeats(resultRow(rows[i-1])) {
				row.reason = ""
			}
			t.row(row)
			if i+1 < len(rows) && rows[i+1].Reason.Hint == task.Reason.Hint && rows[i+1].Outcome == task.Outcome {
				task.Reason.Hint = diag.Hint{} // said once, under the last of them
			}
			t.resultFacts(task)
		}
		t.line("")
	}
	t.ending(r)
}

// ending is what concerns the whole run.
func (t *text) ending(r apply.Result) {
	for _, w := range r.Project.Warnings {
		t.line(t.Palette.paint(yellow, "warning:") + " " + wording.Safe(w))
	}
	for _, err := range runErrors(r) {
		t.line(t.Palette.paint(red, "error:") + " " + wording.Safe(err))
	}
	for _, h := range r.Hints {
		t.line(t.Palette.paint(cyan, "hint:") + " " + wording.Safe(advice.Words(h)))
	}
	if len(runErrors(r))+len(r.Hints)+len(r.Project.Warnings) > 0 {
		t.line("")
	}
}

// runErrors are why a run ended early, each once.
func runErrors(r apply.Result) []string {
	var errors []string
	for _, err := range []error{r.Err, r.NotAllowed} {
		if err != nil && !slices.Contains(errors, err.Error()) {
			errors = append(errors, err.Error())
		}
	}
	return errors
}

func resultHeading(p apply.ProjectResult) string {
	s := "Project " + p.Name
	if p.Created {
		s += ", created"
	}
	if len(p.Labels) > 0 && !p.Created {
		s += ", " + wording.Count(len(p.Labels), "label", "labels") + " added"
	}
	for _, text := range p.Changed {
		s += ", " + text
	}
	return joinNonEmpty(": ", s, p.URL)
}

// rows are the tasks that get a row, by outcome, then in the plan's order.
func (t *text) rows(r apply.Result) []apply.TaskResult {
	var rows []apply.TaskResult
	for _, task := range r.Tasks {
		if t.listed(task) {
			rows = append(rows, task)
		}
	}
	slices.SortStableFunc(rows, func(a, b apply.TaskResult) int {
		return slices.Index(outcomes, a.Outcome) - slices.Index(outcomes, b.Outcome)
	})
	return rows
}

// refusedByPlan are the actions of tasks that the plan above has listed already, with the same reason.
var refusedByPlan = []plan.Action{plan.Conflict, plan.Blocked, plan.Renamed}

func (t *text) listed(r apply.TaskResult) bool {
	switch {
	case r.Outcome == apply.Refused:
		return !slices.Contains(refusedByPlan, r.Action)
	case r.Outcome == apply.Failed:
		return true
	case t.Quiet:
		return false
	case r.Outcome == apply.Unchanged || r.Outcome == apply.Left:
		return t.Verbose || !quiet(r.Action)
	}
	return true
}

// resultFacts are the lines below a row.
func (t *text) resultFacts(r apply.TaskResult) {
	linked := r.Outcome == apply.Done || r.Outcome == apply.Pending || r.Outcome == apply.Unchanged
	if r.ID != 0 && (r.Err != nil || !linked) {
		t.detail("task", wording.Safe(joinNonEmpty(": ", fmt.Sprintf("#%d", r.ID), r.URL)))
	}
	for _, w := range r.Warnings {
		t.detail("warning", wording.Safe(w))
	}
	if again := runAgain(r); again != "" {
		t.detail("again", again)
	}
	if r.Reason.Hint != (diag.Hint{}) {
		t.hint(advice.Words(r.Reason.Hint), HelpURL(r.Reason.Code))
	}
}

// ResultSummary is apply's last line: three fixed counts, then the others where they are
// not zero.
func ResultSummary(results []apply.Result) string {
	n := apply.Count(results...)
	var b strings.Builder
	fmt.Fprintf(&b, "Apply: %d done, %d failed, %d unchanged", n.Done, n.Failed, n.Unchanged)
	for _, optional := range []struct {
		n    int
		word string
	}{{n.Pending, "importing"}, {n.Stopped, "stopped"}, {n.Refused, "refused"}, {n.Drift, "drifted"}, {n.Left - n.Drift, "left as they are"}} {
		if optional.n > 0 {
			fmt.Fprintf(&b, ", %d %s", optional.n, optional.word)
		}
	}
	if n.Projects > 0 {
		fmt.Fprintf(&b, ", %s created", wording.Count(n.Projects, "project", "projects"))
	}
	if n.Labels > 0 {
		fmt.Fprintf(&b, ", %s added", wording.Count(n.Labels, "label", "labels"))
	}
	fmt.Fprintf(&b, ". %s, %s sent.", wording.Frames(n.Images, n.OtherKinds), wording.Bytes(n.Sent))
	return b.String()
}
