package video

import "math"

// show gives the frames that the edit list shows, at the times at which it does. FFmpeg decodes those
// that it leaves out, and does not give them out.
func (t *track) show(f *File, movieScale uint32, fragmented bool) error {
	from, until, delay, err := t.shown(movieScale, fragmented)
	if err != nil {
		return err
	}
	shift := -from
	if len(t.edits) == 0 {
		shift = 0
	}
	f.Times = make([]int64, 0, len(t.times))
	for _, at := range t.times {
		if at < from || at >= until {
			f.Hidden++
			continue
		}
		ns, err := nanoseconds(at+shift, t.scale)
		if err != nil {
			return err
		}
		f.Times = append(f.Times, delay+ns)
	}
	if f.Hidden > 0 && fragmented {
		return uncountable("it is in fragments, and its edit list leaves out %s: CVAT's decoder gives them all the same, or not", counted(f.Hidden, "frame"))
	}
	return nil
}

// maxUnits bounds what is read of times, in units: three of them add up in an int64.
const maxUnits = 1 << 61

// shown is the part of the track's time line that its edit list shows, and how long nothing is
// shown before it, in ns.
func (t *track) shown(movieScale uint32, fragmented bool) (from, until, delay int64, err error) {
	edits := t.edits
	for len(edits) > 0 && edits[0].MediaTime < 0 { // an empty edit
		if movieScale == 0 {
			return 0, 0, 0, damaged("damaged: its edit list has no time scale")
		}
		pause, err := nanoseconds(int64(min(edits[0].SegmentDuration, math.MaxInt64)), movieScale)
		if delay += pause; err != nil || delay > maxSeconds*1e9 {
			return 0, 0, 0, damaged("damaged: its edit list begins with a pause of %d units of 1/%d s", edits[0].SegmentDuration, movieScale)
		}
		edits = edits[1:]
	}
	switch {
	case len(edits) == 0:
		return math.MinInt64, math.MaxInt64, delay, nil
	case len(edits) > 1:
		return 0, 0, 0, uncountable("its edit list has %d parts: which frames CVAT's decoder gives of them is not known", len(edits))
	case edits[0].MediaRateInteger != 1:
		return 0, 0, 0, uncountable("its edit list shows it at %d times its speed", edits[0].MediaRateInteger)
	}
	from, until = edits[0].MediaTime, math.MaxInt64
	if from > maxUnits {
		return 0, 0, 0, damaged("damaged: its edit list begins at %d", from)
	}
	if d := edits[0].SegmentDuration; d > 0 && !fragmented && movieScale > 0 {
		if d > math.MaxInt32*uint64(movieScale) || d/uint64(movieScale)*uint64(t.scale) > maxUnits {
			return from, until, delay, nil
		}
		seconds, rest := int64(d/uint64(movieScale)), int64(d%uint64(movieScale))
		scale, movie := int64(t.scale), int64(movieScale)
		until = from + seconds*scale + (rest*scale+movie/2)/movie // rounded, as av_rescale does
	}
	return from, until, delay, nil
}
