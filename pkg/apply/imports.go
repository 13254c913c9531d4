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
	endedAt  time.Time // when the last of those ended
	last     time.Time // when any of them moved, or else when the run began
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
		i.endedAt = time.Now()
		i.ended++
	}
}

// move notes that one of them has moved.
func (i *imports) move(at time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = at
}

// moved is when one of them last moved: what moves in one shows that the server works, so others that are
// still queued have reason to wait.
func (i *imports) moved() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.last
}

// latest is the later of two times.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// each is how long one has taken so far; 0 until one has ended. The lock is held.
func (i *imports) each() time.Duration {
	if i.ended == 0 {
		return 0
	}
	return time.Since(i.first) / time.Duration(i.ended)
}

// several is the time in which, at the pace so far, a quarter of those under way should end; 0 until one has.
func (i *imports) several() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.each() * time.Duration(max(1, i.underway/4))
}

// pause is how long, at the pace until one ended last, none may end without a reason to ask why; 0 until one has.
func (i *imports) pause() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.ended == 0 {
		return 0
	}
	return 8 * i.endedAt.Sub(i.first) / time.Duration(i.ended)
}

// enoughImports keep CVAT's importers, two by default, at work until what is sent after the next look is there.
const enoughImports = 8

// backlog is the time in which, at the pace so far, half of those under way that are more than enough should end.
func (i *imports) backlog() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	return min(i.each()*time.Duration(max(0, i.underway-enoughImports))/2, createTime)
}
