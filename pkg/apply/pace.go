package apply

import "time"

const (
	firstSlots = 4 // of a run, if it may have as many
	leastSlots = 2

	// How many of the requests under way may wait at the server for its processors. Fewer, and it may be
	// idle between two of them; more, and they only make each other slow.
	leastQueue, mostQueue = 2, 5
)

// A pace says how many tasks are sent at once, by how long the server takes to create one,
// which is the same work each time. The shortest time is what the way and the work take;
// what is above it was waiting, and tells how many requests waited at the server (as TCP
// Vegas tells how many packets wait in a router): over a slow way more are kept under way,
// and a server that is at its limit gets no more.
type pace struct {
	slots, most int
	shortest    time.Duration
	recent      time.Duration // a moving average
}

func newPace(most int) pace { return pace{slots: min(firstSlots, most), most: most} }

// answered says that a task was created in the given time.
func (p *pace) answered(after time.Duration) {
	if after <= 0 {
		return
	}
	if p.shortest == 0 {
		p.shortest, p.recent = after, after
	}
	p.shortest = min(p.shortest, after)
	p.recent += (after - p.recent) / 4
	queue := float64(p.slots) * (1 - float64(p.shortest)/float64(max(p.recent, p.shortest)))
	switch {
	case queue < leastQueue:
		p.slots = min(p.slots+1, p.most)
	case queue > mostQueue:
		p.slots = max(p.slots-1, min(leastSlots, p.most))
	}
}

// busy says that the server has refused something because it was busy.
func (p *pace) busy() { p.slots = max(p.slots/2, min(leastSlots, p.most)) }
