package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/sandbox/api"
	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// Version is the CVAT version that the server says it is.
const Version = api.Version

// The one account of a new directory.
const (
	Username    = api.Username
	Password    = api.Password
	AccessToken = api.AccessToken // goes as "Authorization: Bearer sandbox"
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

	// BusyProjects makes an import hold its project, as CVAT's does: a task that is created
	// there waits for it as long as BusyWait, and is 409 then. Off, creations go on, so that
	// a person who tries things out does not wait.
	BusyProjects bool

	Now func() time.Time // the clock; nil is time.Now
}

// Hooks let a test hold the server at points that no client can see. A hook blocks
// what it is called from, and nothing else.
type Hooks struct {
	// TaskNumbered is called when a new task has its id and is not yet visible.
	TaskNumbered func(ctx context.Context, id int)
	// Import is called by a worker before it starts an import (the request is
	// still queued), and before it saves the result (the request is started).
	Import func(ctx context.Context, taskID int, s importer.Step)
	// Annotating is called when a change of a task's annotations has read what it
	// replaces, and has not written yet.
	Annotating func(ctx context.Context, taskID int)
	// Panicked is called with a panic in a request, which is answered 500, or in an import,
	// which fails: its reason and its stack. Here too outside of tests.
	Panicked func(*crash.Panic)
}

// An ImportStep is a point at which [Hooks].Import is called.
type ImportStep = importer.Step

// The steps of an import.
const (
	BeforeStart = importer.BeforeStart // queued: cancellable, and the task may be deleted
	BeforeSave  = importer.BeforeSave  // started: the task is locked
	AfterEnd    = importer.AfterEnd    // over, as every request shows
)

// Exists reports whether dir holds a server's data, or what is in its way; without
// either, [Open] makes an empty server there.
func Exists(dir string) bool { return storage.Exists(dir) }

// A Server is one open directory. It is safe for concurrent use.
type Server struct {
	store *storage.Store
	queue *importer.Queue
	api   *api.Server

	mu       sync.Mutex
	http     *http.Server
	unused   map[net.Conn]bool // connections on which nothing has come yet
	stopping bool
	memory   *memoryListener
	once     sync.Once
}

// Open opens the directory, making it if need be, and takes up the imports that an
// earlier process left behind. The error names the directory, and says so if another
// process has it open.
func Open(o Options) (*Server, error) {
	o = withDefaults(o)
	db, err := storage.Open(o.Dir, o.LockDir, o.Now)
	if err != nil {
		return nil, err
	}
	s, err := open(o, db)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sandbox %s: %w", o.Dir, err), db.Close())
	}
	return s, nil
}

func open(o Options, db *storage.Store) (*Server, error) {
	ctx := context.Background()
	if err := db.Sweep(ctx); err != nil {
		return nil, err
	}
	q := importer.NewQueue(db, importer.Options{Workers: o.Workers, MaxJobs: o.MaxJobs, Log: o.Log, BusyProjects: o.BusyProjects, AtStep: o.Hooks.Import, Panicked: o.Hooks.Panicked})
	answers, err := api.New(ctx, db, q, api.Options{NoAuth: o.NoAuth, BusyWait: o.BusyWait, BusyProjects: o.BusyProjects, Log: o.Log, TaskNumbered: o.Hooks.TaskNumbered, Annotating: o.Hooks.Annotating})
	if err != nil {
		return nil, err
	}
	if err := q.Recover(ctx); err != nil {
		return nil, err
	}
	q.Start()
	return &Server{store: db, queue: q, api: answers}, nil
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
		err = errors.Join(s.stopServing(), s.queue.Stop(), s.store.Close())
	})
	return err
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.api.ServeHTTP(w, r) }

// A SeedTask is a finished task to make without an upload.
type SeedTask = api.SeedTask

// SeedProject makes a project with labels, for tests and benchmarks, and returns its id.
func (s *Server) SeedProject(ctx context.Context, name string, labels ...string) (id int, err error) {
	return s.api.SeedProject(ctx, name, labels...)
}

// SeedTasks makes finished tasks in a project, all of them or, after an error, none.
// Ten thousand take about a second.
func (s *Server) SeedTasks(ctx context.Context, project int, tasks []api.SeedTask) error {
	return s.api.SeedTasks(ctx, project, tasks)
}

// AddUser makes a further account, for tests that need a colleague. It returns the
// account's id.
func (s *Server) AddUser(ctx context.Context, name, password string) (int, error) {
	return s.api.AddUser(ctx, name, password)
}

// AddMember puts a user into an organization with a role (owner, maintainer,
// supervisor or worker), for tests; CVAT needs an invitation for it.
func (s *Server) AddMember(ctx context.Context, slug, username, role string) error {
	return s.api.AddMember(ctx, slug, username, role)
}
