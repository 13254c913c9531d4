package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"

	"github.com/cvatplan/cvatplan/internal/status"
)

// StatusJSON writes rows and their sum as one document, which schema/status.schema.json describes.
func StatusJSON(w io.Writer, s status.Status) error {
	if s.Rows == nil {
		s.Rows = []status.Row{}
	}
	return writeJSON(w, statusDoc{FormatVersion, s.By, s.Rows, s.Total, s.Gone}, "  ")
}

type statusDoc struct {
	FormatVersion string       `json:"format_version"`
	By            string       `json:"by"`
	Rows          []status.Row `json:"rows"`
	Total         status.Row   `json:"total"`
	Gone          []string     `json:"gone,omitempty"`
}

// StatusCSV writes a header and the rows (RFC 4180). A text that a spreadsheet would take for a formula
// has an apostrophe before it.
func StatusCSV(w io.Writer, s status.Status) error {
	columns := statusColumns
	if s.Total.Change != nil {
		columns = append(slices.Clone(columns), changeColumn)
	}
	head := make([]string, len(columns))
	for i, column := range columns {
		head[i] = column.name
	}
	c := csv.NewWriter(w)
	if err := c.Write(head); err != nil {
		return err
	}
	for _, r := range s.Rows {
		line := make([]string, len(columns))
		for i, column := range columns {
			line[i] = noFormula(column.cell(r))
		}
		if err := c.Write(line); err != nil {
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

// StatusIDs writes the ids of the tasks that exist, one a line and each once, for other programs.
func StatusIDs(w io.Writer, s status.Status) error {
	seen := map[int]bool{}
	for _, r := range s.Rows {
		for _, id := range r.IDs {
			if seen[id] {
				continue
			}
			seen[id] = true
			if _, err := fmt.Fprintln(w, id); err != nil {
				return err
			}
		}
	}
	return nil
}
