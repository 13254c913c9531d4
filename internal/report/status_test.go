package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/status"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/schema"
)

func statusRow(name string, id, jobs, validation, completed int) status.Row {
	r := status.Row{
		Name: name, ID: id, Tasks: 1, Frames: 10 * jobs, Jobs: jobs,
		Annotation: jobs - validation - completed, Validation: validation, Completed: completed,
	}
	if id == 0 {
		r.Missing = 1
		return r
	}
	r.URL, r.IDs = "https://cvat.example.com/tasks/1", []int{id}
	return r
}

// statuses are none, one task, many tasks of any name, and groups that share tasks.
func statuses() map[string]status.Status {
	return map[string]status.Status{
		"empty": {By: "task", Total: status.Row{Name: "total"}},
		"one":   {By: "task", Rows: []status.Row{statusRow("jai_cam_2026-03-04", 801, 3, 1, 1)}, Total: status.Row{Name: "total", Tasks: 1, Frames: 30, Jobs: 3, Annotation: 1, Validation: 1, Completed: 1}},
		"many": {
			By: "task",
			Rows: []status.Row{
				statusRow("jai_cam_2026-03-04", 801, 3, 0, 3), statusRow("jai_cam_2026-03-05", 0, 0, 0, 0),
				statusRow("jai_cam_"+evilName, 802, 1200, 100, 999), statusRow("=HYPERLINK(\"http://evil.example.com\")", 803, 1, 0, 0),
				statusRow("果樹園", 804, 2, 1, 0), statusRow("a, \"b\"", 805, 1, 0, 0),
			},
			Total: status.Row{Name: "total", Tasks: 6, Missing: 1, Frames: 12070, Jobs: 1207, Annotation: 104, Validation: 101, Completed: 1002},
		},
		"groups": {
			By: "assignee",
			Rows: []status.Row{
				{Name: "(none)", Tasks: 2, Frames: 40, Jobs: 1, Annotation: 1, IDs: []int{801, 802}},
				{Name: "anna", Tasks: 1, Frames: 20, Jobs: 2, Validation: 1, Completed: 1, IDs: []int{802}},
			},
			Total: status.Row{Name: "total", Tasks: 2, Frames: 40, Jobs: 3, Annotation: 1, Validation: 1, Completed: 1},
		},
		"since": since(),
	}
}

// since is a status that is compared with an earlier one.
func since() status.Status {
	done := statusRow("run1", 801, 4, 1, 2)
	done.Acceptance, done.Annotation, done.Assignee = 1, 0, "anna, bob"
	done.Updated = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	done.Change = &status.Change{Completed: 2, Annotation: -2}
	fresh := statusRow("run2", 802, 1, 0, 0)
	fresh.Change = &status.Change{New: true, Jobs: 1, Annotation: 1, Frames: 10}
	same := statusRow("run3", 803, 1, 1, 0)
	same.Change = &status.Change{}
	total := status.Row{Name: "total", Tasks: 3, Frames: 60, Jobs: 6, Annotation: 1, Validation: 2, Acceptance: 1, Completed: 2, Updated: done.Updated, Change: &status.Change{Completed: 2, Annotation: -1, Frames: 10, Jobs: 1}}
	return status.Status{By: "task", Rows: []status.Row{done, fresh, same}, Total: total, Gone: []string{"run0"}}
}

func wholeTable(w io.Writer, s status.Status) error { return StatusTable(w, s, 0) }

func statusPageOf(w io.Writer, s status.Status) error { return StatusHTML(w, s, "Orchard") }

func TestStatusIsAsBefore(t *testing.T) {
	writers := map[string]func(io.Writer, status.Status) error{"txt": wholeTable, "json": StatusJSON, "csv": StatusCSV, "ids": StatusIDs, "html": statusPageOf}
	for name, s := range statuses() {
		for format, write := range writers {
			t.Run(name+"."+format, func(t *testing.T) {
				golden(t, "status_"+name+"."+format, render(t, func(b *bytes.Buffer) error { return write(b, s) }))
			})
		}
	}
}

func TestStatusJSONIsWhatItsSchemaSays(t *testing.T) {
	closed := strict(t, schema.Status)
	for name, s := range statuses() {
		got := render(t, func(b *bytes.Buffer) error { return StatusJSON(b, s) })
		conforms(t, closed, got)
		var doc statusDoc
		if err := json.Unmarshal(got, &doc); err != nil || len(doc.Rows) != len(s.Rows) {
			t.Errorf("%s: %d rows, %v", name, len(doc.Rows), err)
		}
		for i, r := range doc.Rows {
			if r.Name != s.Rows[i].Name {
				t.Errorf("%s: the name %q became %q", name, s.Rows[i].Name, r.Name)
			}
		}
	}
}

