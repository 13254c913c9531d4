package annotation

import "slices"

// Merge puts the annotations of the next job to those of the jobs before it; start is
// its first frame, and overlap the number of frames that it shares with them. What both
// have on a shared frame becomes one if it is alike: tags of one label, rectangles and
// polygons that cover each other, tracks that go together. Other types of shapes are
// never alike to CVAT, so that they appear twice (A83).
func Merge(all, next *Set, start, overlap int) error {
	all.Tags = mergeFrames(all.Tags, next.Tags, start, overlap, func(t *Tag) int { return t.Frame }, func(a, b *Tag) float64 {
		if a.LabelID == b.LabelID {
			return 1
		}
		return 0
	})
	all.Shapes = mergeFrames(all.Shapes, next.Shapes, start, overlap, func(s *Shape) int { return s.Frame }, likeness)
	tracks, err := mergeTracks(all.Tracks, next.Tracks, start, overlap)
	all.Tracks = tracks
	return err
}

// alike is how much two shapes must have in common to be one.
const alike = 0.75

func mergeFrames[T any](all, next []T, start, overlap int, frame func(T) int, like func(a, b T) float64) []T {
	old := map[int][]T{}
	for _, o := range all {
		if frame(o) >= start {
			old[frame(o)] = append(old[frame(o)], o)
		}
	}
	shared := map[int][]T{}
	var order []int
	for _, n := range next {
		f := frame(n)
		if f >= start+overlap || len(old) == 0 {
			all = append(all, n)
			continue
		}
		if shared[f] == nil {
			order = append(order, f)
		}
		shared[f] = append(shared[f], n)
	}
	for _, f := range order {
		found := pair(shared[f], old[f], like, alike)
		for i, n := range shared[f] {
			if found[i] < 0 {
				all = append(all, n)
			}
		}
	}
	return all
}

// pair finds for each of a its partner in b, so that all pairs together have most in
// common, and drops those that have less than enough; -1 is none.
func pair[T any](a, b []T, like func(a, b T) float64, enough float64) []int {
	cost := make([][]float64, len(a))
	for i := range a {
		cost[i] = make([]float64, len(b))
		for j := range b {
			cost[i][j] = 1 - like(a[i], b[j])
		}
	}
	found := assign(cost, len(b))
	for i, j := range found {
		const rounding = 1e-9 // of areas
		if j >= 0 && cost[i][j] > 1-enough+rounding {
			found[i] = -1
		}
	}
	return found
}

// trackAlike is how much two tracks must have in common on the shared frames.
const trackAlike = 0.5

func mergeTracks(all, next []*Track, start, overlap int) ([]*Track, error) {
	var old []*Track
	for _, t := range all {
		if n := len(t.Shapes); n > 0 && (t.Shapes[n-1].Frame >= start || !t.Shapes[n-1].Outside) {
			old = append(old, t)
		}
	}
	var shared, fresh []*Track
	for _, t := range next {
		if t.Frame < start+overlap && len(t.Shapes) > 0 {
			shared = append(shared, t)
		} else {
			fresh = append(fresh, t)
		}
	}
	all = append(all, fresh...)
	if len(old) == 0 || len(shared) == 0 {
		for _, t := range old {
			t.endAt(start + overlap)
		}
		return append(all, shared...), nil
	}
	var failed error
	found := pair(shared, old, func(a, b *Track) float64 {
		like, err := togetherness(a, b, start, start+overlap)
		if err != nil {
			failed = err
		}
		return like
	}, trackAlike)
	if failed != nil {
		return nil, failed
	}
	joined := map[int]bool{}
	for i, t := range shared {
		if j := found[i]; j >= 0 {
			joined[j] = true
			old[j].join(t)
		} else {
			all = append(all, t)
		}
	}
	for j, t := range old {
		if !joined[j] {
			t.endAt(start + overlap)
		}
	}
	return all, nil
}

// endAt makes a track that was not continued end before a frame. The keyframe is a copy
// of the last one, its id too.
func (t *Track) endAt(frame int) {
	if len(t.Shapes) == 0 {
		return
	}
	last := *t.Shapes[len(t.Shapes)-1]
	if last.Outside {
		return
	}
	last.Frame, last.Outside = frame, true
	t.Shapes = append(t.Shapes, &last)
	for _, e := range t.Elements {
		e.endAt(frame)
	}
}

// join takes in the keyframes of the track's continuation; on a frame that both have, the
// track's own stays.
func (t *Track) join(next *Track) {
	for _, k := range next.Shapes {
		if !slices.ContainsFunc(t.Shapes, func(own *Keyframe) bool { return own.Frame == k.Frame }) {
			t.Shapes = append(t.Shapes, k)
		}
	}
	slices.SortStableFunc(t.Shapes, func(a, b *Keyframe) int { return a.Frame - b.Frame })
	t.Frame = min(t.Frame, next.Frame)
}

// togetherness is how much two tracks have in common from start up to end, from 0 to 1.
func togetherness(a, b *Track, start, end int) (float64, error) {
	if a.LabelID != b.LabelID {
		return 0, nil
	}
	var on [2]map[int]Unrolled
	for i, t := range []*Track{a, b} {
		unrolled, err := t.Unroll(end, nothingHidden, false)
		if err != nil || len(unrolled) == 0 {
			return 0, err
		}
		for _, k := range t.Shapes {
			k.Compared = true
		}
		on[i] = map[int]Unrolled{}
		for _, u := range unrolled {
			on[i][u.Frame] = u
		}
	}
	count, missed := 0, 0.0
	for frame := start; frame < end; frame++ {
		x, inA := on[0][frame]
		y, inB := on[1][frame]
		switch {
		case inA && inB && x.Outside == y.Outside:
			missed += 1 - likeness(x.shape(), y.shape())
		case inA || inB:
			missed++
		default:
			continue
		}
		count++
	}
	return 1 - missed/float64(max(1, count)), nil
}

// shape is what there is to compare of a keyframe.
func (u Unrolled) shape() *Shape { return &Shape{Type: u.Type, Points: u.Points} }
