package source

import (
	"context"
	"slices"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/store"
)

// A reading is what is left to be read of a recording's messages: their headers, which alone tell
// stamps, and so names and order, and which messages give no image. In a store on another machine
// they cost as much as the messages of a compressed recording, and a plan needs no more than how many
// frames there are. So they are read where names count: see [Task.Exact].
type reading struct {
	view    view
	cache   *recording.Cache
	entries []bag.Entry
	kept    []int
	options rosimage.Options
	task    Task // without its frames
	context []topicContext
}

// deferred reports whether the messages' headers are not to be read now: no setting asks for the names
// before a server was looked at.
func (v view) deferred(s scanner) bool {
	manual := v.settings.Validation != nil && len(v.settings.Validation.Frames) > 0
	template := v.settings.FrameName
	usesSeq := template != nil && template.Uses("seq")
	return !store.Here(v.bag.store) && !s.readWhole && v.bag.indexed == nil && !v.inParts() && !manual && !usesSeq && !contentOf(v.frames).Any() && v.settings.Annotations == nil
}

// provisional gives the task with names made of the times of receipt, which the index tells, and of the
// format of each topic's first message; false if one of those is no image.
func (r *reading) provisional(ctx context.Context, b *bag.Bag) (Task, bool, error) {
	t := r.task
	firsts, seen := []int(nil), map[string]bool{}
	for _, k := range r.kept {
		if topic := r.entries[k].Topic; !seen[topic] {
			seen[topic] = true
			firsts = append(firsts, k)
		}
	}
	heads, err := recording.ReadHeaders(ctx, b, r.view.bag.path(), r.entries, firsts, r.options, true)
	if err != nil || len(heads.Messages) < len(firsts) {
		return t, false, err
	}
	messages := recording.Unread(r.entries, r.kept, heads.Messages)
	r.view.nameMessages(&t, messages, r.open)
	for _, c := range r.context {
		t.frames.context = append(t.frames.context, series{name: c.Name, unread: true})
	}
	t.frames.reading = r
	return t, true, nil
}

func (r *reading) open(ordered []recording.Message) frame.Source {
	return recording.NewMessages(r.cache, r.view.bag.store, r.view.bag.rel, ordered, r.options)
}

// exact reads the headers.
func (r *reading) exact(ctx context.Context, b *bag.Bag, cache headCache) (Task, []diag.Diagnostic, error) {
	t := r.task
	log := r.view.frames.Stamp == "log"
	headers, err := recording.ReadHeaders(ctx, b, r.view.bag.path(), r.entries, r.kept, r.options, log)
	if err != nil {
		return t, nil, err
	}
	others := t.blockAll(badMessages(headers.Bad, r.view.frames.Bad))
	r.view.nameMessages(&t, headers.Messages, r.open)
	if !log {
		others = append(others, unstamped(t, headers.Messages)...)
	}
	ofContext, err := r.addContext(ctx, b, &t, cache)
	return t, append(others, ofContext...), err
}

// Provisional reports whether only [Task.Exact] tells the frames' names and which messages give none.
func (t Task) Provisional() bool { return t.frames.reading != nil }

// Exact is the task with its frames' names and order as they will be in CVAT. For most tasks that is
// known from the start; of a recording in a store on another machine it reads the headers of all
// messages, whose problems it gives. What blocks the task is in its Problems, too.
func (t Task) Exact(ctx context.Context) (Task, []diag.Diagnostic) {
	r := t.frames.reading
	if r == nil {
		return t, nil
	}
	var exact Task
	var problems []diag.Diagnostic
	err := r.cache.Use(ctx, r.view.bag.store, r.view.bag.rel, func(b *bag.Bag) (err error) {
		exact, problems, err = r.exact(ctx, b, nil)
		return err
	})
	if err != nil {
		p := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeOr(diag.CodeUnreadableBag, err), Task: t.Name, Pos: t.Origin, Text: r.view.bag.path() + ": " + err.Error()}
		t.Problems = append(slices.Clone(t.Problems), p)
		return t, []diag.Diagnostic{p}
	}
	_ = t.Close()
	exact.Deferred = t.Deferred
	if len(exact.frames.names) == 0 && len(exact.Problems) == 0 {
		exact.block(diag.CodeNoUsableImages, diag.Hint{}, "task %s would have no frames", exact.Name)
	}
	return exact, append(problems, exact.Problems...)
}
