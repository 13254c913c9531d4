package importer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// Options say how imports run.
type Options struct {
	Workers      int                                            // imports at a time
	MaxJobs      int                                            // jobs per task before an import fails
	Log          *slog.Logger                                   // why an import failed that is not the client's fault
	BusyProjects bool                                           // an import holds its project\'s row too, as CVAT\'s does
	AtStep       func(ctx context.Context, task int, step Step) // for tests; may be nil
	Panicked     func(*crash.Panic)                             // is called with panics; may be nil
}

// A Step is a point at which an import tells where it is.
type Step string

// The steps of an import.
const (
	BeforeStart Step = "start" // queued: cancellable, and the task may be deleted
	BeforeSave  Step = "save"  // started: the task is locked
	AfterEnd    Step = "end"   // over, as every request shows
)

// A Queue is the workers that import. What is queued is in the database, so that
// a killed process loses nothing: the next one takes it up again. (CVAT fails an import
// whose worker was killed with "Work-horse terminated unexpectedly", and is asked to try
// again; taking it up comes to the same, with less to do.)
type Queue struct {
	o     Options
	store *storage.Store
	taken taken
	nudge chan struct{} // has an element if something may be queued
	ctx   context.Context
	quit  context.CancelFunc
	done  sync.WaitGroup
}

// NewQueue makes a queue whose workers [Queue.Start] starts.
func NewQueue(s *storage.Store, o Options) *Queue {
	ctx, quit := context.WithCancel(context.Background())
	return &Queue{o: o, store: s, nudge: make(chan struct{}, 1), ctx: ctx, quit: quit}
}

// Recover queues again what was started when the process ended.
func (k *Queue) Recover(ctx context.Context) error {
	return k.store.Exec(ctx, `UPDATE requests SET status = ?, started = NULL, message = '', again = 1 WHERE status = ?`, storage.StatusQueued, storage.StatusStarted)
}

// Start starts the workers.
func (k *Queue) Start() {
	for range k.o.Workers {
		k.done.Add(1)
		go k.work()
	}
	k.wake()
}

// Enqueue keeps the parameters with the Data row, and queues an import with them unless
// one is queued or running: then again is true, and nothing is queued.
func (k *Queue) Enqueue(ctx context.Context, t *storage.Task, owner int, p Params) (again bool, err error) {
	err = k.store.Transaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE data SET params = ? WHERE id = ?`, string(storage.EncodeJSON(p.sticky())), *t.Data); err != nil {
			return err
		}
		var status string
		err := tx.QueryRowContext(ctx, `SELECT status FROM requests WHERE task_id = ?`, t.ID).Scan(&status)
		if err == nil && (status == storage.StatusQueued || status == storage.StatusStarted) {
			again = true
			return nil
		}
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO requests (task_id, owner_id, org_id, status, message, trace, params, created) VALUES (?, ?, ?, ?, '', '', ?, ?)`,
			t.ID, owner, t.Org, storage.StatusQueued, string(storage.EncodeJSON(p)), k.store.Now())
		return err
	})
	if err == nil && !again {
		k.wake()
	}
	return again, err
}

func (k *Queue) wake() {
	select {
	case k.nudge <- struct{}{}:
	default: // a nudge is waiting already
	}
}

// Stop lets the running imports end, and starts no other.
func (k *Queue) Stop() error {
	k.quit()
	k.done.Wait()
	return nil
}

func (k *Queue) work() {
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
func (k *Queue) next() (more bool) {
	defer func() {
		if v := recover(); v != nil {
			k.o.Log.Error("sandbox worker failed", "error", k.Panicked(v))
		}
	}()
	ctx := context.Background()
	task, err := k.oldest(ctx)
	if err != nil {
		k.o.Log.Error("sandbox cannot read its queue", "error", err)
		return false
	}
	if task == 0 {
		return false
	}
	k.wake() // another worker may look for the next
	k.run(ctx, task)
	return true
}

// oldest takes the oldest import that no worker has.
func (k *Queue) oldest(ctx context.Context) (task int, err error) {
	k.taken.mu.Lock()
	defer k.taken.mu.Unlock()
	ids, err := storage.Collect(ctx, k.store.Writer, storage.ScanOne[int], `SELECT task_id FROM requests WHERE status = ? ORDER BY created, task_id`, storage.StatusQueued)
	for _, id := range ids {
		if !k.taken.ids[id] {
			k.taken.add(id)
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

// run takes a queued import from start to end.
func (k *Queue) run(ctx context.Context, task int) {
	defer k.taken.drop(task)
	defer func() {
		if v := recover(); v != nil {
			k.end(ctx, task, k.Panicked(v))
		}
	}()
	k.hook(task, BeforeStart)
	if k.ctx.Err() != nil {
		return // closing: it stays queued
	}
	n, err := k.store.Change(ctx, `UPDATE requests SET status = ?, started = ? WHERE task_id = ? AND status = ?`, storage.StatusStarted, k.store.Now(), task, storage.StatusQueued)
	if err != nil {
		k.o.Log.Error("sandbox cannot start an import", "task", task, "error", err)
		return
	}
	if n == 0 {
		return // cancelled meanwhile
	}
	unlock, err := k.store.LockTask(ctx, task)
	if err != nil {
		return // ctx never ends
	}
	defer unlock()
	if k.o.BusyProjects {
		free, err := k.lockProject(ctx, task)
		if err != nil {
			return
		}
		defer free()
	}
	k.end(ctx, task, k.importSafely(ctx, task))
	k.hook(task, AfterEnd)
}

// lockProject takes the lock on the row of a task's project, if it has one.
func (k *Queue) lockProject(ctx context.Context, task int) (unlock func(), err error) {
	t, err := k.store.Task(ctx, task)
	if err != nil || t == nil || t.Project == nil {
		return func() {}, err
	}
	return k.store.LockProject(ctx, *t.Project)
}

func (k *Queue) hook(task int, step Step) {
	if k.o.AtStep != nil {
		k.o.AtStep(k.ctx, task, step)
	}
}

func (k *Queue) importSafely(ctx context.Context, task int) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = k.Panicked(v)
		}
	}()
	return k.importTask(ctx, task)
}

// Panicked tells of a panic, where it is recovered.
func (k *Queue) Panicked(v any) error {
	p := crash.Recovered(v)
	if tell := k.o.Panicked; tell != nil {
		tell(p)
	}
	return fmt.Errorf("panic: %w", p)
}

// endImport notes how an import ended. A failure that is not of CVAT's kinds is ours,
// and logged.
func (k *Queue) end(ctx context.Context, task int, failure error) {
	status, message, trace := storage.StatusFinished, "", ""
	if failure != nil {
		var e *importError
		if !errors.As(failure, &e) {
			k.o.Log.Error("sandbox import failed", "task", task, "error", failure)
			e = &importError{"Exception", failure.Error()}
		}
		status, message = storage.StatusFailed, e.Error()+"\n"
		trace = "Traceback (most recent call last):\n  File \"<sandbox>\", line 1, in initialize_task\n" + message
	}
	err := k.store.Transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE requests SET status = ?, message = ?, trace = ?, finished = ? WHERE task_id = ?`, status, message, trace, k.store.Now(), task)
		return err
	})
	if err != nil {
		k.o.Log.Error("sandbox cannot note the end of an import", "task", task, "error", err)
	}
}
