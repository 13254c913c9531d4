package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/cvatplan/cvatplan/internal/status"
	"github.com/cvatplan/cvatplan/internal/wording"
)

//go:embed page/status.html
var statusPageHTML string

//go:embed page/status.css
var statusPageCSS string

var statusPage = parsedOnce(statusPageHTML)

// A statusPageDoc is what status.html shows.
type statusPageDoc struct {
	headDoc
	Summary string
	Parts   []statusPart // what the colours of a bar mean
	Kind    string       // what a row is
	ByTask  bool
	Changed bool // compared with an earlier status
	Rows    []statusRowDoc
	Gone    []string
}

// A statusPart is a part of a bar: the jobs of one stage. From and Width are percent of the bar.
type statusPart struct {
	Class, Word string
	Jobs        int
	From, Width float64
}

type statusRowDoc struct {
	Name, URL, ID, Assignee, Updated, Change, Label string
	Missing                                         bool
	Tasks, Lacking, Frames, Jobs, Percent           int
	Parts                                           []statusPart
}

// StatusHTML writes a status as one self-contained page that makes no request: a bar for each row, and links into CVAT.
func StatusHTML(w io.Writer, s status.Status, title string) error {
	doc := statusPageDoc{
		headDoc: headOf(wording.Safe(title), pageCSS+statusPageCSS, ""), Summary: statusSummary(s), Parts: partsOf(s.Total),
		Kind: s.By, ByTask: s.By == "task", Changed: s.Total.Change != nil,
	}
	for _, r := range s.Rows {
		doc.Rows = append(doc.Rows, rowOfStatus(r))
	}
	for _, name := range s.Gone {
		doc.Gone = append(doc.Gone, wording.Safe(name))
	}
	return statusPage().Execute(w, doc)
}

func statusSummary(s status.Status) string {
	t := s.Total
	text := fmt.Sprintf("%s, %d missing, %s. %d of %s completed (%d%%).",
		wording.Count(t.Tasks, "task", "tasks"), t.Missing, wording.Count(t.Frames, "frame", "frames"), t.Completed, wording.Count(t.Jobs, "job", "jobs"), t.Percent())
	if change := changeText(t.Change); change != "" {
		text += " Since then: " + change + "."
	}
	return text
}

func partsOf(r status.Row) []statusPart {
	parts := []statusPart{
		{Class: "completed", Word: "completed", Jobs: r.Completed}, {Class: "acceptance", Word: "in acceptance", Jobs: r.Acceptance},
		{Class: "validation", Word: "in validation", Jobs: r.Validation}, {Class: "annotation", Word: "to be annotated", Jobs: r.Annotation},
	}
	from := 0.0
	for i := range parts {
		parts[i].From, parts[i].Width = from, 100*float64(parts[i].Jobs)/float64(max(r.Jobs, 1))
		from += parts[i].Width
	}
	return parts
}

func rowOfStatus(r status.Row) statusRowDoc {
	doc := statusRowDoc{
		Name: wording.Safe(r.Name), URL: r.URL, ID: idText(r.ID), Assignee: wording.Safe(r.Assignee), Updated: stampText(r.Updated, "2006-01-02 15:04"),
		Change: changeText(r.Change), Missing: r.Tasks == r.Missing, Tasks: r.Tasks, Lacking: r.Missing, Frames: r.Frames, Jobs: r.Jobs, Percent: r.Percent(),
	}
	var words []string
	for _, p := range partsOf(r) {
		if p.Jobs > 0 {
			doc.Parts = append(doc.Parts, p)
			words = append(words, fmt.Sprintf("%d %s", p.Jobs, p.Word))
		}
	}
	doc.Label = cmp.Or(strings.Join(words, ", "), "no jobs")
	return doc
}
