package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A sheetDoc is the contact sheet of one task.
type sheetDoc struct {
	ID, Task, Caption string
	Thumbs            []thumbDoc
	change            plan.Change
	panicked          error // for [HTML]'s caller
}

// size is what the sheet's pictures take of the page, in bytes.
func (d *sheetDoc) size() int {
	n := 0
	for _, t := range d.Thumbs {
		n += len(t.Source)
	}
	return n
}

type thumbDoc struct {
	Name   string
	Source template.URL // data:, or empty
}

func sheetID(plan, change int) string { return fmt.Sprintf("sheet-%d-%d", plan, change) }

// maxPictures bounds the pictures of one page, in bytes as they are in it: more than that
// takes a browser long to open, and a reviewer longer to look at.
const maxPictures = 16 << 20

// sheets asks for the thumbnails of the tasks whose frames are sent, in the plan's order and
// until a page's room is used up; it counts the tasks that are left without.
func sheets(plans []plan.Plan, thumbs func(plan.Change) []Thumb) (docs []sheetDoc, left int) {
	if thumbs == nil {
		return nil, 0
	}
	all := sheetsOf(plans)
	used := 0
	for batch := range slices.Chunk(all, 4*runtime.GOMAXPROCS(0)) {
		fillAll(batch, thumbs)
		for _, d := range batch {
			if used += d.size(); used > maxPictures {
				return docs, len(all) - len(docs)
			}
			docs = append(docs, *d)
		}
	}
	return docs, 0
}

// sheetsOf are the sheets that a page without bounds would have, still without pictures. Of what is not images there are none.
func sheetsOf(plans []plan.Plan) []*sheetDoc {
	var docs []*sheetDoc
	for i, p := range plans {
		for k, c := range p.Changes {
			if c.Upload && c.Desired.Kind == manifest.KindImages {
				docs = append(docs, &sheetDoc{ID: sheetID(i, k), Task: wording.Safe(c.Task), change: c})
			}
		}
	}
	return docs
}

// fillAll makes several sheets, as many at once as there are processors. A panic on the way costs that
// sheet, not the page; it comes out of [HTML] when the page is written.
func fillAll(docs []*sheetDoc, thumbs func(plan.Change) []Thumb) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, d := range docs {
		group.Go(func() error {
			d.panicked = crash.Guard(func() error { d.fill(thumbs); return nil })
			return nil
		})
	}
	_ = group.Wait() // a sheet that fails says so itself
	for _, d := range docs {
		if p, ok := d.panicked.(*crash.Panic); ok {
			d.Caption, d.Thumbs = wording.Safe(fmt.Sprintf("no images: %v", p.Value)), nil
		}
	}
}

// fill makes one sheet.
func (d *sheetDoc) fill(thumbs func(plan.Change) []Thumb) {
	c := d.change
	for _, t := range thumbs(c) {
		d.Thumbs = append(d.Thumbs, thumbDoc{wording.Safe(t.Name), dataURI(t.Data)})
	}
	d.Caption = joinNonEmpty(", ", frames(c.Frames), size(c))
	if n := len(d.Thumbs); n < c.Frames {
		d.Caption = fmt.Sprintf("%d of %s", n, d.Caption)
	}
}

// dataURI is base64 behind one of two prefixes, so it may skip the template's filter
// of addresses. Bytes of another type are no picture.
func dataURI(data []byte) template.URL {
	prefix := ""
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		prefix = "data:image/jpeg;base64,"
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		prefix = "data:image/png;base64,"
	default:
		return ""
	}
	return template.URL(prefix + base64.StdEncoding.EncodeToString(data))
}
