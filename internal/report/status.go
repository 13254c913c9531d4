package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A Status is the annotation progress of tasks, or of groups of them.
type Status struct {
	By    string // what a row is: a task, or all of one camera, bag, subset or assignee
	Rows  []StatusRow
	Total StatusRow // each task once, also where a row for each assignee counts it again
}

// A StatusRow is one line of a [Status].
type StatusRow struct {
	Name       string `json:"name"`         // of the task or the group
	ID         int    `json:"id,omitempty"` // of a task that the server has
	URL        string `json:"url,omitempty"`
	Tasks      int    `json:"tasks"`   // that the manifest asks for
	Missing    int    `json:"missing"` // of these, not on the server
	Frames     int    `json:"frames"`
	Jobs       int    `json:"jobs"`
	Annotation int    `json:"annotation"` // jobs that are still to be annotated
	Validation int    `json:"validation"` // jobs that are being reviewed
	Completed  int    `json:"completed"`
	IDs        []int  `json:"-"` // of its tasks that the server has
}

// Percent is the share of jobs that are completed, rounded down; 0 where there are none.
func (r StatusRow) Percent() int {
	if r.Jobs == 0 {
		return 0
	}
	return 100 * r.Completed / r.Jobs
}

var statusColumns = []string{"name", "tasks", "missing", "frames", "jobs", "annotation", "validation", "completed"}

func (r StatusRow) cells() []string {
	cells := []string{r.Name}
	for _, n := range []int{r.Tasks, r.Missing, r.Frames, r.Jobs, r.Annotation, r.Validation, r.Completed} {
		cells = append(cells, strconv.Itoa(n))
	}
	return cells
}

// StatusTable writes rows for a person, with their sum.
func StatusTable(w io.Writer, s Status) error {
	head := make([]string, len(statusColumns))
	for i, name := range statusColumns {
		head[i] = strings.ToUpper(name)
	}
	lines := [][]string{head}
	for _, r := range append(slices.Clone(s.Rows), s.Total) {
		cells := r.cells()
		cells[0] = Safe(cells[0])
		cells[len(cells)-1] += fmt.Sprintf(" (%3d%%)", r.Percent())
		lines = append(lines, cells)
	}
	_, err := io.WriteString(w, aligned(lines))
	return err
}

// aligned writes cells in columns, two blanks apart: names to the left, numbers to the right.
func aligned(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], cells.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, line := range lines {
		var text string
		for i, cell := range line {
			if i == 0 {
				text = cell + pad(cell, widths[i])
			} else {
				text += "  " + pad(cell, widths[i]) + cell
			}
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	return b.String()
}
