package apply

import (
	"context"
	"sync"
	"time"
)

const (
	// A task holds a slot until its archive is sent: it reads files, encodes and spools them, and fills
	// the link; a small one gives it away for the look after its creation. It holds none after that: its
	// few small requests and the wait for the import cost nothing, and CVAT's workers should find the next
	// archive there when they have finished one. So many tasks per slot are under way at most.
	inFlight = 4

	// Tasks begin in waves, so that they are created, and looked for, together: a wave begins when half of
	// the slots are free, or when one has been for so long.
	waveTime = time.Second

	// So many requests under way keep the two processors of a small server at work.
	enoughRequests = 3

	// How many times as long as a creation takes a look may wait for others to share it.
	gatherCreations = 8
)

// slots are for tasks that are sent at once; how many there are, pace says.
type slots struct {
	mu        sync.Mutex
	pace      pace
	taken     int
	underWay  int       // tasks, those without a slot too
	wave      int       // tasks that may still begin in this wave
	freeSince time.Time // when all slots were last taken
	changed   chan struct{}
}

func newSlots(most int) *slots {
	return &slots{pace: newPace(most), changed: make(chan struct{})}
}

// admit waits until the next task may begin, and takes a slot for it; false says that the run is over.
func (r *run) admit(ctx context.Context) bool {
	if r.over(ctx) || r.take(ctx, r.slots.begin) != nil {
		return false
	}
	if r.over(ctx) {
		r.slots.release()
		r.slots.end()
		return false
	}
	return true
}

// take waits until try succeeds, or the run is to stop. try also says after which time, if
// nothing changes before, it may be worth to try again; 0 is never.
func (r *run) take(ctx context.Context, try func() (ok bool, again time.Duration)) error {
	ctx, cancel := r.untilStopped(ctx)
	defer cancel()
	for {
		r.slots.mu.Lock()
		changed := r.slots.changed
		ok, again := try()
		r.slots.mu.Unlock()
		if ok {
			return nil
		}
		if again == 0 {
			again = time.Hour
		}
		timer := time.NewTimer(again)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		timer.Stop()
	}
}

// begin takes a slot for a new task. Those that have to send again come first: there is
// a place under way for them already. The lock is held.
func (s *slots) begin() (ok bool, again time.Duration) {
	free := s.pace.slots - s.taken
	if free <= 0 || s.underWay >= s.pace.slots*inFlight {
		return false, 0
	}
	if s.wave == 0 {
		wait := waveTime - time.Since(s.freeSince)
		if free < (s.pace.slots+1)/2 && wait > 0 {
			return false, wait
		}
		s.wave = free
	}
	s.wave--
	s.underWay++
	s.take()
	return true, 0
}

// again takes a slot for a task that gave its own away. The lock is held.
func (s *slots) again() (ok bool, again time.Duration) {
	if s.taken >= s.pace.slots {
		return false, 0
	}
	s.take()
	return true, 0
}

func (s *slots) take() {
	if s.taken++; s.taken >= s.pace.slots {
		s.freeSince, s.wave = time.Now(), 0
	}
}

func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken--; s.taken == s.pace.slots-1 {
		s.freeSince = time.Now()
	}
	s.change()
}

func (s *slots) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.underWay--
	s.change()
}

// change lets those look again who wait. The lock is held.
func (s *slots) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// gather is how much longer a look may wait for other tasks to share it, where so many ask and so many are on their
// way to be created: as long as requests or imports of the run keep the server at work, a look that waits delays nothing.
func (r *run) gather(asking, coming int) time.Duration {
	return max(r.slots.gather(asking, coming), r.imports.backlog())
}

// gather is that of the requests. Each task under way that does not ask has one of its own under way.
func (s *slots) gather(asking, coming int) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.underWay-asking >= enoughRequests:
	case coming > 0:
		return gatherTime
	default:
		return 0
	}
	return max(gatherTime, min(gatherCreations*s.pace.recent, createTime))
}

// answered and busy tell the pace how the server does.
func (s *slots) answered(after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace.answered(after)
	s.change()
}

func (s *slots) busy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace.busy()
}

// A place is what a task holds of what the tasks of a run share.
type place struct {
	slot      bool // see slots
	announced bool // to the look-ups; see announce
}

// acquireSlot takes a slot again, for a task that gave its own away and has to send after all.
func (t *task) acquireSlot(ctx context.Context) error {
	if t.place.slot {
		return nil
	}
	err := t.run.take(ctx, t.run.slots.again)
	t.place.slot = err == nil
	return err
}

// releaseSlot gives the task's slot to the next one.
func (t *task) releaseSlot() {
	if t.place.slot {
		t.place.slot = false
		t.run.slots.release()
	}
}