func TestNoStatusForATerminalIsObeyedByIt(t *testing.T) {
	s := statuses()["many"]
	for name, write := range map[string]func(io.Writer, status.Status) error{"table": wholeTable, "json": StatusJSON, "html": statusPageOf} {
		got := render(t, func(b *bytes.Buffer) error { return write(b, s) })
		for line := range strings.Lines(string(got)) {
			if !wording.IsSafe(strings.TrimSuffix(line, "\n")) {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}

func TestNoStatusNameIsAFormulaInASpreadsheet(t *testing.T) {
	s := status.Status{}
	for _, start := range []string{"=", "+", "-", "@", "\t", "\r"} {
		s.Rows = append(s.Rows, status.Row{Name: start + "cmd|' /C calc'!A0"})
	}
	got := render(t, func(b *bytes.Buffer) error { return StatusCSV(b, s) })
	lines, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
	if err != nil || len(lines) != len(s.Rows)+1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for _, cells := range lines[1:] {
		if !strings.HasPrefix(cells[0], "'") {
			t.Errorf("%q", cells[0])
		}
	}
}

func TestPercentIsRoundedDownAndOfNothingNothing(t *testing.T) {
	for want, r := range map[int]status.Row{0: {}, 99: {Jobs: 1000, Completed: 999}, 100: {Jobs: 3, Completed: 3}, 33: {Jobs: 3, Completed: 1}} {
		if diff := cmp.Diff(want, r.Percent()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestStatusOfTenThousandTasksHasThemAll(t *testing.T) {
	s := status.Status{By: "task", Total: status.Row{Name: "total", Tasks: 10_000}}
	for i := range 10_000 {
		s.Rows = append(s.Rows, statusRow(fmt.Sprintf("run-%05d", i), i+1, 3, 1, 1))
	}
	for name, c := range map[string]struct {
		write func(io.Writer, status.Status) error
		lines int
	}{"table": {wholeTable, 10_002}, "csv": {StatusCSV, 10_001}, "ids": {StatusIDs, 10_000}} {
		got := render(t, func(b *bytes.Buffer) error { return c.write(b, s) })
		if n := bytes.Count(got, []byte("\n")); n != c.lines {
			t.Errorf("%s: %d lines, want %d", name, n, c.lines)
		}
	}
	var doc statusDoc
	got := render(t, func(b *bytes.Buffer) error { return StatusJSON(b, s) })
	if err := json.Unmarshal(got, &doc); err != nil || len(doc.Rows) != 10_000 {
		t.Errorf("%d rows, %v", len(doc.Rows), err)
	}
}

// narrow fails for each line that is wider than a terminal of 80 cells.
func narrow(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if w := cells.StringWidth(strings.TrimSuffix(line, "\n")); w > 80 {
			t.Errorf("%d cells: %s", w, line)
		}
		if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("blanks end %q", line)
		}
	}
}

// Rows that a terminal breaks are not read: what a person misses least is left out, and said, then the middle of names.
func TestStatusFitsATerminalOf80Cells(t *testing.T) {
	long := strings.Repeat("north_side_of_the_orchard_", 5)
	wide := since()
	wide.Rows[0].Name, wide.Rows[1].Name, wide.Rows[2].Name = long+"1", strings.Repeat("果樹園", 20), strings.Repeat("e\u0301", 90)
	wide.Rows[0].ID, wide.Rows[0].Frames, wide.Rows[0].Jobs, wide.Rows[0].Annotation = 12_345_678, 12_345_678, 12_345, 12_345
	wide.Rows[1].Assignee = strings.Repeat("annotator, ", 9) + "bob"
	wide.Gone = []string{"run0", long, "run9"}
	all := statuses()
	all["wide"] = wide
	for name, s := range all {
		for _, by := range []string{"task", "camera", "bag", "subset", "assignee"} {
			s.By = by
			text := string(render(t, func(b *bytes.Buffer) error { return StatusTable(b, s, 80) }))
			t.Run(name+" by "+by, func(t *testing.T) { narrow(t, text) })
			for _, r := range s.Rows {
				if !strings.Contains(text, fmt.Sprintf("%d (%3d%%)", r.Completed, r.Percent())) {
					t.Errorf("%s by %s: what is completed of %s is not there:\n%s", name, by, r.Name, text)
				}
			}
		}
	}
	text := string(render(t, func(b *bytes.Buffer) error { return StatusTable(b, statuses()["one"], 80) }))
	if !strings.Contains(text, "jai_cam_2026-03-04 ") || !strings.Contains(text, "ANNOT  VALID  ACCEPT  COMPLETED") || !strings.HasSuffix(text, "left out here, not in --output csv: link\n") {
		t.Errorf("one task of a short name:\n%s", text)
	}
	text = string(render(t, func(b *bytes.Buffer) error { return StatusTable(b, statuses()["one"], 200) }))
	if whole := string(render(t, func(b *bytes.Buffer) error { return wholeTable(b, statuses()["one"]) })); text != whole {
		t.Errorf("a wide terminal leaves nothing out:\n%s%s", text, whole)
	}
}
