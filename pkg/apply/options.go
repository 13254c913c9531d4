package apply

import (
	"context"
	"io"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A Server is the part of [cvat.Client] that a run needs; its contract is the client's.
type Server interface {
	Organization() string
	TaskURL(id int) string
	ProjectURL(id int) string

	// What only looks.
	Project(ctx context.Context, id int) (*cvat.Project, error)
	ListProjects(ctx context.Context, name string) ([]cvat.Project, error)
	ProjectsEverywhere(ctx context.Context, name string) ([]cvat.Project, error)
	Labels(ctx context.Context, projectID int) ([]cvat.Label, error)
	Guide(ctx context.Context, id int) (*cvat.Guide, error)
	CheckAsset(ctx context.Context, uuid string) error
	Organizations(ctx context.Context) ([]cvat.Organization, error)
	FindUser(ctx context.Context, username string) (*cvat.User, error)
	Users(ctx context.Context) ([]cvat.User, error)
	Jobs(ctx context.Context, f cvat.JobFilter) ([]cvat.Job, error)
	ListTasks(ctx context.Context, f cvat.TaskFilter) ([]cvat.Task, error)
	Task(ctx context.Context, id int) (*cvat.Task, error)
	DataMeta(ctx context.Context, taskID int) (*cvat.DataMeta, error)
	Frame(ctx context.Context, taskID, number int) (io.ReadCloser, error)
	Request(ctx context.Context, taskID int) (*cvat.Request, error)
	ListRequests(ctx context.Context) ([]cvat.Request, error)
	Annotations(ctx context.Context, taskID int) (*cvat.Annotations, error)

	CreateProject(ctx context.Context, name, bugTracker string, labels []cvat.Label) (*cvat.Project, error)
	SetProjectBugTracker(ctx context.Context, id int, text string) error
	AddLabels(ctx context.Context, projectID int, labels []cvat.Label) error
	UpdateLabels(ctx context.Context, projectID int, labels []cvat.LabelUpdate) error
	CreateGuide(ctx context.Context, projectID int, markdown string) (*cvat.Guide, error)
	SetGuide(ctx context.Context, id int, markdown string) error
	AddAsset(ctx context.Context, guideID int, name, contentType string, data []byte) (uuid string, err error)
	DeleteProject(ctx context.Context, id int) error

	CreateTask(ctx context.Context, t cvat.NewTask) (*cvat.Task, error)
	SetBugTracker(ctx context.Context, id int, text string) error
	UpdateTask(ctx context.Context, id int, u cvat.TaskUpdate) error
	UpdateJob(ctx context.Context, id int, u cvat.JobUpdate) error
	DeleteTask(ctx context.Context, id int) error
	Upload(ctx context.Context, taskID int, name string, src io.ReaderAt, size int64, o cvat.UploadOptions) error
	FinishUpload(ctx context.Context, taskID int, p cvat.DataParams) (rqID string, err error)
	ImportServerFiles(ctx context.Context, taskID int, p cvat.DataParams) (rqID string, err error)
	ImportFiles(ctx context.Context, taskID int, files []cvat.File, p cvat.DataParams, o cvat.UploadOptions) (rqID string, err error)
	AddAnnotations(ctx context.Context, taskID int, a *cvat.Annotations) error
	DeleteShapes(ctx context.Context, taskID int, shapes []cvat.Shape) error
}

// An Archive is what the frames of a task travel as: one zip, its entries not compressed. Reading it
// fails where a file changed since it was measured.
type Archive interface {
	io.ReaderAt
	Name() string // made of Hash
	Hash() string // 64 hex digits
	Size() int64
	OrderName() string
	Order() []byte // CVAT's dataset manifest, for sorting_method predefined
	Close() error
}

// Images are a task's frames, measured.
type Images struct {
	Archive  Archive
	Frames   []string          // their names, where they are fewer than the plan's; nil: the plan's
	Related  []int             // how many context images each frame has next to it; nil: none
	Problems []plan.Diagnostic // what is wrong with them; errors block the task

	// Release gives back what was kept for reading them, such as encoded frames in the
	// temporary directory. They can still be read, at a price. It may be called twice; nil: nothing is kept.
	Release func()
}

// A State keeps, from one run to the next, where the server holds a half-sent upload.
// All of it is a hint: losing it, or a wrong one, costs time and nothing else.
type State interface {
	// Lock returns the hint of one upload, locked for this process until its Release;
	// nil if another process has it, or if nothing can be kept.
	Lock(server string, task int, file string) Hint
}

// A Hint is one upload's place. Its methods are called by one goroutine at a time.
type Hint interface {
	Location() string     // "" if none is known
	Keep(location string) // remembers it at once
	Forget()              // the file is whole on the server
	Release()
}

// Options are how a run goes about it. Only Images is required. What may be replaced
// or created although it exists elsewhere is said by the plan's own options.
type Options struct {
	// Images measures the frames of one task in one reading pass. It is called at most
	// once per task, and only for what is to be sent.
	Images func(ctx context.Context, c plan.Change) (Images, error)

	// Annotations gives what is put into a task that has its frames, with the ids of the project's labels and the
	// numbers of its frames. It is called at most once per task, and only where [plan.Desired] has Annotations. No two
	// of its shapes are equal, and all have the source auto.
	Annotations func(ctx context.Context, c plan.Change, labels []cvat.Label, frames []cvat.FrameMeta) (cvat.Annotations, error)

	// Observed is when the server was looked at for the plan: a look that would only repeat
	// it a moment later is left out. Zero: each is taken.
	Observed time.Time

	Parallelism int           // most tasks that are read and sent at once, fewer while the server is slow; default 8
	NoWait      bool          // leave imports to the server; the next run verifies them
	WaitTimeout time.Duration // longest time without any progress of an import; default 30 min
	UploadChunk int64         // bytes per PATCH; 0: the client decides, as [cvat.UploadOptions] says
	State       State         // may be nil

	batch int // annotations in a request; 0: maxBatch

	// Until ends a run well: once it has ended no step is begun, and what is being sent ends with
	// its chunk. The end of the context that Run gets ends requests under way too. nil: never.
	Until context.Context
}

const (
	defaultParallelism = 8
	defaultWaitTimeout = 30 * time.Minute
)

func (o *Options) setDefaults() {
	if o.Parallelism <= 0 {
		o.Parallelism = defaultParallelism
	}
	if o.WaitTimeout <= 0 {
		o.WaitTimeout = defaultWaitTimeout
	}
	if o.batch <= 0 {
		o.batch = maxBatch
	}
	if o.Until == nil {
		o.Until = context.Background()
	}
}
