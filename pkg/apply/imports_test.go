package apply

import (
	"testing"
	"testing/synctest"
	"time"
)

// How long the other imports have been quiet is no pace of theirs: a failure among few would be told late.
func TestTheLongerImportsAreQuietTheMoreReasonThereIsToAskWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var i imports
		if i.begin(); i.pause() != 0 {
			t.Errorf("%s before one has ended", i.pause())
		}
		i.begin()
		time.Sleep(100 * time.Millisecond)
		i.end(true)
		time.Sleep(time.Minute)
		if got := i.pause(); got != 800*time.Millisecond {
			t.Errorf("%s after one that took 100 ms", got)
		}
	})
}
