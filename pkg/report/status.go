package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
)

// A StatusRow is the annotation progress of one task, or of a group of them.
type StatusRow struct {
	Name       string `json:"name"`         // of the task or the group
	ID         int    `json:"id,omitempty"` // of a task that the server has
	URL        string `json:"url,omitempty"`
	Tasks      int    `json:"tasks"`   // that the manifest asks for
	Missing    int    `json:"missing"` // of these, not on the server
	Frames     int    `json:"frames"`
	Jobs       int    `json:"jobs"`
	Annotation int    `json:"annotation"` // jobs that are still to be annotated
	Validation int    `json:"validation"`
	Completed  int    `json:"completed"`
	ids        []int
}

// Percent is the share of jobs that are completed; 0 where there are none.
func (r StatusRow) Percent() int {
	if r.Jobs == 0 {
		return 0
	}
	return 100 * r.Completed / r.Jobs
}

// WithIDs keeps the ids of a group's tasks, for [StatusIDs].
func (r StatusRow) WithIDs(ids ...int) StatusRow {
	r.ids = append(slices.Clone(r.ids), ids...)
	return r
}

// total adds rows up.
func total(rows []StatusRow) StatusRow {
	t := StatusRow{Name: "total"}
	for _, r := range rows {
		t.Tasks, t.Missing, t.Frames = t.Tasks+r.Tasks, t.Missing+r.Missing, t.Frames+r.Frames
		t.Jobs, t.Annotation = t.Jobs+r.Jobs, t.Annotation+r.Annotation
		t.Validation, t.Completed = t.Validation+r.Validation, t.Completed+r.Completed
	}
	return t
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
func StatusTable(w io.Writer, rows []StatusRow) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tTASKS\tMISSING\tFRAMES\tJOBS\tANNOTATION\tVALIDATION\tCOMPLETED\t")
	for _, r := range append(slices.Clone(rows), total(rows)) {
		cells := r.cells()
		fmt.Fprintf(t, "%s", Safe(cells[0]))
		for _, c := range cells[1:] {
			fmt.Fprintf(t, "\t%s", c)
		}
		fmt.Fprintf(t, " (%d%%)\t\n", r.Percent())
	}
	return t.Flush()
}

// StatusJSON writes rows and their sum as one document (schema/status.schema.json).
func StatusJSON(w io.Writer, by string, rows []StatusRow) error {
	if rows == nil {
		rows = []StatusRow{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		FormatVersion string      `json:"format_version"`
		By            string      `json:"by"`
		Rows          []StatusRow `json:"rows"`
		Total         StatusRow   `json:"total"`
	}{FormatVersion, by, rows, total(rows)})
}

// StatusCSV writes a header and the rows. A name that a spreadsheet would take for a formula is quoted
// with an apostrophe.
func StatusCSV(w io.Writer, rows []StatusRow) error {
	c := csv.NewWriter(w)
	if err := c.Write(statusColumns); err != nil {
		return err
	}
	for _, r := range rows {
		cells := r.cells()
		cells[0] = noFormula(cells[0])
		if err := c.Write(cells); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func noFormula(s string) string {
	if s != "" && slices.Contains([]byte("=+-@\t\r"), s[0]) {
		return "'" + s
	}
	return s
}

// StatusIDs writes the ids of the tasks that exist, one a line, for other programs.
func StatusIDs(w io.Writer, rows []StatusRow) error {
	for _, r := range rows {
		for _, id := range r.ids {
			if _, err := fmt.Fprintln(w, id); err != nil {
				return err
			}
		}
	}
	return nil
}
