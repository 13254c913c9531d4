package pull

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"sync"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/internal/dataset"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// findOrigins says of each member what its frames' origins hash to.
func (r *Pull) findOrigins(ctx context.Context) error {
	for _, m := range r.members {
		h := sha256.New()
		err := m.origins(ctx, func(o index.Record) error {
			m.times = m.times || o.StampNS != nil
			fmt.Fprintf(h, "%q %q %q %q %q %s %s\n", o.Name, o.Bag, o.Camera, o.Topic, o.Path, nanoseconds(o.StampNS), nanoseconds(o.LogNS))
			if o.PTSNS != nil {
				fmt.Fprintf(h, "pts %d\n", *o.PTSNS)
			}
			return nil
		})
		if err != nil {
			return err
		}
		m.join = hex.EncodeToString(h.Sum(nil)[:12])
	}
	return nil
}

func nanoseconds(ns *int64) string {
	if ns == nil {
		return "-"
	}
	return fmt.Sprint(*ns)
}

func (m *member) origins(ctx context.Context, visit func(index.Record) error) error {
	if m.source == nil {
		return nil
	}
	return source.Origins(ctx, *m.source, visit)
}

// frames gives a member's frames with their origins. counts, which may be nil, is set once all were given.
func (r *Pull) frames(ctx context.Context, m *member, counts *Counts) iter.Seq2[dataset.Frame, error] {
	return func(yield func(dataset.Frame, error) bool) {
		a, err := r.cache.get(m)
		if err != nil {
			yield(dataset.Frame{}, err)
			return
		}
		from, err := m.originsByName(ctx)
		if err != nil {
			yield(dataset.Frame{}, err)
			return
		}
		var n Counts
		choice := m.choice(a, r.o)
		task := annotation.Task{
			Labels: r.labels, Annotations: a.Annotations, Frames: a.Frames, Hidden: a.Hidden, ThreeD: m.clouds(),
			Without: func(frame int) bool { return choice(frame) != taken },
		}
		for f := range task.All(func(reason string) { r.warn(m.task.Name, reason) }) {
			out := dataset.Frame{Frame: f, Task: m.task.Name, Subset: m.task.Subset, ThreeD: task.ThreeD}
			if o, there := from[norm.NFC.String(f.Name)]; there {
				out.Bag, out.Camera, out.Topic, out.Path, out.StampNS, out.LogNS, out.PTSNS = o.Bag, o.Camera, o.Topic, o.Path, o.StampNS, o.LogNS, o.PTSNS
			} else {
				n.Unplaced++
			}
			n.Frames++
			n.Shapes += len(f.Shapes)
			n.Tags += len(f.Tags)
			if !yield(out, ctx.Err()) {
				return
			}
		}
		n.addLeftOut(a, choice)
		if counts != nil {
			counts.add(n)
		}
	}
}

// originsByName are the origins of a member's frames.
func (m *member) originsByName(ctx context.Context) (map[string]index.Record, error) {
	byName := make(map[string]index.Record, m.task.Size)
	err := m.origins(ctx, func(o index.Record) error {
		byName[norm.NFC.String(o.Name)] = o
		return nil
	})
	return byName, err
}

// addLeftOut counts the frames that are not pulled, for their jobs' stage or state or since they were deleted in CVAT.
func (c *Counts) addLeftOut(a answers, choice func(frame int) taking) {
	for frame := range a.Frames {
		if choice(frame) == filtered {
			c.Filtered++
		}
	}
	for _, frame := range a.Hidden {
		if choice(frame) == taken {
			c.Hidden++
		}
	}
}

func (c *Counts) add(n Counts) {
	c.Frames += n.Frames
	c.Shapes += n.Shapes
	c.Tags += n.Tags
	c.Hidden += n.Hidden
	c.Filtered += n.Filtered
	c.Unplaced += n.Unplaced
}

// A taking says whether a frame is pulled.
type taking int

const (
	taken    taking = iota
	foreign         // another kind of job's: a copy that checks annotators, or none of the ground truth job's
	filtered        // its jobs are in another stage or state
)

// choice says which frames are pulled.
func (m *member) choice(a answers, o Options) func(frame int) taking {
	foreignTo := map[int]bool{}
	if a.Layout != nil && o.Jobs == groundTruth {
		for frame := range a.Frames {
			foreignTo[frame] = true
		}
		for _, frame := range a.Layout.Frames {
			delete(foreignTo, frame)
		}
		for _, frame := range a.Layout.Disabled {
			foreignTo[frame] = true
		}
	} else if a.Layout != nil {
		for _, frame := range a.Layout.HoneypotFrames {
			foreignTo[frame] = true
		}
	}
	fitting := slices.DeleteFunc(slices.Clone(m.jobs), func(j cvat.Job) bool { return !m.takes(j, o) })
	return func(frame int) taking {
		switch {
		case foreignTo[frame]:
			return foreign
		case o.Stage == "" && o.State == "":
			return taken
		case slices.ContainsFunc(fitting, func(j cvat.Job) bool { return j.StartFrame <= frame && frame <= j.StopFrame }):
			return taken
		}
		return filtered
	}
}

// takes says whether a job's frames are pulled.
func (m *member) takes(j cvat.Job, o Options) bool {
	kind := j.Type == o.Jobs || o.Jobs == annotationJob && j.Annotates()
	if o.Jobs == annotationJob && m.pooled() {
		kind = kind || j.Type == groundTruth
	}
	return kind && (o.Stage == "" || j.Stage == o.Stage) && (o.State == "" || j.State == o.State)
}

// warn says once what was left out of a task.
func (r *Pull) warn(task, reason string) {
	r.warnings.Do(task+": "+reason, func(text string) { r.result.Warnings = append(r.result.Warnings, text) })
}

// onceEach runs f once for each text.
type onceEach struct {
	mu   sync.Mutex
	said map[string]bool
}

// Do runs f with text, alone, unless it was run with it before.
func (o *onceEach) Do(text string, f func(string)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.said == nil {
		o.said = map[string]bool{}
	}
	if !o.said[text] {
		o.said[text] = true
		f(text)
	}
}
