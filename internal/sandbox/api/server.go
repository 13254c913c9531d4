package api

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// Options say how a server answers.
type Options struct {
	NoAuth       bool                              // a request without credentials is the account sandbox's
	BusyWait     time.Duration                     // how long a request waits for a task that is being imported
	BusyProjects bool                              // an import holds its project: creations of tasks there wait (A97)
	Log          *slog.Logger                      // why a request ended in a 500
	TaskNumbered func(ctx context.Context, id int) // for tests: a new task has its id, and is not yet visible
	Annotating   func(ctx context.Context, id int) // for tests: annotations of a task are about to change
}

// A Server answers requests. It is safe for concurrent use.
type Server struct {
	o      Options
	store  *storage.Store
	queue  *importer.Queue
	routes *router
	people atomic.Pointer[people]
	pages  pageCache
	writes uploadLocks
}

// New makes a server; a new directory gets its one account.
func New(ctx context.Context, s *storage.Store, q *importer.Queue, o Options) (*Server, error) {
	a := &Server{o: o, store: s, queue: q}
	a.routes = a.newRouter()
	if err := a.foundAccount(ctx); err != nil {
		return nil, err
	}
	return a, a.loadPeople(ctx)
}

// Version is the CVAT version that the server says it is.
const Version = "2.73.0"

// The one account of a new directory.
const (
	Username    = "sandbox"
	Password    = "sandbox"
	AccessToken = "sandbox" // goes as "Authorization: Bearer sandbox"
)
