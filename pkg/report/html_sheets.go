package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"runtime"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A sheetDoc is the contact sheet of one task.
type sheetDoc struct {
	ID, Task, Caption string
	Thumbs            []thumbDoc
	crash             string // a panic, for [HTML]'s caller
}

type thumbDoc struct {
	Name   string
	Source template.URL // data:, or empty
}

func sheetID(plan, change int) string { return fmt.Sprintf("sheet-%d-%d", plan, change) }

// sheets asks for the thumbnails of all tasks whose frames are sent, as many at
// once as there are processors, and keeps the plan's order.
func sheets(plans []plan.Plan, thumbs func(plan.Change) []Thumb) []sheetDoc {
	if thumbs == nil {
		return nil
	}
	var docs []*sheetDoc
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range plans {
		for k, c := range p.Changes {
			if !c.Upload {
				continue
			}
			doc := &sheetDoc{ID: sheetID(i, k), Task: Safe(c.Task)}
			docs = append(docs, doc)
			group.Go(func() error {
				doc.fill(c, thumbs)
				return nil
			})
		}
	}
	_ = group.Wait() // a sheet that fails says so itself
	whole := make([]sheetDoc, len(docs))
	for i, doc := range docs {
		whole[i] = *doc
	}
	return whole
}

// fill makes one sheet. A panic on the way costs that sheet, not the page; it comes out of
// [HTML] when the page is written.
func (d *sheetDoc) fill(c plan.Change, thumbs func(plan.Change) []Thumb) {
	defer func() {
		if r := recover(); r != nil {
			d.Caption, d.Thumbs = Safe(fmt.Sprintf("no images: %v", r)), nil
			d.crash = fmt.Sprintf("%v\n\n%s", r, debug.Stack())
		}
	}()
	for _, t := range thumbs(c) {
		d.Thumbs = append(d.Thumbs, thumbDoc{Safe(t.Name), dataURI(t.Data)})
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
