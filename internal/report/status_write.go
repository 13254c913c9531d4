package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
)

// StatusJSON writes rows and their sum as one document, which schema/status.schema.json describes.
func StatusJSON(w io.Writer, s Status) error {
	if s.Rows == nil {
		s.Rows = []StatusRow{}
	}
	return writeJSON(w, statusDoc{FormatVersion, s.By, s.Rows, s.Total}, "  ")
}

type statusDoc struct {
	FormatVersion string      `json:"format_version"`
	By            string      `json:"by"`
	Rows          []StatusRow `json:"rows"`
	Total         StatusRow   `json:"total"`
}

// StatusCSV writes a header and the rows (RFC 4180). A name that a spreadsheet would take for a formula
// has an apostrophe before it.
func StatusCSV(w io.Writer, s Status) error {
	c := csv.NewWriter(w)
	if err := c.Write(statusColumns); err != nil {
		return err
	}
	for _, r := range s.Rows {
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

// StatusIDs writes the ids of the tasks that exist, one a line and each once, for other programs.
func StatusIDs(w io.Writer, s Status) error {
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
