package source

import "time"

// Times tell when the frames of a task were taken.
type Times struct {
	First, Last time.Time // UTC; zero where nothing tells
	Days        bool      // only the days are known
}

// Stamps before and after these tell no date: simulations count from 0, and numbers of frames may have as many digits.
var (
	earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	latest   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
)

// Times are taken from the frames' stamps, or else from dates in the frames' names, or in the bag's path. No file is
// opened for them, and no clock is asked.
func (t Task) Times() Times {
	var first, last int64
	for i, name := range t.frames.names {
		ns, ok := t.stamp(i, name)
		if !ok || ns < earliest || ns > latest {
			continue
		}
		if first == 0 || ns < first {
			first = ns
		}
		last = max(last, ns)
	}
	if first == 0 {
		return t.days()
	}
	return Times{First: time.Unix(0, first).UTC(), Last: time.Unix(0, last).UTC()}
}

// stamp is a frame's time: its message's, or the one that its name carries.
func (t Task) stamp(i int, name string) (ns int64, ok bool) {
	if t.frames.source != nil {
		if from := t.frames.source.Origin(i); from.StampNS != nil {
			return *from.StampNS, true
		}
	}
	return stampOf(name)
}

// days are those of the dates in names.
func (t Task) days() Times {
	var first, last string
	for _, name := range t.frames.names {
		if d := dateOf(name); d != "" {
			if first == "" || d < first {
				first = d
			}
			last = max(last, d)
		}
	}
	if first == "" {
		first = dateOf(t.Bag)
		last = first
	}
	if first == "" {
		return Times{}
	}
	from, errFrom := time.Parse(time.DateOnly, first)
	to, errTo := time.Parse(time.DateOnly, last)
	if errFrom != nil || errTo != nil {
		return Times{}
	}
	return Times{First: from, Last: to, Days: true}
}
