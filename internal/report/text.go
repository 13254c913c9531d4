package report

import (
	"bytes"
	"io"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// TextOptions say how [Text] and [ResultText] write for a person at a terminal.
type TextOptions struct {
	Palette Palette
	Verbose bool // unchanged, skipped and unmanaged tasks are listed too, and lists of names are whole
	Quiet   bool // only what a person must decide about (a result: refused, failed), and the summary
	Width   int  // of the terminal in cells; reasons wrap there; 0 never wraps
}

// Text writes plans as one line per change, aligned, with the details and hints
// under it, then the notes, then the summary line over all plans. The same plans
// give the same bytes.
func Text(w io.Writer, plans []plan.Plan, o TextOptions) error {
	t := &text{TextOptions: o}
	for _, p := range plans {
		for _, c := range t.visible(p) {
			t.columns.fit(rowOf(c))
		}
	}
	for _, p := range plans {
		t.plan(p)
	}
	t.line(plan.Count(plans...).String())
	_, err := w.Write(t.buf.Bytes())
	return err
}

// text is what [Text] has written so far.
type text struct {
	TextOptions
	columns columns
	buf     bytes.Buffer
	linked  map[string]bool // see hint
}

func (t *text) line(s string) {
	t.buf.WriteString(s)
	t.buf.WriteByte('\n')
}

// plan writes one project's part: its heading, its changes, its notes, an empty line.
func (t *text) plan(p plan.Plan) {
	changes := t.visible(p)
	if t.Quiet && len(changes) == 0 && !p.Project.Ask && p.Project.Action != plan.ProjectBlocked {
		return
	}
	p.Scope.Project, p.Project.Name = t.projectName(p.Scope.Project), t.projectName(p.Project.Name)
	t.line(t.Palette.paint(bold, t.wrap(wording.Safe(heading(p)), 0)))
	t.line("")
	t.project(p.Project)
	t.changes(changes)
	if Idle(p) && !t.Quiet {
		t.line("  Nothing to do.")
	}
	t.line("")
	t.notes(p.Notes)
}

// Idle says that a plan changes nothing and finds nothing wrong.
func Idle(p plan.Plan) bool {
	for _, c := range p.Changes {
		if !quiet(c.Action) {
			return false
		}
	}
	return p.Project.Action == plan.ProjectNone
}

// visible are the changes that get a line.
func (t *text) visible(p plan.Plan) []plan.Change {
	var shown []plan.Change
	for _, c := range p.Changes {
		if t.shows(c.Action) {
			shown = append(shown, c)
		}
	}
	return shown
}

func (t *text) shows(a plan.Action) bool {
	if t.Quiet {
		return undecided(a) || a == plan.Drift
	}
	return t.Verbose || !quiet(a)
}

func (t *text) project(c plan.ProjectChange) {
	if t.Quiet && !c.Ask && c.Action != plan.ProjectBlocked {
		return
	}
	rows := projectRows(c)
	for i, r := range rows {
		t.line(t.lead(r.sign) + t.wrap(wording.Safe(r.text), indent))
		if saidBelow := i+1 < len(rows) && rows[i+1].hint == r.hint; r.hint != (diag.Hint{}) && !saidBelow {
			t.hint(advice.Words(r.hint), HelpURL(diag.CodeLabels))
		}
	}
}

// projectName leaves the words around a long name their place in a terminal.
func (t *text) projectName(name string) string {
	if t.Width == 0 {
		return name
	}
	return Shortened(wording.Safe(name), max(t.Width/2, narrowestName))
}

func (t *text) changes(changes []plan.Change) {
	for i, c := range changes {
		r := rowOf(c)
		if i > 0 && r.repeats(rowOf(changes[i-1])) {
			r.reason = ""
		}
		t.row(r)
		if i+1 < len(changes) && sameHint(c, changes[i+1]) {
			c.Reason.Hint = diag.Hint{} // said once, under the last of them
		}
		for _, f := range factsOf(c) {
			t.fact(f)
		}
	}
}

func sameHint(a, b plan.Change) bool { return a.Reason.Hint == b.Reason.Hint && a.Action == b.Action }

func (t *text) notes(notes []plan.Note) {
	if len(notes) == 0 || t.Quiet {
		return
	}
	for _, n := range notes {
		t.line(t.Palette.paint(yellow, "note:") + " " + wording.Safe(noteText(n)))
	}
	t.line("")
}
