package annotation

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/cvatplan/cvatplan/internal/interpolate"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A track is one of CVAT's, ready to be put on frames.
type track struct {
	number   int
	label    *label
	from     cvat.Track
	keys     []interpolate.Keyframe
	values   []Attributes // parallel to keys: a keyframe's, or where it sets none those of the one before
	options  interpolate.Options
	elements []track // of a skeleton
}

// prepareTracks numbers the tracks in an order that depends on what they are alone.
func (t Task) prepareTracks(hidden map[int]bool, skipped func(string)) []track {
	var tracks []track
	for _, from := range t.Annotations.Tracks {
		made, err := t.track(from, hidden, false)
		if err != nil {
			skipped("a track that CVAT cannot export either: " + err.Error())
			continue
		}
		tracks = append(tracks, made)
	}
	slices.SortStableFunc(tracks, compareTracks)
	for i := range tracks {
		tracks[i].number = i
	}
	return tracks
}

func compareTracks(a, b track) int {
	return cmp.Or(
		cmp.Compare(a.from.Frame, b.from.Frame), cmp.Compare(a.label.name, b.label.name),
		slices.CompareFunc(a.keys, b.keys, func(a, b interpolate.Keyframe) int {
			return cmp.Or(cmp.Compare(a.Frame, b.Frame), cmp.Compare(a.Kind, b.Kind), slices.Compare(a.Points, b.Points),
				cmp.Compare(a.Rotation, b.Rotation), compareBool(a.Outside, b.Outside))
		}),
		slices.CompareFunc(a.elements, b.elements, compareTracks),
		slices.CompareFunc(a.values, b.values, compareAttributes),
		cmp.Compare(a.from.Group, b.from.Group), cmp.Compare(a.from.Source, b.from.Source),
	)
}

// track prepares a track, or an element of one. It fails where its keyframes are of several kinds.
func (t Task) track(from cvat.Track, hidden map[int]bool, element bool) (track, error) {
	made := track{label: t.Labels.byID[from.LabelID], from: from, options: interpolate.Options{
		Deleted: func(f int) bool { return hidden[f] }, KeepOutside: element, ThreeD: t.ThreeD, End: len(t.Frames),
	}}
	if made.label == nil {
		return made, fmt.Errorf("its label %d is not there", from.LabelID)
	}
	made.from.Shapes = slices.Clone(from.Shapes)
	slices.SortStableFunc(made.from.Shapes, func(a, b cvat.TrackedShape) int { return cmp.Compare(a.Frame, b.Frame) })
	made.prepareKeys(hidden)
	if _, err := interpolate.Track(made.keys, made.options); err != nil {
		return made, err
	}
	for _, e := range from.Elements {
		part, err := t.track(e, hidden, true)
		if err != nil {
			return made, err
		}
		made.elements = append(made.elements, part)
	}
	slices.SortStableFunc(made.elements, func(a, b track) int { return t.Labels.bySublabel(a.from.LabelID, b.from.LabelID) })
	return made, nil
}

func (t *track) prepareKeys(hidden map[int]bool) {
	held := t.from.Attributes // of the track itself, then those of the keyframes so far
	for _, s := range t.from.Shapes {
		if !hidden[s.Frame] {
			held = override(held, s.Attributes)
		}
		t.keys = append(t.keys, interpolate.Keyframe{
			Frame: s.Frame, Kind: interpolate.Kind(s.Type), Points: s.Points, Rotation: s.Rotation, Outside: s.Outside,
		})
		t.values = append(t.values, t.label.values(held))
	}
}

// override sets attributes again; those that are not set keep their value.
func override(held, set []cvat.AttributeValue) []cvat.AttributeValue {
	result := slices.Clone(held)
	for _, v := range set {
		i := slices.IndexFunc(result, func(h cvat.AttributeValue) bool { return h.SpecID == v.SpecID })
		if i < 0 {
			result = append(result, v)
			continue
		}
		result[i] = v
	}
	return result
}

// positions are the track's, outside ones too, from start up to, without, stop.
func (t track) positions(start, stop int) iter.Seq[interpolate.Position] {
	o := t.options
	o.Start, o.End = max(start, t.from.Frame), min(stop, o.End)
	positions, err := interpolate.Track(t.keys, o)
	if err != nil {
		panic(fmt.Sprintf("annotation: a track that was prepared: %v", err))
	}
	return positions
}

// between gives the track's shapes from start up to, without, stop, each with its frame.
func (t track) between(start, stop int) iter.Seq2[int, Shape] {
	elements := make([]map[int]Shape, len(t.elements))
	for i, e := range t.elements {
		elements[i] = map[int]Shape{}
		for p := range e.positions(start, stop) {
			shape := e.at(p)
			shape.ZOrder, shape.Keyframe, shape.Outside = 0, false, p.Outside
			elements[i][p.Frame] = shape
		}
	}
	return func(yield func(int, Shape) bool) {
		for p := range t.positions(start, stop) {
			if p.Outside {
				continue
			}
			shape := t.at(p)
			shape.Track, shape.Group = &t.number, t.from.Group
			for _, e := range elements {
				if element, there := e[p.Frame]; there {
					shape.Elements = append(shape.Elements, element)
				}
			}
			if allOutside(shape.Elements) {
				continue
			}
			if !yield(p.Frame, shape) {
				return
			}
		}
	}
}

func allOutside(elements []Shape) bool {
	return len(elements) > 0 && !slices.ContainsFunc(elements, func(e Shape) bool { return !e.Outside })
}

// at is the track's shape at a position.
func (t track) at(p interpolate.Position) Shape {
	key := t.from.Shapes[p.Key]
	shape := Shape{
		Type: key.Type, Label: t.label.name, Points: p.Points, Rotation: p.Rotation, Occluded: key.Occluded,
		ZOrder: key.ZOrder, Source: t.from.Source, Keyframe: p.Keyframe, Attributes: t.values[p.Key],
	}
	if !p.Keyframe {
		shape.Points, shape.Rotation = rounded(p.Points), round(p.Rotation)
	}
	return shape
}

// rounded makes what was computed the same on every processor: some join a multiplication and an addition, and round
// once where others round twice.
func rounded(points []float64) []float64 {
	out := make([]float64, len(points))
	for i, x := range points {
		out[i] = round(x)
	}
	return out
}

func round(x float64) float64 {
	if math.Abs(x) > 1e9 {
		return x
	}
	return math.Round(x*1e6)/1e6 + 0 // + 0: no -0
}
