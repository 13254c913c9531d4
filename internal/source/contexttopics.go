package source

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A topicContext is where, in one recording, an entry of context: finds its images.
type topicContext struct {
	manifest.Context
	topics  []bag.Topic
	options rosimage.Options
	problem *diag.Diagnostic // why they are not known
}

// topicContexts finds the topics of a camera's context: in a recording. A camera there has those that its tasks would be
// made of.
func (s scanner) topicContexts(ctx context.Context, v view, r *bag.Bag, mine [][]bag.Topic, problems []*diag.Diagnostic) ([]topicContext, error) {
	if v.camera == nil {
		return nil, nil
	}
	var all []topicContext
	for _, c := range v.camera.Context {
		found := topicContext{Context: c, options: encodeOptions(v.frames)}
		topics := slices.DeleteFunc(recording.ImageTopics(r), func(t bag.Topic) bool { return !camera.FitsTopic(c.Topics, t.Name) })
		other := s.camera(c.Camera)
		if other != nil {
			topics, found.problem = mine[s.index(other)], problems[s.index(other)]
			found.options = encodeOptions(s.m.FramesOf(other, v.bag.entries))
		}
		depths, err := recording.DepthsOf(ctx, r, topics)
		if err != nil {
			return nil, err
		}
		found.topics = recording.Choose(topics, depths)
		if other != nil && len(other.Topics) == 0 {
			found.topics = compressedOf(found.topics, depths, other.Name)
			if len(found.topics) > 1 && found.problem == nil {
				p := severalStreams(other, found.topics)
				found.problem = &p
			}
		}
		all = append(all, found)
	}
	return all, nil
}

// A headCache keeps the headers of topics' messages while several cameras of one recording ask for them.
type headCache map[string]recording.Headers

// heads reads the headers of all of a context's messages.
func (c topicContext) heads(ctx context.Context, r *bag.Bag, path string, log bool, cache headCache) (recording.Headers, error) {
	if len(c.topics) == 0 { // for which [bag.Bag.Index] would give all
		return recording.Headers{}, nil
	}
	names := make([]string, len(c.topics))
	for i, t := range c.topics {
		names[i] = t.Name
	}
	depth := rosimage.Range{}
	if c.options.Depth != nil {
		depth = *c.options.Depth
	}
	key := fmt.Sprint(log, c.options.Format, c.options.Quality, c.options.Depth != nil, depth, strings.Join(names, "\n"))
	if known, ok := cache[key]; ok {
		return known, nil
	}
	entries, err := recording.Entries(ctx, r, c.topics)
	if err != nil || len(entries) == 0 {
		return recording.Headers{}, err
	}
	all := make([]int, len(entries))
	for i := range all {
		all[i] = i
	}
	h, err := recording.ReadHeaders(ctx, r, path, entries, all, c.options, log)
	if err == nil && cache != nil {
		cache[key] = h
	}
	return h, err
}

// addContext gives the task's frames the images of other topics of the recording, by the clock that the frames go by.
func (r *reading) addContext(ctx context.Context, b *bag.Bag, t *Task, cache headCache) (others []diag.Diagnostic, err error) {
	if len(t.frames.names) == 0 {
		return nil, nil
	}
	for _, c := range r.context {
		if c.Camera == "" && len(c.Topics) == 0 { // it is of directories
			t.frames.context = append(t.frames.context, series{name: c.Name})
			continue
		}
		if c.problem != nil {
			others = append(others, t.blockAll(inContext(c.Name, []diag.Diagnostic{*c.problem}))...)
			continue
		}
		heads, err := c.heads(ctx, b, r.view.bag.path(), r.view.frames.Stamp == "log", cache)
		if err != nil {
			return nil, err
		}
		others = append(others, t.blockAll(inContext(c.Name, badMessages(heads.Bad, r.view.frames.Bad)))...)
		stamps := make([]int64, len(heads.Messages))
		for i, m := range heads.Messages {
			stamps[i] = m.Stamp
		}
		others = append(others, t.addContext(c.Name, c.Within, stamps, candidates{
			open: func(used []int) frame.Source {
				return recording.NewMessages(r.cache, r.view.bag.store, r.view.bag.rel, frame.Pick(heads.Messages, used), c.options)
			},
			file: func(i int) string { return c.Name + "." + heads.Messages[i].Ext },
		})...)
	}
	return others, nil
}

// topicOfContext reports whether some entry of context: takes a topic by its globs.
func (s scanner) topicOfContext(topic string) bool {
	for _, c := range s.m.Cameras {
		if slices.ContainsFunc(c.Context, func(c manifest.Context) bool { return camera.FitsTopic(c.Topics, topic) }) {
			return true
		}
	}
	return false
}
