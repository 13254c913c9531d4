package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/status"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A statusColumn is one column of the table and of the CSV.
type statusColumn struct {
	name  string
	cell  func(status.Row) string
	words bool // to the left; numbers stand to the right
}

func number(of func(status.Row) int) func(status.Row) string {
	return func(r status.Row) string { return strconv.Itoa(of(r)) }
}

// statusColumns are those of the CSV. Programs may count on their order: new ones come last.
var statusColumns = []statusColumn{
	{"name", func(r status.Row) string { return r.Name }, true},
	{"tasks", number(func(r status.Row) int { return r.Tasks }), false},
	{"missing", number(func(r status.Row) int { return r.Missing }), false},
	{"frames", number(func(r status.Row) int { return r.Frames }), false},
	{"jobs", number(func(r status.Row) int { return r.Jobs }), false},
	{"annotation", number(func(r status.Row) int { return r.Annotation }), false},
	{"validation", number(func(r status.Row) int { return r.Validation }), false},
	{"completed", number(func(r status.Row) int { return r.Completed }), false},
	{"acceptance", number(func(r status.Row) int { return r.Acceptance }), false},
	{"id", func(r status.Row) string { return idText(r.ID) }, false},
	{"assignee", func(r status.Row) string { return r.Assignee }, true},
	{"updated", func(r status.Row) string { return stampText(r.Updated, time.RFC3339) }, true},
	{"url", func(r status.Row) string { return r.URL }, true},
}

// changeColumn is there where a status is compared with an earlier one.
var changeColumn = statusColumn{"change", func(r status.Row) string { return changeText(r.Change) }, true}

func idText(id int) string {
	if id == 0 {
		return ""
	}
	return strconv.Itoa(id)
}

func stampText(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(layout)
}

// changeText is what changed, as "completed +3, validation -3" (a spreadsheet takes a text that starts with a sign for a formula); "" where nothing did.
func changeText(c *status.Change) string {
	if c == nil {
		return ""
	}
	var parts []string
	if c.New {
		parts = append(parts, "new")
	}
	for _, p := range []struct {
		n    int
		word string
	}{{c.Completed, "completed"}, {c.Acceptance, "acceptance"}, {c.Validation, "validation"}, {c.Annotation, "annotation"}, {c.Frames, "frames"}} {
		if p.n != 0 {
			parts = append(parts, fmt.Sprintf("%s %+d", p.word, p.n))
		}
	}
	return strings.Join(parts, ", ")
}

// tableColumns are those that a person reads: what one row cannot have, or no row has, is left out.
func tableColumns(s status.Status) []statusColumn {
	byName := map[string]statusColumn{}
	for _, c := range statusColumns {
		byName[c.name] = c
	}
	names := []string{"name", "tasks", "missing", "frames", "jobs", "annotation", "validation", "acceptance", "completed", "updated"}
	if s.By == "task" {
		names = []string{"name", "id", "frames", "jobs", "annotation", "validation", "acceptance", "completed", "assignee", "updated", "url"}
	}
	var columns []statusColumn
	for _, name := range names {
		c := byName[name]
		switch name {
		case "completed":
			c.cell = func(r status.Row) string { return fmt.Sprintf("%d (%3d%%)", r.Completed, r.Percent()) }
		case "updated":
			c.cell = func(r status.Row) string { return stampText(r.Updated, "2006-01-02 15:04") }
		case "assignee":
			if !slices.ContainsFunc(s.Rows, func(r status.Row) bool { return r.Assignee != "" }) {
				continue
			}
		}
		columns = append(columns, c)
	}
	if s.Total.Change != nil {
		columns = slices.Insert(columns, slices.IndexFunc(columns, func(c statusColumn) bool { return c.name == "completed" })+1, changeColumn)
	}
	return columns
}

