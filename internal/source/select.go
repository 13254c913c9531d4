package source

import (
	"errors"
	"fmt"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// errNoStamps is what a selection by time answers where names carry none.
var errNoStamps = errors.New("no time stamps")

// A selector picks frames of one camera in one bag, which are in the order of time.
type selector struct {
	manifest.Frames
	stamps []int64 // ns; nil: the frames carry none
	first  int64   // of the whole bag, ns: where its seconds count from
}

// selects reports whether the keys leave anything out.
func selects(f manifest.Frames) bool {
	return f.Start != nil || f.Stop != nil || f.Every > 1 || f.EverySeconds > 0 || f.Limit > 0 || contentOf(f).Any()
}

func spreads(f manifest.Frames) bool { return f.Spread != nil && *f.Spread }

// pick gives the indices of the frames that are taken, of n: first the window from
// start to stop, then every so many, then limit; where frames are chosen by what they show, limit comes after that.
func (s selector) pick(n int) ([]int, error) {
	kept := make([]int, 0, n)
	for i := range n {
		in, err := s.inWindow(i)
		if err != nil {
			return nil, err
		}
		if in {
			kept = append(kept, i)
		}
	}
	kept, err := s.thin(kept)
	if err != nil {
		return nil, err
	}
	if contentOf(s.Frames).Any() {
		return kept, nil
	}
	return limit(kept, s.Limit, spreads(s.Frames)), nil
}

func (s selector) inWindow(i int) (bool, error) {
	after, err := s.compare(i, s.Start, "start")
	if err != nil || after < 0 {
		return false, err
	}
	before, err := s.compare(i, s.Stop, "stop")
	return before <= 0, err
}

// compare compares frame i with an instant: below 0 before it; nil is always 0.
func (s selector) compare(i int, at *manifest.Instant, key string) (int64, error) {
	switch {
	case at == nil:
		return 0, nil
	case at.Index != nil:
		return int64(i - *at.Index), nil
	case s.stamps == nil:
		return 0, fmt.Errorf("frames.%s is a time: %w", key, errNoStamps)
	case at.Seconds != nil:
		return s.stamps[i] - s.first - nanoseconds(*at.Seconds), nil
	default:
		return s.stamps[i] - at.Time.UnixNano(), nil
	}
}

func nanoseconds(seconds float64) int64 { return int64(seconds*1e9 + 0.5) }

// thin keeps every Nth frame, or the first frame of each interval of so many seconds,
// counted from the first one, so that jitter does not add up.
func (s selector) thin(kept []int) ([]int, error) {
	if s.EverySeconds > 0 {
		return s.thinByTime(kept)
	}
	if s.Every <= 1 {
		return kept, nil
	}
	var thinned []int
	for i := 0; i < len(kept); i += s.Every {
		thinned = append(thinned, kept[i])
	}
	return thinned, nil
}

func (s selector) thinByTime(kept []int) ([]int, error) {
	if s.stamps == nil {
		return nil, fmt.Errorf("frames.every_seconds: %w", errNoStamps)
	}
	var thinned []int
	step, last := max(nanoseconds(s.EverySeconds), 1), int64(-1)
	for _, i := range kept {
		if interval := (s.stamps[i] - s.stamps[kept[0]]) / step; interval > last {
			thinned, last = append(thinned, i), interval
		}
	}
	return thinned, nil
}

// limit keeps the first most frames, or as many evenly spread, first and last included.
func limit(kept []int, most int, spread bool) []int {
	switch {
	case most <= 0 || len(kept) <= most:
		return kept
	case !spread || most == 1:
		return kept[:most]
	}
	even := make([]int, most)
	for k := range even {
		even[k] = kept[k*(len(kept)-1)/(most-1)]
	}
	return even
}
