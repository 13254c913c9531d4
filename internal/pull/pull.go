// Package pull writes what annotators made into a directory, joined to the recordings' time line: a file per task and
// format, or per group of tasks.
//
// It works in two steps. First it lists the project's tasks and jobs and fetches the annotations of those whose dates
// moved, into a cache in the directory: an unchanged task costs no request beyond the listing. Then it writes, from the
// cache and one task after another, the files whose content may have changed. A file is written whole or not at all,
// and left as it is where its bytes would be the same. Losing the cache, or the record of what was written, loses time
// alone.
//
// The files are data: they hold labels, attributes and names as CVAT has them, and unlike all that is printed they do
// not go through internal/outlet, which would change what is compared byte by byte.
package pull

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/internal/dataset"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A Server answers what a pull asks; *cvat.Client is one. Only GETs are sent, but for exports.
type Server interface {
	observe.Reader
	Labels(ctx context.Context, projectID int) ([]cvat.Label, error)
	Annotations(ctx context.Context, taskID int) (*cvat.Annotations, error)
	JobAnnotations(ctx context.Context, jobID int) (*cvat.Annotations, error)
	ValidationLayout(ctx context.Context, taskID int) (*cvat.ValidationLayout, error)
	ExportFormats(ctx context.Context) ([]cvat.Format, error)
	Export(ctx context.Context, taskID int, format string, onProgress func(share float64)) (io.ReadCloser, error)
}

// Options say what is pulled, and where to.
type Options struct {
	Dir     string
	Formats []string                    // see [Formats]; any other is one that the server writes
	Target  func(task, bag string) bool // which tasks, by their names and bags; a task in no bag has its name for it. nil: all
	All     bool                        // also tasks of the project that no manifest asks for
	Merge   string                      // "": a file per task; project, subset, bag
	Jobs    string                      // annotation or ground_truth
	Stage   string                      // only frames of jobs in this stage; empty: any
	State   string                      // only frames of jobs in this state; empty: any
	Check   bool                        // write nothing
	Prune   bool                        // remove the files of what is gone

	// Guard is what files of JSON and YAML go through on their way out, so that no name is obeyed by the
	// terminal or the page that shows them; nil: nothing. Other formats cannot write such characters otherwise.
	Guard func(write func(io.Writer) error) func(io.Writer) error

	OnExport func(task, format string, share float64) // called for exports by the server; may be nil; called concurrently
}

// workers is how many tasks are fetched, and files written, at once. More do not help a CVAT with two web workers.
const workers = 8

// A Change is what happened to a file, or with Options.Check would.
type Change string

// What may happen to a file.
const (
	Created   Change = "created"
	Changed   Change = "changed"
	Unchanged Change = "unchanged"
	Gone      Change = "gone"    // what it is about is gone; the file is still there
	Removed   Change = "removed" // by Options.Prune
)

// A File is one file of the directory, or, of formats with a file per frame, the directory of one task.
type File struct {
	Path   string // below the directory, with slashes
	Format string
	Change Change
	Empty  bool // a directory without files: none of its frames has a label
	Counts
}

// counts says whether the file counts for what its format leaves out. That of what is gone does not, and of the data sets of
// Ultralytics only the one for detect, which takes all that segment and pose take.
func (f File) counts() bool {
	repeats := f.Format == "yolo" && !strings.HasPrefix(f.Path, yoloDir("detect")+"/")
	return f.Change != Gone && f.Change != Removed && !repeats
}

// Counts say what is in a file, and what was left out of it.
type Counts struct {
	Frames   int          `json:"frames"`
	Shapes   int          `json:"shapes"`
	Tags     int          `json:"tags"`
	Hidden   int          `json:"hidden,omitempty"`   // frames that were deleted in CVAT
	Filtered int          `json:"filtered,omitempty"` // frames of jobs in another stage or state
	Unplaced int          `json:"unplaced,omitempty"` // frames whose names no bag has
	Lost     dataset.Lost `json:"lost,omitempty"`     // what the format has no place for
}

// A Failure is a task, or a file, that could not be pulled. Its files stay as they were.
type Failure struct {
	Subject string
	Err     error
}

// A Result is what a pull did.
type Result struct {
	Project  string
	Tasks    int      // that were pulled
	Fetched  int      // of them, those that were asked for
	Formats  []string // that were written
	Other    int      // tasks of the project that no manifest asks for, and that were left alone
	Missing  []string // tasks of the manifests that the server does not have, or without frames
	Files    []File   // in the order of their paths
	Warnings []string
	Failures []Failure
}

// Changed says whether any file differs from what the server has.
func (r Result) Changed() bool {
	return slices.ContainsFunc(r.Files, func(f File) bool { return f.Change != Unchanged })
}

// Lost counts what the formats have no place for, under a part of a sentence that names format and kind.
func (r Result) Lost() map[string]int {
	lost := map[string]int{}
	for _, f := range r.Files {
		if !f.counts() {
			continue
		}
		for what, n := range f.Lost {
			lost[f.Format+" has no place for "+what] += n
		}
	}
	return lost
}

// LeftOut counts the frames that were left out, or are in no bag. Each format holds the same frames, so that the
// first one's are counted.
func (r Result) LeftOut() Counts {
	var sum Counts
	for _, f := range r.Files {
		if f.Format == r.Formats[0] && f.counts() {
			sum.Hidden, sum.Filtered, sum.Unplaced = sum.Hidden+f.Hidden, sum.Filtered+f.Filtered, sum.Unplaced+f.Unplaced
		}
	}
	return sum
}

// A Project is what is pulled: the manifests' tasks in one project of a server.
type Project struct {
	Server string // as it is shown
	Wanted manifest.Project
	Tasks  []source.Task
	Parts  Parts // nil: no bag is several tasks
}

// Parts tell which of a project's tasks are parts of which bag; *planner.Project does.
type Parts interface {
	NameParts(ctx context.Context, have []plan.Task) ([]plan.Desired, error) // before PartsOf
	PartsOf(t source.Task) []string
}

// Begin finds out which tasks a pull is about, and writes nothing: of several projects, all are begun before one is written.
func Begin(ctx context.Context, server Server, p Project, o Options) (*Pull, error) {
	r := &Pull{server: server, project: p, o: o, result: Result{Formats: o.Formats}}
	if err := r.checkFormats(ctx); err != nil {
		return nil, err
	}
	if err := r.plan(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// Targeted are the tasks that Options.Target fits, there or not.
func (r *Pull) Targeted() []string { return r.targeted }

// Run fetches and writes, once. Its error stopped the whole; what concerns one task is among the result's failures.
func (r *Pull) Run(ctx context.Context) (Result, error) {
	if err := r.openDirectory(); err != nil {
		return r.result, err
	}
	defer r.cache.close()
	if err := r.fetchAll(ctx); err != nil {
		return r.result, err
	}
	if err := r.writeAll(ctx); err != nil {
		return r.result, err
	}
	slices.SortFunc(r.result.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return r.result, nil
}

// A Pull is one pull of a project under way.
type Pull struct {
	server  Server
	project Project
	o       Options

	id       int                  // of the project
	bags     map[plan.Name]string // of the manifests' tasks
	targeted []string

	labels  annotation.Labels
	members []*member
	cache   *cache
	record  *record
	result  Result

	exported map[string]cvat.Format // of Options.Formats, those that the server writes

	warnings onceEach
}

// needsAnswers says whether any format is written from the server's answers.
func (r *Pull) needsAnswers() bool { return len(r.exported) < len(r.o.Formats) }
