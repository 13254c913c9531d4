package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/source/choose"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A choice is left to be made among a task's frames, by what they show. It costs decoding them, so it is made where
// the frames count ([Task.Choose]), and an index keeps it. Frames have their names before it, so that no choice
// changes another frame's name.
type choice struct {
	choose.Settings
	limit   int
	spread  bool
	growing bool  // the bag may be given further frames, for a further part
	at      []int // the candidates' places among the task's frames, in the order of time

	// What an index keeps of earlier choices.
	kept   []int    // candidates, ascending
	keptBy []string // by which algorithms each was chosen
	judged int      // how many of the candidates there were to choose from
	index  *index.Frames

	memory *memory.Budget
}

// contentOf are the keys of a selection that go by what frames show.
func contentOf(f manifest.Frames) choose.Settings {
	s := choose.Settings{SharpestOf: f.SharpestOf}
	if f.Distinct != nil {
		s.Distinct = *f.Distinct
	}
	return s
}

// leaveChoice makes the task one whose frames are the candidates of a choice, where the manifest asks for one.
// In the order of time the candidates are at these places among the frames.
func (v view) leaveChoice(t *Task, at []int) {
	by := contentOf(v.frames)
	if !by.Any() {
		return
	}
	if v.kind() != manifest.KindImages {
		t.block(diag.CodeBadSelection, diag.Do(diag.HintCheckSelection), "camera %s: %s looks at images, and it has none", wording.Safe(v.cameraName()), keysOf(by))
		return
	}
	t.frames.choice = &choice{
		Settings: by, limit: v.frames.Limit, spread: spreads(v.frames), growing: v.settings.Grow == "part", at: at,
	}
	if t.frames.choice.end() == 0 {
		t.Deferred = fmt.Sprintf("bag %s has %s so far, and frames: sharpest_of: %d with grow: part waits for as many", wording.Safe(v.bag.rel), wording.Count(len(at), "frame", "frames"), by.SharpestOf)
	}
}

// placesOf inverts an order: where each of the things that were put into it is.
func placesOf(order []int) []int {
	places := make([]int, len(order))
	for place, i := range order {
		places[i] = place
	}
	return places
}

// begin and end are the candidates that are to be judged.
func (c *choice) begin() int { return c.Begin(c.judged) }
func (c *choice) end() int   { return c.Judged(len(c.at), c.growing) }

// enough reports whether no further frame is taken.
func (c *choice) enough(kept int) bool {
	return c.limit > 0 && (!c.spread || len(c.kept) > 0) && kept >= c.limit
}

// Undecided reports whether the task's frames are those of which [Task.Choose] chooses.
func (t Task) Undecided() bool { return t.frames.choice != nil }

// Looked is what choosing frames cost.
type Looked struct {
	Images int   // that were decoded
	Bytes  int64 // of them, as they lie
}

// Choose is the task with the frames that the manifest chooses by what they show (frames: sharpest_of, distinct).
// It decodes those that its index, if it has one, does not tell of. What blocks the task is in its Problems, too; when
// ctx ends, the task is given back as it was.
func (t Task) Choose(ctx context.Context) (Task, Looked, []diag.Diagnostic) {
	c := t.frames.choice
	if c == nil {
		return t, Looked{}, nil
	}
	j := judging{task: t, choice: c, looks: make([]choose.Look, len(c.at)), report: make([]diag.Diagnostic, len(t.frames.names))}
	chosen, damage := j.run(ctx)
	looked := Looked{Images: int(j.images.Load()), Bytes: j.bytes.Load()}
	if ctx.Err() != nil {
		return t, looked, nil
	}
	_, problems := t.judge(j.report)
	problems = append(problems, t.found(damage)...)
	t.Problems = slices.Clone(t.Problems)
	if others := t.blockAll(problems); len(others) < len(problems) {
		return t, looked, problems
	}
	t.frames = t.frames.chosen(c, chosen)
	if len(chosen) == 0 {
		t.block(diag.CodeNoUsableImages, diag.Hint{}, "task %s would have no frames", wording.Safe(t.Name))
	}
	return t, looked, problems
}

// chosen leaves the chosen candidates.
func (f frames) chosen(c *choice, candidates []int) frames {
	places, by := make([]int, len(candidates)), make(map[int]string, len(candidates))
	for k, i := range candidates {
		places[k], by[c.at[i]] = c.at[i], c.By()
	}
	for k, i := range c.kept {
		by[c.at[i]] = c.keptBy[k]
	}
	slices.Sort(places)
	f = f.only(places)
	f.chosenBy, f.judged = make([]string, len(places)), c.end()
	for k, place := range places {
		f.chosenBy[k] = by[place]
	}
	if c.index != nil && slices.Equal(f.names, c.index.Names) {
		f.index = c.index
	}
	return f
}

