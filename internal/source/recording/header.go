package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// fromMessages makes the task of a recording's topics. Which messages are taken is
// decided by the index, in the order and by the times of receipt; only of those are the
// first bytes read, for stamp and extension.
func (v view) fromMessages(ctx context.Context, r *bag.Bag, shelf *shelf, topics []bag.Topic, first int64) (Task, []diag.Diagnostic, error) {
	t := v.task()
	entries, err := imagesOf(ctx, r, topics)
	if err != nil {
		return t, nil, err
	}
	kept, err := v.selectMessages(entries, first)
	if err != nil || len(kept) == 0 {
		t.blockMessages(err, len(entries), topics)
		return t, nil, nil
	}
	m := &messages{shelf: shelf, reader: new(reader), path: v.bag.path, encode: encodeOptions(v.frames), spool: &spool{dir: shelf.options.TempDir}}
	h := heading{m: m, r: r, log: v.frames.Stamp == "log"}
	if err := h.read(ctx, entries, kept); err != nil {
		return t, nil, err
	}
	others := t.blockAll(h.judge(v.frames.Bad))
	v.nameMessages(&t, m, h.shots)
	return t, append(others, h.unstamped(t)...), nil
}

// imagesOf lists the topics' messages. What other types hold under the same names is left out.
func imagesOf(ctx context.Context, r *bag.Bag, topics []bag.Topic) ([]bag.Entry, error) {
	entries, err := r.Index(ctx, topicNames(topics)...)
	return slices.DeleteFunc(entries, func(e bag.Entry) bool {
		_, known := rosimage.Known(r.TopicOf(e).Type)
		return !known
	}), err
}

func topicNames(topics []bag.Topic) []string {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	return names
}

func (v view) selectMessages(entries []bag.Entry, first int64) ([]int, error) {
	s := selector{Frames: v.frames, first: first, stamps: make([]int64, len(entries))}
	for i, e := range entries {
		s.stamps[i] = e.LogNS
	}
	return s.pick(len(entries))
}

func (t *Task) blockMessages(err error, of int, topics []bag.Topic) {
	switch {
	case err != nil:
		t.block(diag.CodeBadSelection, diag.Hint{}, "%v", err)
	case of == 0:
		t.block(diag.CodeNoMessages, diag.Hint{}, "topic %s of bag %s has no messages", show(topics[0].Name), show(t.Bag))
	default:
		t.blockSelection(nil, of, "")
	}
}

// nameMessages puts the shots in the order of their stamps, and names and sorts them.
func (v view) nameMessages(t *Task, m *messages, shots []shot) {
	slices.SortStableFunc(shots, func(a, b shot) int { return cmp.Compare(a.stamp, b.stamp) })
	template := v.settings.FrameName
	if template == nil {
		template = manifest.DefaultMessageName
	}
	names := make([]string, len(shots))
	for i, s := range shots {
		name, err := template.Execute(v.messageVars(s))
		if err != nil {
			t.block(diag.CodeBadFrameName, diag.Do(diag.HintChangeFrameName), "%v", err)
			return
		}
		names[i] = norm.NFC.String(name)
	}
	stampAgain(shots, names)
	at := order(names, v.sorting())
	m.shots = permute(shots, at)
	t.frames.names, t.frames.reel = permute(names, at), m
	m.shelf.expect(m.path, m.reader)
	t.blockAll(checkUnique(t.frames.names, m.where))
	t.blockAll(checkNames(t.frames.names, m.where))
}

// messageVars are the variables of one message.
func (v view) messageVars(s shot) manifest.Vars {
	vars := v.vars
	if vars.Camera == "" {
		vars.Camera = cameraOfTopic(s.entry.Topic)
	}
	vars.Topic, vars.Ext, vars.Index = s.entry.Topic, s.ext, s.index
	vars.Stamp, vars.Log = &s.stamp, &s.entry.LogNS
	if s.seq >= 0 {
		vars.Seq = &s.seq
	}
	return vars
}

// A heading reads the first bytes of messages.
type heading struct {
	m     *messages
	r     *bag.Bag
	log   bool // the receive time is the stamp
	shots []shot
	bad   []*imageheader.Fault
	lost  int // messages that cannot be read
}

