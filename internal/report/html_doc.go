package report

import (
	"html/template"
	"slices"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A pageDoc is what page.html shows. Its strings are harmless to read (see [wording.Safe]);
// html/template escapes them for where they stand. Only Script is taken as it is, and it is ours.
type pageDoc struct {
	headDoc
	Script   template.JS
	Headings []string
	Summary  string
	Totals   []totalDoc
	Lists    []listDoc
	Rows     []rowDoc
	Sheets   []sheetDoc

	Unpictured string // how many more would have a sheet
}

type totalDoc struct {
	Class, Symbol, Word, Detail string
	Tasks                       int
	Quiet                       bool
}

// A listDoc is a titled list of sentences: projects, errors, notes.
type listDoc struct {
	ID, Title string
	Lines     []string
}

type rowDoc struct {
	Class, Symbol, Word string
	Task, Camera, Bag   string
	URL, Sheet          string
	Frames, Size        string
	Times               string // when the frames were taken
	Reason              string
	Facts               []factDoc
}

type factDoc struct {
	Label, Text, URL string
	Items            []string
	Long             bool // they are folded away
}

func pageOf(plans []plan.Plan, o HTMLOptions, sheets []sheetDoc) pageDoc {
	doc := pageDoc{
		headDoc: headOf(title(plans), pageCSS, pageJS), Script: template.JS(pageJS),
		Summary: summary(plans, o.Errors), Totals: totalDocs(plans),
		Sheets: sheets,
	}
	pictured := map[string]bool{}
	for _, s := range sheets {
		pictured[s.ID] = true
	}
	for i, p := range plans {
		doc.Headings = append(doc.Headings, wording.Safe(heading(p)))
		for k, c := range p.Changes {
			row := rowDocOf(c)
			if id := sheetID(i, k); pictured[id] {
				row.Sheet = id
			}
			if o.Times != nil && c.Frames > 0 {
				row.Times = o.Times(c).String()
			}
			doc.Rows = append(doc.Rows, row)
		}
	}
	doc.list("errors", "Errors", errorLines(o.Errors))
	doc.list("projects", "Projects", projectLines(plans))
	doc.list("notes", "Notes", noteLines(plans))
	return doc
}

func title(plans []plan.Plan) string {
	if len(plans) == 1 && plans[0].Scope.Project != "" {
		return "Plan of " + wording.Safe(plans[0].Scope.Project)
	}
	return "Plan"
}

func (d *pageDoc) list(id, title string, lines []string) {
	if len(lines) > 0 {
		d.Lists = append(d.Lists, listDoc{id, title, lines})
	}
}

func totalDocs(plans []plan.Plan) []totalDoc {
	var docs []totalDoc
	for _, t := range countActions(allChanges(plans)) {
		s := signOf(t.action)
		docs = append(docs, totalDoc{
			Class: string(t.action), Symbol: s.symbol, Word: s.word, Tasks: t.tasks, Quiet: quiet(t.action),
			Detail: joinNonEmpty(", ", frames(t.frames), t.size()),
		})
	}
	return docs
}

func rowDocOf(c plan.Change) rowDoc {
	s := signOf(c.Action)
	doc := rowDoc{
		Class: string(c.Action), Symbol: s.symbol, Word: s.word, Task: wording.Safe(c.Task), Camera: wording.Safe(c.Camera), Bag: wording.Safe(c.Bag),
		URL: webOnly(c.URL), Frames: frames(c.Frames), Size: size(c), Reason: wording.Safe(reason(c)),
	}
	for _, f := range factsOf(c) {
		if f.label == "task" && len(c.Actual) <= 1 {
			continue // the task's name is the link already
		}
		doc.Facts = append(doc.Facts, factDocOf(f))
	}
	return doc
}

// shownOnPage bounds the lists of one row; the JSON has them whole.
const shownOnPage = 200

func factDocOf(f fact) factDoc {
	doc := factDoc{Label: f.label, Text: wording.Safe(f.text), URL: webOnly(f.url)}
	all := slices.Concat(f.lines, f.names)
	if doc.Text == "" {
		doc.Text = strconv.Itoa(len(all))
	}
	for _, s := range all[:min(len(all), shownOnPage)] {
		doc.Items = append(doc.Items, wording.Safe(s))
	}
	if rest := len(all) - len(doc.Items); rest > 0 {
		doc.Items = append(doc.Items, "… and "+strconv.Itoa(rest)+" more")
	}
	doc.Long = len(doc.Items) > 8
	return doc
}

func webOnly(url string) string {
	if isWeb(url) {
		return url
	}
	return ""
}

func errorLines(problems []diag.Diagnostic) []string {
	var lines []string
	for _, p := range problems {
		line := joinNonEmpty(": ", p.Pos.String(), p.Text)
		if p.Hint != (diag.Hint{}) {
			line += " (hint: " + advice.Words(p.Hint) + ")"
		}
		lines = append(lines, wording.Safe(line))
	}
	return lines
}

func projectLines(plans []plan.Plan) []string {
	var lines []string
	for _, p := range plans {
		for _, r := range projectRows(p.Project) {
			lines = append(lines, r.sign.symbol+" "+r.sign.word+" "+wording.Safe(r.text))
		}
	}
	return lines
}

func noteLines(plans []plan.Plan) []string {
	var lines []string
	for _, n := range allNotes(plans) {
		lines = append(lines, wording.Safe(noteText(n)))
	}
	return lines
}
