package progress

import "time"

// window is how far back the rate looks: long enough to even out one PATCH of 16 MiB
// over a slow line, short enough to show that a line went down.
const window = 20 * time.Second

// A rate is bytes a second over the last window.
type rate struct {
	first   time.Time // when sending began
	samples []sample
}

type sample struct {
	at    time.Time
	bytes int64
}

func (r *rate) begin(now time.Time) {
	if r.first.IsZero() {
		r.first = now
	}
}

func (r *rate) add(now time.Time, bytes int64) {
	r.drop(now)
	r.samples = append(r.samples, sample{now, bytes})
}

func (r *rate) drop(now time.Time) {
	for len(r.samples) > 0 && now.Sub(r.samples[0].at) > window {
		r.samples = r.samples[1:]
	}
}

// perSecond is 0 before a second of sending has passed, and when nothing moves.
func (r *rate) perSecond(now time.Time) int64 {
	r.drop(now)
	span := min(window, now.Sub(r.first))
	if len(r.samples) == 0 || span < time.Second {
		return 0
	}
	var sum int64
	for _, s := range r.samples {
		sum += s.bytes
	}
	return int64(float64(sum) / span.Seconds())
}
