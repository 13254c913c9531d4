package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Version is the CVAT version that the server says it is.
const Version = "2.73.0"

// The one account of a new directory.
const (
	Username    = "sandbox"
	Password    = "sandbox"
	AccessToken = "sandbox" // goes as "Authorization: Bearer sandbox"
)

// Options say where a server keeps its data and how it behaves. Only Dir is needed.
type Options struct {
	Dir     string        // made if missing; belongs to one process at a time
	NoAuth  bool          // a request without credentials is the account sandbox's
	Workers int           // imports at a time; 0 is 2, as in CVAT's compose file
	MaxJobs int           // jobs per task before an import fails; 0 is 5000 (CVAT_MAX_JOBS_PER_TASK)
	Log     *slog.Logger  // why a request ended in a 500; nil logs nothing
	Hooks   Hooks         // for tests
	LockDir time.Duration // how long Open waits for another process; 0 is 5 s

	// BusyWait is how long a request waits for a task that is being imported
	// before it answers 409; 0 is 10 s (CVAT_DB_LOCK_TIMEOUT).
	BusyWait time.Duration

	Now func() time.Time // the clock; nil is time.Now
}

// Hooks let a test hold the server at points that no client can see. A hook blocks
// what it is called from, and nothing else.
type Hooks struct {
	// TaskNumbered is called when a new task has its id and is not yet visible.
	TaskNumbered func(ctx context.Context, id int)
	// Import is called by a worker before it starts an import (the request is
	// still queued), and before it saves the result (the request is started).
	Import func(ctx context.Context, taskID int, s ImportStep)
	// Panicked is told of a panic in a request, which is answered 500, or in an import,
	// which fails: its reason and its stack. Here too outside of tests.
	Panicked func(text string)
}

// An ImportStep is a point at which [Hooks].Import is called.
type ImportStep string

// The steps of an import.
const (
	BeforeStart ImportStep = "start" // queued: cancellable, and the task may be deleted
	BeforeSave  ImportStep = "save"  // started: the task is locked
)

// A Server is one open directory. It is safe for concurrent use.
type Server struct {
	opts   Options
	dir    directory
	db     *store
	routes *router
	people atomic.Pointer[people]
	locks  keyedLocks
	pages  pageCache
	writes uploadLocks
	queue  *queue
	taken  taken

	mu     sync.Mutex
	http   *http.Server
	memory *memoryListener
	once   sync.Once
}

// Open opens the directory, making it if need be, and takes up the imports that an
// earlier process left behind. The error names the directory, and says so if another
// process has it open.
func Open(o Options) (*Server, error) {
	o = withDefaults(o)
	dir, err := openDirectory(o.Dir, o.LockDir)
	if err != nil {
		return nil, err
	}
	s, err := open(o, dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sandbox %s: %w", o.Dir, err), dir.close())
	}
	return s, nil
}

func open(o Options, dir directory) (*Server, error) {
	db, err := openStore(dir.database())
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, dir: dir, db: db}
	s.routes = s.newRouter()
	s.queue = newQueue(s, o.Workers)
	ctx := context.Background()
	for _, step := range []func(context.Context) error{s.foundAccount, s.loadPeople, s.sweep, s.queue.recover} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, db.close())
		}
	}
	s.queue.start()
	return s, nil
}

func withDefaults(o Options) Options {
	if o.Workers <= 0 {
		o.Workers = 2
	}
	if o.MaxJobs <= 0 {
		o.MaxJobs = 5000
	}
	if o.LockDir <= 0 {
		o.LockDir = 5 * time.Second
	}
	if o.BusyWait <= 0 {
		o.BusyWait = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Close stops listening, waits for the requests and imports that are running, and
// frees the directory. Imports that have not started stay queued for the next [Open].
func (s *Server) Close() error {
	var err error
	s.once.Do(func() {
		err = errors.Join(s.stopServing(), s.queue.stop(), s.db.close(), s.dir.close())
	})
	return err
}

func (s *Server) now() stamp { return stamp(s.opts.Now().UnixMicro()) }
