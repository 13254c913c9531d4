package apply

import "context"

// A task holds one of Options.Parallelism slots until its archive is sent: it reads files, encodes and
// spools them, and fills the link. It holds none after that: its few small requests and the wait for the
// import cost nothing, and CVAT's workers should find the next archive there when they have finished one.
// So many tasks per slot are under way at most.
const inFlight = 4

// admit waits until the next task may begin, and takes a slot for it; false says that the run is over.
// The slot comes last: who waits for a place in flight must not keep those from a slot that are there.
func (r *run) admit(ctx context.Context) bool {
	if r.over(ctx) || r.take(ctx, r.flight) != nil {
		return false
	}
	if r.take(ctx, r.slots) != nil {
		<-r.flight
		return false
	}
	if r.over(ctx) {
		<-r.slots
		<-r.flight
		return false
	}
	return true
}

func (r *run) take(ctx context.Context, from chan<- struct{}) error {
	select {
	case from <- struct{}{}:
		return nil
	case <-r.o.Until.Done():
		return errStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// acquireSlot takes a slot again, for a task that gave its own away and has to send after all.
func (t *task) acquireSlot(ctx context.Context) error {
	if t.slot {
		return nil
	}
	err := t.take(ctx, t.slots)
	t.slot = err == nil
	return err
}

// releaseSlot gives the task's slot to the next one.
func (t *task) releaseSlot() {
	if t.slot {
		t.slot = false
		<-t.slots
	}
}
