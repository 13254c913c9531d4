package wording

import (
	"testing"
	"time"
)

func TestADurationHasNoZerosAtItsEnd(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "10m": 10 * time.Minute, "20s": 20 * time.Second, "1h": time.Hour, "1h0m5s": time.Hour + 5*time.Second,
		"1h30m": 90 * time.Minute, "10h20m": 620 * time.Minute, "1.5s": 1500 * time.Millisecond, "336h": 14 * 24 * time.Hour,
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
