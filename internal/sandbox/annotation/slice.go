package annotation

import "slices"

func nothingHidden(int) bool { return false }

// Slice is what lies between two frames, both included: CVAT keeps it with the job of
// that segment. Tags and shapes elsewhere are left out without a word (A73). A track that
// goes on beyond an end gets a keyframe there (A78).
func (s *Set) Slice(start, stop int) (*Set, error) {
	part := &Set{}
	for _, t := range s.Tags {
		if start <= t.Frame && t.Frame <= stop {
			copied := *t
			part.Tags = append(part.Tags, &copied)
		}
	}
	for _, sh := range s.Shapes {
		if start <= sh.Frame && sh.Frame <= stop {
			part.Shapes = append(part.Shapes, sh.clone())
		}
	}
	for _, t := range s.Tracks {
		if !t.shows(start, stop) {
			continue
		}
		cut, err := t.slice(start, stop)
		if err != nil {
			return nil, err
		}
		if len(cut.Shapes) > 0 {
			part.Tracks = append(part.Tracks, cut)
		}
	}
	return part, nil
}

func (s *Shape) clone() *Shape {
	copied := *s
	copied.Attributes, copied.Points = slices.Clone(s.Attributes), slices.Clone(s.Points)
	if s.Elements != nil {
		copied.Elements = []*Shape{}
		for _, e := range s.Elements {
			copied.Elements = append(copied.Elements, e.clone())
		}
	}
	return &copied
}

// shows tells whether the track is to be seen on a frame from start to stop. A skeleton
// is where its elements are.
func (t *Track) shows(start, stop int) bool {
	if len(t.Elements) > 0 {
		return slices.ContainsFunc(t.Elements, func(e *Track) bool { return e.shows(start, stop) })
	}
	var last *Keyframe
	for _, k := range t.Shapes {
		leads := k.Frame == start && k.Outside // all that there is of it is its end
		if !leads && last != nil && !last.Outside && max(last.Frame, start) <= min(k.Frame, stop) {
			return true
		}
		last = k
	}
	return last != nil && !last.Outside && last.Frame <= stop
}

func (t *Track) slice(start, stop int) (*Track, error) {
	cut := *t
	cut.Shapes, cut.Elements = nil, nil
	for _, k := range t.Shapes {
		if start <= k.Frame && k.Frame <= stop && !(k.Outside && len(cut.Shapes) == 0) {
			cut.Shapes = append(cut.Shapes, new(*k))
		}
	}
	if t.Elements != nil {
		cut.Elements = []*Track{}
	}
	for _, e := range t.Elements {
		part, err := e.slice(start, stop)
		if err != nil {
			return nil, err
		}
		cut.Elements = append(cut.Elements, part)
	}
	if len(cut.Shapes) < len(t.Shapes) {
		if err := cut.close(t, start, stop); err != nil {
			return nil, err
		}
	}
	if len(cut.Shapes) > 0 {
		cut.Frame = cut.Shapes[0].Frame
	}
	return &cut, nil
}

// close puts keyframes where the cut is: at the start, where the track came from before;
// at the stop, where it goes on; and the frame at which it ends, if it ends here.
func (cut *Track) close(whole *Track, start, stop int) error {
	all, err := whole.Unroll(stop+1, nothingHidden, false)
	if err != nil {
		return err
	}
	var here []Unrolled
	for _, u := range all {
		if u.Frame >= start && !(u.Outside && len(here) == 0) {
			here = append(here, u)
		}
	}
	if len(here) == 0 {
		return nil
	}
	first, last := here[0], here[len(here)-1]
	if !first.Drawn {
		cut.Shapes = slices.Insert(cut.Shapes, 0, new(first.Keyframe))
	}
	end := cut.Shapes[len(cut.Shapes)-1]
	switch {
	case whole.Shapes[len(whole.Shapes)-1].Frame >= stop && !slices.Equal(last.Points, end.Points),
		last.Drawn && last.Outside && last.Frame > end.Frame:
		cut.Shapes = append(cut.Shapes, new(last.Keyframe))
	}
	return nil
}
