package bag

import (
	"context"
	"sync"

	"github.com/cvatplan/cvatplan/internal/memory"
)

// A pipeline loads units ahead of their use, in order, on several workers. A
// unit begins to load when it fits the budget together with those of its kind that are
// loaded or still in use, or when fewer units than there are workers are, and the memory
// shared with other pipelines has room for it. The unit that is waited for is the next to be
// loaded; of all pipelines that wait for memory, one is always granted it ([memory.Reader]). What
// that one holds are chunks that are still open, and [Bag.divide] lets no more be open at a
// time than the budget has room for, or one.
type pipeline struct {
	memory *memory.Reader
	cancel context.CancelFunc
	mu     sync.Mutex
	change *sync.Cond
	chunks share
	runs   share
	ended  bool
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

func newPipeline(ctx context.Context, o Options, units []*unit, load func(context.Context, *memory.Reader, *unit)) *pipeline {
	ctx, cancel := context.WithCancel(ctx)
	workers := o.Workers
	p := &pipeline{memory: o.Memory.Reader(), cancel: cancel, chunks: share{most: budget}, runs: share{most: runBudget}}
	p.change = sync.NewCond(&p.mu)
	slots := make(chan struct{}, workers)
	p.group.Go(func() {
		for _, u := range units {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			if !p.admit(ctx, u, workers) {
				return
			}
			p.group.Go(func() {
				defer func() { <-slots }()
				load(ctx, p.memory, u)
				close(u.ready)
			})
		}
	})
	context.AfterFunc(ctx, p.end)
	return p
}

// admit waits until a unit may be loaded; false says that it is not to be any more.
func (p *pipeline) admit(ctx context.Context, u *unit, workers int) bool {
	u.memory = p.ahead(u, workers)
	if u.memory == nil {
		var err error
		if u.memory, err = p.memory.Need(ctx, u.size); err != nil {
			return false
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.shareOf(u)
	s.alive++
	s.held += u.cost
	return !p.ended
}

// ahead waits until a unit may be loaded ahead of its use; nil says that it is waited for already.
func (p *pipeline) ahead(u *unit, workers int) *memory.Grant {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.shareOf(u)
	for !p.ended && !u.needed {
		if s.alive < workers || s.held+u.cost <= s.most {
			if g := p.memory.Ahead(u.size); g != nil {
				return g
			}
		}
		p.change.Wait()
	}
	return nil
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

// need lets a unit be loaded beyond what may be read ahead.
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
	u.memory.Done(u.buf)
	u.buf, u.msgs = nil, nil
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.shareOf(u)
	s.alive--
	s.held -= u.cost
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
	p.memory.Close()
}
