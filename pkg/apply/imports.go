package apply

import (
	"sync"
	"time"
)

// imports are those of the run that are waited for, and the pace at which they end.
type imports struct {
	mu       sync.Mutex
	first    time.Time // when the first wait began
	underway int
	ended    int
}

func (i *imports) begin() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.first.IsZero() {
		i.first = time.Now()
	}
	i.underway++
}

func (i *imports) end(imported bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.underway--
	if imported {
		i.ended++
	}
}

// several is the time in which, at the pace so far, a quarter of those under way should end; 0 until one has.
func (i *imports) several() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.ended == 0 {
		return 0
	}
	return time.Since(i.first) / time.Duration(i.ended) * time.Duration(max(1, i.underway/4))
}