// read takes the chosen entries; those that cannot be read are left out.
func (h *heading) read(ctx context.Context, entries []bag.Entry, kept []int) error {
	chosen := permute(entries, kept)
	next, long := 0, []int(nil)
	err := h.r.Heads(ctx, chosen, rosimage.HeadSize, func(e bag.Entry, head []byte) error {
		for ; !same(chosen[next], e); next++ {
			h.lost++
		}
		s := h.shot(e, kept[next])
		next++
		if errors.Is(h.add(s, head, rosimage.Peek), rosimage.ErrShort) {
			long = append(long, s.index)
		}
		return nil
	})
	h.lost += len(chosen) - next
	if err != nil {
		return err
	}
	return h.readWhole(ctx, entries, long)
}

// readWhole reads the few messages whose first bytes do not tell enough.
func (h *heading) readWhole(ctx context.Context, entries []bag.Entry, long []int) error {
	next := 0
	return h.r.Messages(ctx, permute(entries, long), func(e bag.Entry, data []byte) error {
		for !same(entries[long[next]], e) {
			next++
			h.lost++
		}
		h.add(h.shot(e, long[next]), data, rosimage.Decode)
		next++
		return nil
	})
}

// shot is a message of which only the index has told.
func (h *heading) shot(e bag.Entry, index int) shot {
	t := h.r.TopicOf(e)
	kind, _ := rosimage.Known(t.Type)
	return shot{entry: e, kind: kind, wire: rosimage.Wire(t.Encoding), index: index, seq: -1, size: -1}
}

type decode func(rosimage.Wire, rosimage.Kind, []byte) (*rosimage.Message, error)

// add makes a shot of a message's bytes; ErrShort asks for more of them.
func (h *heading) add(s shot, b []byte, decode decode) error {
	image, err := decode(s.wire, s.kind, b)
	if err == nil {
		s.ext, err = image.Ext(h.m.encode)
	}
	if errors.Is(err, rosimage.ErrShort) {
		return err
	}
	if err != nil {
		h.blame(s, unreadableMessage(s, err))
		return nil
	}
	if s.wire == rosimage.ROS1 {
		s.seq = int64(image.Seq)
	}
	s.stamp, s.noStamp = image.StampNS, image.StampNS == 0
	if h.log || s.noStamp {
		s.stamp = s.entry.LogNS
	}
	s.measure(image, h.m.encode)
	h.shots = append(h.shots, s)
	return nil
}

// blame keeps the fault of a message; an encoding that is not read is its topic's, and
// told once.
func (h *heading) blame(s shot, f *imageheader.Fault) {
	if f.Code != diag.CodeUnsupportedEncoding {
		f.Text = fmt.Sprintf("message %d of %s: %s", s.entry.Seq, show(s.entry.Topic), f.Text)
	}
	f.Text = show(h.m.path) + ": " + f.Text
	if !slices.ContainsFunc(h.bad, func(o *imageheader.Fault) bool { return o.Text == f.Text }) {
		h.bad = append(h.bad, f)
	}
}

// measure notes how large the file will be: exactly, where the payload is the file and
// says its length; else at most.
func (s *shot) measure(image *rosimage.Message, o rosimage.Options) {
	size := max(image.DataSize, len(image.Data))
	whole := *image
	whole.Partial = false
	if file, _, passes := whole.Passthrough(o); passes {
		if len(file) == len(image.Data) && (image.DataSize > 0 || !image.Partial) {
			s.size = int64(size)
		}
		return
	}
	s.pixels = int64(max(size, image.Step*image.Height, 1))
	s.pixels += s.pixels/64 + 4096
}

// judge gives the faults of messages as problems of the task.
func (h *heading) judge(bad string) []diag.Diagnostic {
	var list problemList
	for _, f := range h.bad {
		p := diag.Diagnostic{Severity: diag.Error, Code: f.Code, Text: f.Text, Hint: f.Hint}
		if bad == "skip" && slices.Contains(skippable, f.Code) {
			p.Severity, p.Hint, p.Text = diag.Note, diag.Hint{}, p.Text+"; left out"
		}
		list.add(p)
	}
	return list.problems()
}

// unstamped notes that receive times stand in for stamps.
func (h *heading) unstamped(t Task) []diag.Diagnostic {
	n := 0
	for _, s := range h.shots {
		if s.noStamp && !h.log {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []diag.Diagnostic{{
		Severity: diag.Note, Code: diag.CodeNoHeaderStamp, Task: t.Name, Pos: t.Origin,
		Text: fmt.Sprintf("task %s: %s no stamp in the header; the receive time is used", show(t.Name), count(n, "message has", "messages have")),
	}}
}