// StatusTable writes rows for a person, with their sum. Times are UTC. In a terminal of so many cells columns and the
// middle of names are left out, so that each row is one line; a width of 0 leaves nothing out.
func StatusTable(w io.Writer, s status.Status, width int) error {
	columns := tableColumns(s)
	lines := [][]string{heads(columns)}
	for _, r := range append(slices.Clone(s.Rows), s.Total) {
		line := make([]string, len(columns))
		for i, c := range columns {
			line[i] = wording.Safe(c.cell(r))
		}
		if s.By == "task" {
			line[1] = cmp.Or(line[1], missingText(r))
		}
		lines = append(lines, line)
	}
	columns, lines, left := fitted(columns, lines, width)
	text := aligned(lines, func(i int) bool { return columns[i].words })
	if len(left) > 0 {
		text += Fitted("left out here, not in --output csv: "+strings.Join(left, ", "), 0, width) + "\n"
	}
	if len(s.Gone) > 0 {
		text += Fitted(fmt.Sprintf("no longer there: %s", wording.Safe(strings.Join(s.Gone, ", "))), 0, width) + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

func heads(columns []statusColumn) []string {
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = strings.ToUpper(cmp.Or(map[string]string{"url": "link"}[c.name], c.name))
	}
	return head
}

// leastStatusName is how much of a name is shown before another column is left out for it.
const leastStatusName = 24

// shortHeads are for columns whose numbers are narrower than their names.
var shortHeads = map[string]string{"ANNOTATION": "ANNOT", "VALIDATION": "VALID", "ACCEPTANCE": "ACCEPT"}

// fitted makes each line as narrow as a terminal: what a person misses least is left out, column by column, and long
// names lose their middle. left names what was left out.
func fitted(columns []statusColumn, lines [][]string, width int) (kept []statusColumn, out [][]string, left []string) {
	if width == 0 {
		return columns, lines, nil
	}
	columns = slices.Clone(columns)
	tight := func() bool { return roomForNames(lines, width) < min(widestCell(lines, 0), leastStatusName) }
	if tight() {
		for i, head := range lines[0] {
			lines[0][i] = cmp.Or(shortHeads[head], head)
		}
	}
	for _, name := range []string{"url", "updated", "assignee", "jobs", "missing", "acceptance", "change", "validation"} {
		if !tight() {
			break
		}
		i := slices.IndexFunc(columns, func(c statusColumn) bool { return c.name == name })
		if i < 0 {
			continue
		}
		left = append(left, strings.ToLower(lines[0][i]))
		columns = slices.Delete(columns, i, i+1)
		for k, line := range lines {
			lines[k] = slices.Delete(line, i, i+1)
		}
	}
	room := max(roomForNames(lines, width), narrowestName)
	for _, line := range lines {
		line[0] = Shortened(line[0], room)
	}
	return columns, lines, left
}

// roomForNames is what the other columns leave to the first one.
func roomForNames(lines [][]string, width int) int {
	for i := 1; i < len(lines[0]); i++ {
		width -= 2 + widestCell(lines, i)
	}
	return width
}

func widestCell(lines [][]string, column int) (widest int) {
	for _, line := range lines {
		widest = max(widest, cells.StringWidth(line[column]))
	}
	return widest
}

// missingText is shown in place of a task's id.
func missingText(r status.Row) string {
	switch {
	case r.Missing == 0:
		return ""
	case r.Tasks == 1:
		return "missing"
	}
	return fmt.Sprintf("%d missing", r.Missing)
}

// aligned writes cells in columns, two blanks apart: words to the left, numbers to the right.
func aligned(lines [][]string, words func(column int) bool) string {
	widths := make([]int, len(lines[0]))
	for i := range widths {
		widths[i] = widestCell(lines, i)
	}
	var b strings.Builder
	for _, line := range lines {
		var text string
		for i, cell := range line {
			if i > 0 {
				text += "  "
			}
			if words(i) {
				text += cell + pad(cell, widths[i])
			} else {
				text += pad(cell, widths[i]) + cell
			}
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	return b.String()
}
