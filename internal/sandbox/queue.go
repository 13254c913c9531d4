package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// A queue is the workers that import. What is queued stands in the database, so that
// a killed process loses nothing: the next one takes it up again. (CVAT fails an import
// whose worker was killed with "Work-horse terminated unexpectedly", and is told to try
// again; taking it up comes to the same, with less to do.)
type queue struct {
	s       *Server
	workers int
	nudge   chan struct{} // has an element if something may be queued
	ctx     context.Context
	quit    context.CancelFunc
	done    sync.WaitGroup
}

func newQueue(s *Server, workers int) *queue {
	ctx, quit := context.WithCancel(context.Background())
	return &queue{s: s, workers: workers, nudge: make(chan struct{}, 1), ctx: ctx, quit: quit}
}

// recover queues again what was started when the process ended.
func (k *queue) recover(ctx context.Context) error {
	return k.s.db.exec(ctx, `UPDATE requests SET status = ?, started = NULL, message = '', again = 1 WHERE status = ?`, statusQueued, statusStarted)
}

func (k *queue) start() {
	for range k.workers {
		k.done.Add(1)
		go k.work()
	}
	k.wake()
}

func (k *queue) wake() {
	select {
	case k.nudge <- struct{}{}:
	default: // a nudge is waiting already
	}
}

// stop lets the running imports end, and starts no other.
func (k *queue) stop() error {
	k.quit()
	k.done.Wait()
	return nil
}

func (k *queue) work() {
	defer k.done.Done()
	for {
		select {
		case <-k.ctx.Done():
			return
		case <-k.nudge:
		}
		for k.ctx.Err() == nil && k.next() {
		}
	}
}

// next carries out the oldest queued import; false if there is none.
func (k *queue) next() (more bool) {
	defer func() {
		if v := recover(); v != nil {
			k.s.opts.Log.Error("sandbox worker failed", "error", k.s.panicked(v))
		}
	}()
	ctx := context.Background()
	task, err := k.oldest(ctx)
	if err != nil {
		k.s.opts.Log.Error("sandbox cannot read its queue", "error", err)
		return false
	}
	if task == 0 {
		return false
	}
	k.wake() // another worker may look for the next
	k.s.runImport(ctx, task)
	return true
}

// oldest takes the oldest import that no worker has.
func (k *queue) oldest(ctx context.Context) (task int, err error) {
	k.s.taken.mu.Lock()
	defer k.s.taken.mu.Unlock()
	ids, err := collect(ctx, k.s.db.wr, scanOne[int], `SELECT task_id FROM requests WHERE status = ? ORDER BY created, task_id`, statusQueued)
	for _, id := range ids {
		if !k.s.taken.ids[id] {
			k.s.taken.add(id)
			return id, err
		}
	}
	return 0, err
}

// taken are the imports that a worker has in hand, be they still queued to the eye.
type taken struct {
	mu  sync.Mutex
	ids map[int]bool
}

func (t *taken) add(id int) {
	if t.ids == nil {
		t.ids = map[int]bool{}
	}
	t.ids[id] = true
}

func (t *taken) drop(id int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.ids, id)
}

// runImport takes a queued import from start to end.
func (s *Server) runImport(ctx context.Context, task int) {
	defer s.taken.drop(task)
	defer func() {
		if v := recover(); v != nil {
			s.endImport(ctx, task, s.panicked(v))
		}
	}()
	s.hookImport(task, BeforeStart)
	if s.queue.ctx.Err() != nil {
		return // closing: it stays queued
	}
	n, err := s.db.change(ctx, `UPDATE requests SET status = ?, started = ? WHERE task_id = ? AND status = ?`, statusStarted, s.now(), task, statusQueued)
	if err != nil {
		s.opts.Log.Error("sandbox cannot start an import", "task", task, "error", err)
		return
	}
	if n == 0 {
		return // cancelled meanwhile
	}
	unlock, err := s.locks.lock(ctx, task)
	if err != nil {
		return // ctx never ends
	}
	defer unlock()
	s.endImport(ctx, task, s.importSafely(ctx, task))
}

func (s *Server) hookImport(task int, step ImportStep) {
	if hook := s.opts.Hooks.Import; hook != nil {
		hook(s.queue.ctx, task, step)
	}
}

func (s *Server) importSafely(ctx context.Context, task int) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = s.panicked(v)
		}
	}()
	return s.importTask(ctx, task)
}

// panicked tells of a panic, where it is recovered.
func (s *Server) panicked(v any) error {
	err := fmt.Errorf("panic: %v\n%s", v, debug.Stack())
	if tell := s.opts.Hooks.Panicked; tell != nil {
		tell(err.Error())
	}
	return err
}

// endImport notes how an import ended. A failure that is not of CVAT's kinds is ours,
// and logged.
func (s *Server) endImport(ctx context.Context, task int, failure error) {
	status, message, trace := statusFinished, "", ""
	if failure != nil {
		var e *importError
		if !errors.As(failure, &e) {
			s.opts.Log.Error("sandbox import failed", "task", task, "error", failure)
			e = &importError{"Exception", failure.Error()}
		}
		status, message = statusFailed, e.Error()+"\n"
		trace = "Traceback (most recent call last):\n  File \"<sandbox>\", line 1, in initialize_task\n" + message
	}
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE requests SET status = ?, message = ?, trace = ?, finished = ? WHERE task_id = ?`, status, message, trace, s.now(), task)
		return err
	})
	if err != nil {
		s.opts.Log.Error("sandbox cannot note the end of an import", "task", task, "error", err)
	}
}
