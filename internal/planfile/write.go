package planfile

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Write writes f; the same f gives the same bytes.
func Write(w io.Writer, f File) error {
	out := newWriter(w)
	out.line(header(f))
	for _, p := range f.Projects {
		out.project(p)
	}
	return out.end()
}

// A writer writes lines until one fails, and keeps their sum.
type writer struct {
	buffer  *bufio.Writer
	encoder *json.Encoder
	sum     hash.Hash
	lines   int
	err     error
}

func newWriter(w io.Writer) *writer {
	out := &writer{buffer: bufio.NewWriterSize(w, 1<<16), sum: sha256.New()}
	out.encoder = json.NewEncoder(io.MultiWriter(out.buffer, out.sum))
	out.encoder.SetEscapeHTML(false)
	return out
}

func (out *writer) line(v any) {
	if out.err == nil {
		out.err = out.encoder.Encode(v)
		out.lines++
	}
}

func (out *writer) end() error {
	out.line(endLine{typeEnd, out.lines, hex.EncodeToString(out.sum.Sum(nil))})
	if out.err != nil {
		return out.err
	}
	return out.buffer.Flush()
}

func (out *writer) project(p Project) {
	out.line(projectOf(p))
	actions := actionsOf(p.Plan())
	frames := make(map[plan.Name][]string, len(p.Want))
	for i, d := range p.Want {
		action, planned := actions[plan.NameOf(d.Task)]
		if !planned {
			out.line(taskLine{Type: typeTask, Task: d.Task, Was: d.Was, Bag: d.Bag, Camera: d.Camera, Kind: d.Kind, Origin: positionPart(d.Origin), Bytes: d.Bytes})
			continue
		}
		if _, several := frames[plan.NameOf(d.Task)]; !several {
			frames[plan.NameOf(d.Task)] = d.Frames
		}
		out.line(taskOf(d, action, imagesOf(p, i)))
	}
	for _, t := range p.Have.Tasks {
		out.line(serverOf(t, frames[plan.NameOf(t.Name)]))
	}
	for _, t := range p.Have.Elsewhere {
		l := serverOf(t, nil)
		l.Elsewhere = true
		out.line(l)
	}
}

// actionsOf tells what was decided about each wanted task. Where two are of one name, both
// are in conflict.
func actionsOf(p plan.Plan) map[plan.Name]plan.Action {
	actions := make(map[plan.Name]plan.Action, len(p.Changes))
	for _, c := range p.Changes {
		if c.Action != plan.Unmanaged {
			actions[plan.NameOf(c.Task)] = c.Action
		}
	}
	return actions
}

func imagesOf(p Project, i int) []Image {
	if i >= len(p.Images) {
		return nil
	}
	return p.Images[i]
}
