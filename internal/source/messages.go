package source

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// fromMessages makes the task of a recording's topics. Which messages are taken is
// decided by the index, in the order and by the times of receipt; only of those are the
// first bytes read, for stamp and extension.
func (s scanner) fromMessages(ctx context.Context, v view, r *bag.Bag, topics []bag.Topic, d dividedTopics, around []topicContext) (Task, []diag.Diagnostic, error) {
	t := v.task()
	entries, err := recording.Entries(ctx, r, topics)
	if err != nil {
		return t, nil, err
	}
	if v.kind() != manifest.KindPointCloud {
		codec, video, err := recording.VideoCodec(ctx, r, entries)
		if err != nil {
			return t, nil, err
		}
		if video {
			return s.fromPackets(ctx, v, topics, codec, d.first)
		}
	}
	kept, err := v.selectMessages(entries, d.first)
	if err != nil || len(kept) == 0 {
		t.blockMessages(err, len(entries), topics, damageOf(r))
		return t, nil, nil
	}
	whole := &reading{view: v, cache: s.cache, entries: entries, kept: kept, options: v.encodeOptions(), task: t, context: around}
	if v.deferred(s) {
		if t, ok, err := whole.provisional(ctx, r); ok || err != nil {
			return t, nil, err
		}
	}
	return whole.exact(ctx, r, d.heads)
}

func (v view) encodeOptions() rosimage.Options {
	o := encodeOptions(v.frames)
	if v.camera != nil {
		o.Fields = v.camera.Fields
	}
	return o
}

// encodeOptions are frames: as internal/rosimage wants them.
func encodeOptions(f manifest.Frames) rosimage.Options {
	o := rosimage.Options{Format: rosimage.Format(f.Encode), Quality: f.Quality}
	if f.Depth != nil {
		o.Depth = &rosimage.Range{Min: f.Depth.Min, Max: f.Depth.Max}
	}
	return o
}

func (v view) selectMessages(entries []bag.Entry, first int64) ([]int, error) {
	s := selector{Frames: v.frames, first: first, stamps: make([]int64, len(entries))}
	for i, e := range entries {
		s.stamps[i] = e.LogNS
	}
	return s.pick(len(entries))
}

// blockMessages says why no message is taken; damage is what may have left none.
func (t *Task) blockMessages(err error, of int, topics []bag.Topic, damage string) {
	switch {
	case err != nil:
		t.block(diag.CodeBadSelection, diag.Hint{}, "%v", err)
	case of == 0:
		t.block(diag.CodeNoMessages, diag.Hint{}, "topic %s of bag %s has no messages%s", wording.Safe(topics[0].Name), wording.Safe(t.Bag), damage)
	default:
		t.blockSelection(nil, of, "")
	}
}

// damageOf is the first damage of a recording, as a part of a sentence; empty if there is none.
func damageOf(r *bag.Bag) string {
	warnings := r.Warnings()
	if len(warnings) == 0 {
		return ""
	}
	w := warnings[0]
	if w.First != "" {
		w.Text += " (" + w.First + ")"
	}
	return "; it is damaged: " + wording.Safe(w.Text)
}

// nameMessages puts the messages in the order of their stamps, and names and sorts them.
func (v view) nameMessages(t *Task, messages []recording.Message, open func([]recording.Message) frame.Source) {
	slices.SortStableFunc(messages, func(a, b recording.Message) int { return cmp.Compare(a.Stamp, b.Stamp) })
	template := v.settings.FrameName
	if template == nil {
		template = manifest.DefaultMessageName
	}
	names := make([]string, len(messages))
	for i, m := range messages {
		name, err := template.Execute(v.messageVars(m))
		if err != nil {
			t.block(diag.CodeBadFrameName, diag.Do(diag.HintRenameFrame), "%v", err)
			return
		}
		names[i] = norm.NFC.String(name)
		if t.Kind == manifest.KindPointCloud {
			names[i] = v.cloudName(names[i])
		}
	}
	numberEqualStamps(messages, names)
	at := order(names, v.sorting())
	messages = frame.Pick(messages, at)
	t.frames.names, t.frames.source, t.frames.mayLose = frame.Pick(names, at), open(messages), true
	t.blockAll(checkUnique(t.frames.names, t.frames.source.Where))
	t.blockAll(checkNames(t.Kind, t.frames.names, t.frames.source.Where))
	received := order(t.frames.names, "predefined")
	sortBy(received, func(a, b int) int { return messages[a].Index - messages[b].Index })
	v.leaveChoice(t, received)
}

// messageVars are the variables of one message.
func (v view) messageVars(m recording.Message) manifest.Vars {
	vars := v.vars
	if vars.Camera == "" {
		vars.Camera = recording.CameraName(m.Entry.Topic)
	}
	vars.Topic, vars.Ext, vars.Index = m.Entry.Topic, m.Ext, m.Index
	vars.Stamp, vars.Log = &m.Stamp, &m.Entry.LogNS
	if m.Seq >= 0 {
		vars.Seq = &m.Seq
	}
	return vars
}

// badMessages gives what is wrong with messages as problems of the task.
func badMessages(bad []diag.Diagnostic, setting string) []diag.Diagnostic {
	var list problemList
	for _, p := range bad {
		if setting == "skip" && slices.Contains(skippable, p.Code) {
			p.Severity, p.Hint, p.Text = diag.Note, diag.Hint{}, p.Text+"; left out"
		}
		list.add(p)
	}
	return list.problems()
}

// unstamped notes that receive times replace stamps.
func unstamped(t Task, messages []recording.Message) []diag.Diagnostic {
	n := 0
	for _, m := range messages {
		if m.NoStamp {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []diag.Diagnostic{unstampedNote(t, n)}
}

func unstampedNote(t Task, n int) diag.Diagnostic {
	return diag.Diagnostic{
		Severity: diag.Note, Code: diag.CodeNoHeaderStamp, Task: t.Name, Pos: t.Origin,
		Text: fmt.Sprintf("task %s: %s no stamp in the header; the receive time is used", wording.Safe(t.Name), wording.Count(n, "message has", "messages have")),
	}
}

// numberEqualStamps appends -1, -2, … to the names of frames with equal stamps, so that none
// takes another's place. The messages and names are in the order of their stamps.
func numberEqualStamps(messages []recording.Message, names []string) {
	taken := make(map[string]bool, len(names))
	numbers := make(map[string]int) // by name: the last that was tried
	for i, name := range names {
		again := i > 0 && messages[i].Stamp == messages[i-1].Stamp
		stem := trimExtension(name)
		for again && taken[names[i]] {
			numbers[name]++
			names[i] = fmt.Sprintf("%s-%d%s", stem, numbers[name], name[len(stem):])
		}
		taken[names[i]] = true
	}
}

// trimExtension cuts off what follows the last dot of a file's name.
func trimExtension(file string) string { return strings.TrimSuffix(file, path.Ext(file)) }