// A judging is one choice being made.
type judging struct {
	*choice
	task   Task
	looks  []choose.Look     // of the candidates
	report []diag.Diagnostic // of the task's frames

	images, bytes atomic.Int64
}

// window is how many frames are looked at before it is asked whether they are enough.
const window = 256

// run gives the candidates that are chosen, and damage of the bag that it met.
func (j *judging) run(ctx context.Context) (chosen []int, damage []diag.Diagnostic) {
	picker := choose.Picker{Settings: j.Settings}
	chosen = slices.Clone(j.kept)
	if j.begin() < j.end() && !j.enough(len(chosen)) && len(chosen) > 0 {
		last := chosen[len(chosen)-1]
		damage = j.look(ctx, last, last+1)
		if j.usable(last) {
			picker.After(j.looks[last])
		}
	}
	size := len(j.at)
	if j.limit > 0 && !j.spread {
		group := max(j.SharpestOf, 1)
		size = max(window-window%group, group)
	}
	for from := j.begin(); from < j.end() && !j.enough(len(chosen)+len(picker.Kept)) && ctx.Err() == nil; from += size {
		to := min(from+size, j.end())
		damage = append(damage, j.look(ctx, from, to)...)
		for i := from; i < to; i++ {
			picker.Add(i, j.looks[i], j.usable(i))
		}
		if to == j.end() {
			picker.Flush()
		}
	}
	return limit(append(chosen, picker.Kept...), j.limit, j.spread && len(j.kept) == 0), damage
}

// usable reports whether nothing is wrong with a candidate that was looked at.
func (j *judging) usable(i int) bool { return j.report[j.at[i]].Severity < diag.Error }

// look looks at some of the candidates.
func (j *judging) look(ctx context.Context, from, to int) []diag.Diagnostic {
	return j.task.frames.source.Only(j.at[from:to]).Each(ctx, frame.Seen, func(i int, o frame.Opened, err error) {
		candidate := from + i
		place := j.at[candidate]
		if err == nil {
			j.images.Add(1)
			j.bytes.Add(o.Size)
			j.looks[candidate], err = j.see(ctx, place, o)
		}
		if err != nil && ctx.Err() == nil {
			j.report[place] = j.task.unseen(place, err)
		}
	})
}

// see looks at one image, once there is memory to decode it.
func (j *judging) see(ctx context.Context, place int, o frame.Opened) (choose.Look, error) {
	if o.Image != nil {
		return choose.Of(o.Image), nil
	}
	if !o.Granted {
		cost, err := choose.Cost(o, o.Size, j.task.frames.names[place])
		if err != nil {
			return choose.Look{}, err
		}
		granted, err := j.memory.Wait(ctx, memory.Size{Bytes: cost})
		if err != nil {
			return choose.Look{}, err
		}
		defer granted.Done(nil)
	}
	img, err := choose.Decode(o, o.Size)
	if err != nil {
		return choose.Look{}, err
	}
	return choose.Of(img), nil
}

// unseen says why a frame cannot be judged.
func (t Task) unseen(i int, err error) diag.Diagnostic {
	var undecodable *choose.UndecodableError
	var corrupt *choose.CorruptError
	p := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeCorruptImage, Hint: diag.Do(diag.HintSkipImage)}
	where := wording.Safe(t.frames.source.Where(i))
	switch {
	case errors.As(err, &undecodable):
		p.Code, p.Hint = diag.CodeUndecodableImage, diag.Do(diag.HintChooseOtherwise)
		p.Text = fmt.Sprintf("%s: %s, so %s cannot judge it", where, wording.Safe(undecodable.Error()), keysOf(t.frames.choice.Settings))
	case errors.As(err, &corrupt):
		p.Text = where + ": " + wording.Safe(corrupt.Error())
	default:
		return t.unreadable(i, err)
	}
	return p
}

// keysOf are those of the manifest that ask for a choice.
func keysOf(s choose.Settings) string {
	switch {
	case s.SharpestOf <= 1:
		return "frames: distinct"
	case s.Distinct == 0:
		return "frames: sharpest_of"
	}
	return "frames: sharpest_of and distinct"
}
