package apply

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Run carries p out and reports its events to on, which may be nil. It returns when
// every task has ended, or the run was stopped; see the package's documentation.
func Run(ctx context.Context, p plan.Plan, s Server, o Options, on func(Event)) Result {
	o.setDefaults()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{plan: p, server: s, o: o, on: on, cancel: cancel, imports: imports{last: time.Now()}}
	if p.Project.Action == plan.ProjectCreate {
		r.absent = o.Observed
	}
	r.slots = newSlots(o.Parallelism)
	r.result.Tasks = make([]TaskResult, len(p.Changes))
	r.lookups, r.turns = newLookups(s, r.gather, toCreate(p), o.Observed), turnsOf(p)
	var background sync.WaitGroup
	background.Go(func() {
		r.crash.Guard(func() { r.lookups.run(ctx) })
		cancel(errStopped) // no look-up would be answered any more
	})
	r.early = r.readEarly(ctx)
	r.crash.Guard(func() { r.result.Err = r.ensureProject(ctx) })
	r.note(r.result.Err)
	r.tasks(ctx)
	r.early.drop()
	r.crash.Guard(func() { r.sweep(ctx) })
	r.result.Interrupted = r.stopping() || context.Cause(ctx) != nil && r.result.NotAllowed == nil
	cancel(nil)
	background.Wait()
	if p := r.crash.Panic(); p != nil {
		r.result.Crash = p
	}
	return r.result
}

// toCreate are the names of the tasks that the plan wants created, in its order.
func toCreate(p plan.Plan) []plan.Name {
	var names []plan.Name
	for _, c := range p.Changes {
		if c.Action == plan.Create {
			names = append(names, plan.NameOf(c.Task))
		}
	}
	return names
}

// A run is one call of Run.
type run struct {
	plan    plan.Plan
	server  Server
	o       Options
	cancel  context.CancelCauseFunc
	lookups *lookups
	slots   *slots
	turns   map[plan.Name]*turn // see turns.go
	early   *early

	absent    time.Time // when the project was last seen not to be there; the first step alone asks
	leftovers bool      // whether empty projects of ours were next to it when it was settled; the first and the last step alone

	imports imports

	crash crash.Relay // the panics of workers

	events sync.Mutex // one event at a time
	on     func(Event)

	labelsOnce sync.Mutex // guards labels
	labels     []cvat.Label

	mu        sync.Mutex // guards what follows
	result    Result     // but for Tasks, of which each worker has its own
	projectID int
	claimed   int // the project whose mark this run cleared; 0 none
}

// tasks works on all changes, in the plan's order; see slots.go for how many at once.
func (r *run) tasks(ctx context.Context) {
	var group errgroup.Group
	for i, c := range r.plan.Changes {
		if before := r.turns[plan.NameOf(c.Desired.After)]; before != nil && actionable(c) {
			group.Go(func() error {
				r.crash.Guard(func() { r.inTurn(ctx, i, c, before) })
				return nil
			})
			continue
		}
		if !actionable(c) || !r.admit(ctx) {
			r.settle(i, c)
			r.turns[plan.NameOf(c.Task)].end(false)
			continue
		}
		group.Go(func() error {
			r.crash.Guard(func() { r.work(ctx, i, c) })
			return nil
		})
	}
	_ = group.Wait() // workers return no errors: each has its result
}

// actionable are the changes that apply does something about.
func actionable(c plan.Change) bool {
	return c.Action.Acts()
}

// over reports whether no further task is to be begun.
func (r *run) over(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopping() || ctx.Err() != nil || r.result.Err != nil || r.crash.Panic() != nil
}

// stopping reports whether no further step is to be begun.
func (r *run) stopping() bool { return r.o.Until.Err() != nil }

// settle is the result of a change that no worker touches.
func (r *run) settle(i int, c plan.Change) {
	t := resultOf(c)
	if actionable(c) {
		t.Outcome, t.Retryable = Stopped, true
	}
	r.result.Tasks[i] = t
	if actionable(c) || t.Outcome == Refused {
		r.tell(Event{Task: c.Task, Index: i, Phase: Finished, Result: &t})
	}
}

// resultOf is a change as the plan left it.
func resultOf(c plan.Change) TaskResult {
	t := TaskResult{
		Task: c.Task, Bag: c.Bag, Camera: c.Camera, Kind: c.Desired.Kind, Action: c.Action, Outcome: Left,
		Reason: c.Reason, ID: c.ID, URL: c.URL, Frames: c.Frames,
	}
	switch c.Action {
	case plan.NoOp:
		t.Outcome = Unchanged
	case plan.Conflict, plan.Blocked, plan.Replace, plan.Renamed:
		t.Outcome = Refused
	}
	return t
}

// work brings one task to its end.
func (r *run) work(ctx context.Context, i int, c plan.Change) {
	t := &task{run: r, index: i, change: c, place: place{slot: true}}
	began := time.Now()
	if c.Bytes <= soonCreated {
		t.announce()
	}
	t.result = resultOf(c)
	if c.Action == plan.Resume || c.Action == plan.Wait {
		t.working = c.ID
	}
	t.result.Outcome, t.result.Retryable = Stopped, true // what a panic leaves
	defer func() {
		r.turns[plan.NameOf(c.Task)].end(t.result.Outcome == Done || t.result.Outcome == Unchanged || t.result.Outcome == Pending)
		t.releaseSlot()
		t.unannounce()
		r.slots.end()
		r.lookups.ended()
		t.close()
		r.early.dropOf(i)
		t.result.Duration = time.Since(began)
		r.result.Tasks[i] = t.result
		r.tell(Event{Task: c.Task, Index: i, Phase: Finished, Result: &t.result})
	}()
	r.crash.Guard(func() { t.end(ctx, t.carryOut(ctx)) }) // kept before the slot goes to the next task
	r.note(t.result.Err)
}

// note stops the run if err says that we may not.
func (r *run) note(err error) {
	if !stopsRun(err) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.result.NotAllowed == nil {
		r.result.NotAllowed = err
	}
	r.cancel(errStopped)
}

// stopsRun: without valid credentials, or without a right, the next task fares no
// better. A deletion may be refused where all else is allowed.
func stopsRun(err error) bool {
	var api *cvat.APIError
	if errors.As(err, &api) && api.Method == "DELETE" {
		return false
	}
	return errors.Is(err, cvat.ErrNotAuthorised)
}

func (r *run) tell(e Event) {
	if r.on == nil {
		return
	}
	r.events.Lock()
	defer r.events.Unlock()
	r.on(e)
}

// project is where tasks are created; it may change while a run goes on (see refind).
func (r *run) project() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.projectID
}

var errStopped = errors.New("stopped before it was finished")

// untilStopped is ctx, and ends when the run is to stop.
func (r *run) untilStopped(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	forget := context.AfterFunc(r.o.Until, func() { cancel(errStopped) })
	return ctx, func() { forget(); cancel(nil) }
}

// pause waits, unless the run is to stop.
func (r *run) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.o.Until.Done():
		return errStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
