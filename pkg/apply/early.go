package apply

import (
	"context"
	"sync"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

// An early is the reading of the first task that is created, which begins while the project is made ready: hashing 2 GiB
// takes a second or two, and making a project ready half a second. Of a small task it would gain nothing.
type early struct {
	index  int
	taken  bool // its task has it, or is to have it, or needs none any more; that task alone asks
	cancel func()
	over   sync.WaitGroup
	files  Images
	err    error
}

// readEarly begins it; nil where there is none.
func (r *run) readEarly(ctx context.Context) *early {
	for i, c := range r.plan.Changes {
		if !actionable(c) {
			continue
		}
		if c.Action != plan.Create || c.Bytes <= soonCreated || c.Desired.Payload.Served() || c.Desired.After != "" {
			return nil
		}
		e := &early{index: i, err: errStopped}
		ctx, cancel := r.untilStopped(ctx)
		e.cancel = cancel
		e.over.Go(func() {
			r.crash.Guard(func() { e.files, e.err = r.o.Images(ctx, c) })
		})
		return e
	}
	return nil
}

// dropOf drops the reading of a task that has ended: nothing of it is kept until the run's end.
func (e *early) dropOf(index int) {
	if e != nil && e.index == index {
		e.drop()
	}
}

// drop ends a reading that its task never took.
func (e *early) drop() {
	if e == nil {
		return
	}
	e.cancel()
	e.over.Wait()
	if e.taken {
		return
	}
	e.taken = true
	files := e.files
	e.files = Images{}
	if files.Archive != nil {
		_ = files.Archive.Close()
		if files.Release != nil {
			files.Release()
		}
	}
}

// read is the reading pass over the task's files.
func (t *task) read(ctx context.Context) (Images, error) {
	e := t.run.early
	if e == nil || e.index != t.index || e.taken {
		return t.run.o.Images(ctx, t.change)
	}
	e.taken = true
	e.over.Wait() // it ends when the run is to stop
	files := e.files
	e.files = Images{} // the task's alone, until it ends
	return files, e.err
}
