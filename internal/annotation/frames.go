package annotation

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A Task is what CVAT answers of one task.
type Task struct {
	Labels      Labels
	Annotations *cvat.Annotations
	Frames      []cvat.FrameMeta // by number
	Hidden      []int            // frames that were deleted: they count for nothing, as do keyframes on them
	Without     func(int) bool   // frames that are left out of the result alone; nil: none
	ThreeD      bool             // the frames are point clouds
}

// window is how many frames are held at once: a track of a few keyframes may be as long as the task.
const window = 512

// All gives the task's frames in their order. What cannot be exported, by CVAT either, is left out and reported to skipped,
// once each.
func (t Task) All(skipped func(reason string)) iter.Seq[Frame] {
	hidden := make(map[int]bool, len(t.Hidden))
	for _, f := range t.Hidden {
		hidden[f] = true
	}
	p := placer{t: t, hidden: hidden, tracks: t.prepareTracks(hidden, skipped), skipped: skipped}
	p.index()
	return func(yield func(Frame) bool) {
		for start := 0; start < len(t.Frames); start += window {
			for _, f := range p.window(start, min(start+window, len(t.Frames))) {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// A placer puts annotations on frames.
type placer struct {
	t       Task
	hidden  map[int]bool
	tracks  []track
	shapes  map[int][]Shape
	tags    map[int][]Tag
	skipped func(reason string)
}

// index sorts shapes and tags by their frames. What names no frame or label of the task is not exported by CVAT.
func (p *placer) index() {
	p.shapes, p.tags = map[int][]Shape{}, map[int][]Tag{}
	for _, s := range p.t.Annotations.Shapes {
		shape, ok := p.t.shape(s)
		if !ok {
			p.skipped("a shape of a label that the project does not have")
			continue
		}
		p.shapes[s.Frame] = append(p.shapes[s.Frame], shape)
	}
	for _, tag := range p.t.Annotations.Tags {
		l := p.t.Labels.byID[tag.LabelID]
		if l == nil {
			p.skipped("a tag of a label that the project does not have")
			continue
		}
		p.tags[tag.Frame] = append(p.tags[tag.Frame], Tag{Label: l.name, Group: tag.Group, Source: tag.Source, Attributes: l.values(tag.Attributes)})
	}
}

// shape puts names for ids; false where it names a label that is not there.
func (t Task) shape(s cvat.Shape) (Shape, bool) {
	l := t.Labels.byID[s.LabelID]
	if l == nil {
		return Shape{}, false
	}
	shape := Shape{
		Type: s.Type, Label: l.name, Points: s.Points, Rotation: s.Rotation, Occluded: s.Occluded, Outside: s.Outside,
		ZOrder: s.ZOrder, Group: s.Group, Source: s.Source, Score: s.Score, Attributes: l.values(s.Attributes),
	}
	elements := slices.Clone(s.Elements)
	slices.SortStableFunc(elements, func(a, b cvat.Shape) int { return t.Labels.bySublabel(a.LabelID, b.LabelID) })
	for _, e := range elements {
		if element, ok := t.shape(e); ok {
			element.Group, element.ZOrder, element.Score = 0, 0, nil // the skeleton's hold
			shape.Elements = append(shape.Elements, element)
		}
	}
	return shape, true
}

// finite says whether a shape's numbers, which may have been computed, are numbers.
func (s Shape) finite() bool {
	return Finite(s.Rotation) && Finite(s.Points...) && !slices.ContainsFunc(s.Elements, func(e Shape) bool { return !e.finite() })
}

// Finite says whether none is infinite or not a number, which JSON cannot say.
func Finite(numbers ...float64) bool {
	return !slices.ContainsFunc(numbers, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}

// bySublabel compares two sublabels by their place in their skeleton.
func (l Labels) bySublabel(a, b int) int {
	place := func(id int) int {
		if l := l.byID[id]; l != nil {
			return l.place
		}
		return 0
	}
	return cmp.Compare(place(a), place(b))
}

// window makes the frames from start up to, without, stop.
func (p *placer) window(start, stop int) []Frame {
	frames := make([]Frame, 0, stop-start)
	at := make([]int, stop-start)
	for n := start; n < stop; n++ {
		at[n-start] = -1
		if p.hidden[n] || p.t.Without != nil && p.t.Without(n) {
			continue
		}
		at[n-start] = len(frames)
		meta := p.t.Frames[n]
		frames = append(frames, Frame{
			Number: n, Name: meta.Name, Width: meta.Width, Height: meta.Height,
			Shapes: slices.Clone(p.shapes[n]), Tags: slices.Clone(p.tags[n]),
		})
	}
	for _, t := range p.tracks {
		for frame, shape := range t.between(start, stop) {
			i := at[frame-start]
			switch {
			case i < 0:
			case !shape.finite():
				p.skipped("a track, between keyframes whose numbers are too large to compute with")
			default:
				frames[i].Shapes = append(frames[i].Shapes, shape)
			}
		}
	}
	for i := range frames {
		frames[i].sort()
	}
	return frames
}
