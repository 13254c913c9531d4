package manifest

import (
	"regexp"
	"strconv"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// units of durations; time.ParseDuration knows no days and weeks.
var units = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
	"d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
}

var (
	wholeDuration = regexp.MustCompile(`^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+$`)
	oneUnit       = regexp.MustCompile(`(\d+(?:\.\d+)?)(ms|s|m|h|d|w)`)
)

// longest is the longest duration that makes sense, far below what overflows.
const longest = 100 * 365 * 24 * time.Hour

// parseDuration reads 10m, 1.5h or 1d12h; false if it is none, or is above longest.
func parseDuration(s string) (time.Duration, bool) {
	if !wholeDuration.MatchString(s) {
		return 0, false
	}
	var sum float64
	for _, m := range oneUnit.FindAllStringSubmatch(s, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return 0, false
		}
		sum += n * float64(units[m[2]])
	}
	return time.Duration(sum), sum <= float64(longest)
}

func (l *loader) settle(n *node, key string) *time.Duration {
	if n.str() == "" {
		return nil
	}
	d, ok := parseDuration(n.str())
	if !ok && wholeDuration.MatchString(n.str()) {
		l.report(n.at, diag.Hint{}, "%s is longer than 100 years", key)
	}
	return &d
}

// instant reads a frame number, a time since the bag's first frame, or a time with its zone.
func (l *loader) instant(n *node) *Instant {
	if i := n.intPtr(); i != nil {
		return &Instant{Index: i}
	}
	if n.str() == "" {
		return nil
	}
	if d, ok := parseDuration(n.str()); ok {
		seconds := d.Seconds()
		return &Instant{Seconds: &seconds}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(layout, n.str()); err == nil {
			return &Instant{Time: &t}
		}
	}
	l.report(n.at, diag.Do(diag.HintWriteMoment),
		"%q is neither a frame nor a time", clip(n.str()))
	return nil
}
