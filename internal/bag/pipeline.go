package bag

import (
	"context"
	"sync"

	"github.com/cvatplan/cvatplan/internal/memory"
)

// A pipeline loads units ahead of their use, in order, on several workers. A
// unit begins to load when it fits the budget beside those of its kind that are
// loaded or still in use, or when fewer units than there are workers are, and the memory
// shared with other pipelines has room for it; what it held is used again once it is
// done. The unit that is waited for is always loaded, so that no pipeline waits for
// another: [Bag.divide] let no more chunks be open at a time than the budget has room
// for, or one.
type pipeline struct {
	memory *memory.Budget
	units  []*unit
	cancel context.CancelFunc
	mu     sync.Mutex
	change *sync.Cond
	chunks share
	runs   share
	ended  bool
	free   [][]byte
	group  sync.WaitGroup
}

// A share is the units of one kind that began to load and are not done.
type share struct {
	alive int
	held  int64 // their bytes
	most  int64
}

func (p *pipeline) shareOf(u *unit) *share {
	if u.whole {
		return &p.chunks
	}
	return &p.runs
}

func newPipeline(ctx context.Context, o Options, units []*unit, load func(context.Context, *unit)) *pipeline {
	ctx, cancel := context.WithCancel(ctx)
	workers := o.Workers
	p := &pipeline{memory: o.Memory, units: units, cancel: cancel, chunks: share{most: budget}, runs: share{most: runBudget}}
	p.change = sync.NewCond(&p.mu)
	slots := make(chan struct{}, workers)
	p.group.Go(func() {
		for _, u := range units {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			if !p.admit(u, workers) {
				return
			}
			p.group.Go(func() {
				defer func() { <-slots }()
				load(ctx, u)
				close(u.ready)
			})
		}
	})
	context.AfterFunc(ctx, p.end)
	return p
}

// admit waits until a unit may be loaded, and gives it memory that others are done with.
func (p *pipeline) admit(u *unit, workers int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.shareOf(u)
	for !p.ended && !u.needed {
		if (s.alive < workers || s.held+u.cost <= s.most) && p.memory.Try(u.cost) {
			u.granted = u.cost
			break
		}
		p.change.Wait()
	}
	if u.granted == 0 {
		p.memory.Take(u.cost)
		u.granted = u.cost
	}
	s.alive++
	s.held += u.cost
	u.buf = p.reuse(u.cost)
	return !p.ended
}

// reuse takes the freed memory that is just large enough, or else the largest.
func (p *pipeline) reuse(n int64) []byte {
	best := -1
	for i, b := range p.free {
		if best < 0 || fits(b, p.free[best], n) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	b := p.free[best]
	p.free[best] = p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	return b
}

// fits says whether b suits n bytes better than c does.
func fits(b, c []byte, n int64) bool {
	if int64(cap(c)) < n {
		return cap(b) > cap(c)
	}
	return int64(cap(b)) >= n && cap(b) < cap(c)
}

// wait blocks until a unit is loaded.
func (p *pipeline) wait(ctx context.Context, u *unit) error {
	select {
	case <-u.ready:
		return ctx.Err()
	default:
	}
	p.need(u)
	select {
	case <-u.ready:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// need lets a unit be loaded whatever memory there is.
func (p *pipeline) need(u *unit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u.needed = true
	p.change.Broadcast()
}

// done frees a unit whose last message was delivered.
func (p *pipeline) done(u *unit) {
	if u.next < len(u.entries) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.shareOf(u)
	s.alive--
	s.held -= u.cost
	p.free = append(p.free, u.buf)
	u.buf, u.msgs = nil, nil
	p.memory.Give(u.granted)
	u.granted = 0
	p.change.Signal()
}

func (p *pipeline) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.change.Broadcast()
}

// stop waits for what is being loaded.
func (p *pipeline) stop() {
	p.cancel()
	p.end()
	p.group.Wait()
	for _, u := range p.units {
		p.memory.Give(u.granted)
		u.granted = 0
	}
}
