package annotation

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// An Unrolled is a track's shape on one frame.
type Unrolled struct {
	Keyframe
	Drawn bool // a keyframe, not computed
}

// ErrMixed is a track with keyframes of two types, or of masks: nothing computes what is
// between them. CVAT fails so in every export (A87).
var ErrMixed = errors.New("NotImplementedError")

// An UnorderedError is a track with two different keyframes on one frame.
type UnorderedError struct{ Track, Frame int }

// Error is what CVAT's exports fail with.
func (e *UnorderedError) Error() string {
	return fmt.Sprintf("AssertionError: %d > %d. Track id: %d", e.Frame, e.Frame, e.Track)
}

// Unroll gives a track's shape on each frame below end, in order. Keyframes on hidden
// frames count for nothing (A86). Frames where the track is outside are left out, but for
// the keyframes that say so; with outside they are there.
func (t *Track) Unroll(end int, hidden func(frame int) bool, outside bool) ([]Unrolled, error) {
	var all []Unrolled
	var last *Keyframe
	for _, k := range t.Shapes {
		if hidden(k.Frame) {
			continue
		}
		here := *k
		if last != nil {
			switch {
			case here.Frame == last.Frame && sameKeyframe(here, *last):
				continue
			case here.Frame == last.Frame:
				return nil, &UnorderedError{t.ID, here.Frame}
			}
			here.Attributes = inherit(here.Attributes, last.Attributes)
			if !last.Outside || outside || here.Frame >= end {
				between, err := t.between(last, &here, end)
				if err != nil {
					return nil, err
				}
				all = append(all, between...)
			}
		}
		if here.Frame >= end && last != nil {
			return t.visible(all, end, hidden, outside), nil
		}
		all = append(all, Unrolled{here, true})
		last = &here
	}
	if last != nil && (!last.Outside || outside) {
		for frame := last.Frame + 1; frame < end; frame++ {
			all = append(all, Unrolled{last.at(frame), false})
		}
	}
	return t.visible(all, end, hidden, outside), nil
}

func (t *Track) visible(all []Unrolled, end int, hidden func(int) bool, outside bool) []Unrolled {
	return slices.DeleteFunc(all, func(u Unrolled) bool {
		return u.Frame < t.Frame || u.Frame >= end || hidden(u.Frame) || !u.Drawn && u.Outside && !outside
	})
}

func sameKeyframe(a, b Keyframe) bool {
	return a.Type == b.Type && a.Occluded == b.Occluded && a.Outside == b.Outside && a.ZOrder == b.ZOrder &&
		a.Rotation == b.Rotation && slices.Equal(a.Points, b.Points) && slices.Equal(a.Attributes, b.Attributes)
}

// inherit adds the values of attributes that a keyframe does not set from the one before.
func inherit(own, before []Value) []Value {
	all := slices.Clone(own)
	for _, v := range before {
		if !slices.ContainsFunc(own, func(o Value) bool { return o.SpecID == v.SpecID }) {
			all = append(all, v)
		}
	}
	return all
}

// at is the keyframe's shape on another frame.
func (k *Keyframe) at(frame int) Keyframe {
	there := *k
	there.Frame, there.Compared = frame, false
	return there
}

// between computes the frames between two keyframes, those from end on left out.
func (t *Track) between(a, b *Keyframe, end int) ([]Unrolled, error) {
	if a.Type != b.Type {
		return nil, ErrMixed
	}
	var place func(part float64) (points []Float, rotation Float)
	switch a.Type {
	case Rectangle, Ellipse, Cuboid, Skeleton:
		if len(a.Points) != len(b.Points) {
			return nil, ErrMixed
		}
		place = func(part float64) ([]Float, Float) {
			return blend(a.Points, b.Points, part), turn(float64(a.Rotation), float64(b.Rotation), part)
		}
	case Points:
		place = func(part float64) ([]Float, Float) {
			if len(a.Points) == 2 && len(b.Points) == 2 {
				return blend(a.Points, b.Points, part), turn(float64(a.Rotation), float64(b.Rotation), part)
			}
			return a.Points, a.Rotation // CVAT knows no pairs of points
		}
	case Polygon, Polyline:
		m := newMorph(a.Points, b.Points, a.Type == Polygon)
		place = func(part float64) ([]Float, Float) { return m.at(part), a.Rotation }
	default:
		return nil, ErrMixed
	}
	var all []Unrolled
	for frame := a.Frame + 1; frame < min(b.Frame, end); frame++ {
		there := a.at(frame)
		there.Points, there.Rotation = place(float64(frame-a.Frame) / float64(b.Frame-a.Frame))
		all = append(all, Unrolled{there, false})
	}
	return all, nil
}

func blend(a, b []Float, part float64) []Float {
	points := make([]Float, len(a))
	for i := range a {
		points[i] = a[i] + (b[i]-a[i])*Float(part)
	}
	return points
}

// turn is the angle on the shorter way from a to b. Two that are opposite are one degree
// apart to CVAT.
func turn(a, b, part float64) Float {
	way := modulo(b-a+180, 360) - 180
	if way <= -180 {
		way = 1
	}
	return Float(modulo(a+way*part+360, 360))
}

// modulo has the sign of its divisor, as Python's.
func modulo(a, b float64) float64 {
	m := math.Mod(a, b)
	if m < 0 {
		m += b
	}
	return m
}
