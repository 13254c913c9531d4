package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"sync"
	"time"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// HTMLOptions say what [HTML] shows in addition to the plans.
type HTMLOptions struct {
	Errors []diag.Diagnostic // why there is no plan, or less of it

	// Thumbs gives the contact sheet of a task whose frames are to be sent
	// (Change.Upload): its first, last and evenly spaced frames, in order. It is called
	// for several tasks at once; nil shows no images. See internal/thumbnail for making
	// them, and [SheetSize] for how many.
	Thumbs func(c plan.Change) []Thumb

	// Times tells when a task's frames were taken; nil, or zero times: not known.
	Times func(c plan.Change) Times
}

// Times tell when the frames of a task were taken.
type Times struct {
	First, Last time.Time // in UTC; zero where nothing tells
	Days        bool      // only the days are known, of wherever that was
}

// String is a span such as 2026-03-04 10:15:00 – 10:17:30 UTC, or 2026-03-04 – 2026-03-05; empty where nothing is known.
func (t Times) String() string {
	layout, zone := time.DateTime, " UTC"
	if t.Days {
		layout, zone = time.DateOnly, ""
	}
	first, last := t.First.Format(layout), t.Last.Format(layout)
	switch {
	case t.First.IsZero():
		return ""
	case first == last:
		return first + zone
	case !t.Days && t.First.Format(time.DateOnly) == t.Last.Format(time.DateOnly):
		last = t.Last.Format(time.TimeOnly)
	}
	return first + " – " + last + zone
}

// A Thumb is one picture of a contact sheet.
type Thumb struct {
	Name string // of the frame
	Data []byte // a JPEG or PNG; anything else, such as nil, is shown as "no preview"
}

// unpictured is what the page says where the plan has more to show than a page holds.
func unpictured(tasks int) string {
	return fmt.Sprintf("A page holds %s of pictures, so %s below these have none here; --target GLOB makes a page of any of them.",
		wording.Bytes(maxPictures), wording.Count(tasks, "task", "tasks"))
}

// SheetSize is how many frames of each task a page with that many contact sheets
// shows: 8, and fewer where the page would grow beyond some ten megabytes, but
// always the first and the last. Very many tasks do not all have a sheet: see [HTML].
func SheetSize(tasks int) int {
	const budget = 2000
	return min(8, max(2, budget/max(1, tasks)))
}

//go:embed page/head.html
var headHTML string

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

var page = parsedOnce(pageHTML)

// parsedOnce parses a page on its first use, behind the head of all pages: most runs write none.
func parsedOnce(text string) func() *template.Template {
	return sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(headHTML + text)) })
}

// A headDoc is what head.html shows. Style is taken as it is, and is ours.
type headDoc struct {
	Policy string
	Style  template.CSS
	Title  string
}

// headOf is the head of a page with a style and a script; an empty script is none. Its policy forbids the page everything
// but those two and data: images, so even an escape that failed could neither run nor send anything.
func headOf(title, style, script string) headDoc {
	policy := "default-src 'none'; img-src data:; style-src " + source(style)
	if script != "" {
		policy += "; script-src " + source(script)
	}
	return headDoc{Policy: policy + "; base-uri 'none'; form-action 'none'", Style: template.CSS(style), Title: title}
}

// source names an inline style or script by its content.
func source(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// HTML writes plans as one self-contained page that makes no request: totals, a
// table to be filtered, and the contact sheets of what is to be uploaded, in the plan's
// order until they take 16 MiB of the page; for how many tasks that is not enough, the
// page says. A panic of o.Thumbs comes out of it, when the page is whole.
func HTML(w io.Writer, plans []plan.Plan, o HTMLOptions) error {
	made, left := sheets(plans, o.Thumbs)
	doc := pageOf(plans, o, made)
	if left > 0 {
		doc.Unpictured = unpictured(left)
	}
	err := page().Execute(w, doc)
	for _, sheet := range doc.Sheets {
		_ = crash.Rethrow(sheet.panicked)
	}
	return err
}
