package cvat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// A Task is a task as CVAT lists it. Absent and null are alike: which fields a
// server leaves out of a task without data differs between versions.
type Task struct {
	ID             int      `json:"id"`
	Name           string   `json:"name"`
	ProjectID      *int     `json:"project_id"`
	ProjectName    string   `json:"project_name"` // since 2.59
	Owner          *User    `json:"owner"`
	Assignee       *User    `json:"assignee"`
	BugTracker     string   `json:"bug_tracker"`
	Subset         string   `json:"subset"`
	SegmentSize    int      `json:"segment_size"` // rewritten by the import, as Overlap is
	Overlap        *int     `json:"overlap"`
	Data           *int     `json:"data"` // nil: nothing was ever sent
	Size           int      `json:"size"` // frames; above 0 means imported, on every version
	ImageQuality   int      `json:"image_quality"`
	ChunkSize      *int     `json:"data_chunk_size"`
	Mode           string   `json:"mode"` // "annotation" for images, "interpolation" for a video
	ValidationMode *string  `json:"validation_mode"`
	Consensus      bool     `json:"consensus_enabled"` // up to 2.79
	Replicas       *int     `json:"initial_replicas"`  // 2.80 has this instead
	OrganizationID *int     `json:"organization_id"`
	SourceStorage  *Storage `json:"source_storage"` // nil: CVAT's own disk
	TargetStorage  *Storage `json:"target_storage"`
	Jobs           struct {
		Count      int `json:"count"`
		Completed  int `json:"completed"`
		Validation int `json:"validation"`
	} `json:"jobs"`
	Dimension   string `json:"dimension"`    // 2d, or 3d for point clouds
	UpdatedDate string `json:"updated_date"` // as that of a [Job]; frames that are hidden move this one alone
}

// A Storage is where CVAT takes annotations from, or puts exports.
type Storage struct {
	Location       string `json:"location"` // local or cloud_storage
	CloudStorageID *int   `json:"cloud_storage_id,omitempty"`
}

// HasData says whether anything was ever sent to the task.
func (t Task) HasData() bool { return t.Data != nil }

// Imported says whether the task has its frames.
func (t Task) Imported() bool { return t.Size > 0 }

// A TaskFilter selects tasks; zero fields select everything in the workspace.
type TaskFilter struct {
	ProjectID int
	Name      string   // exact
	Names     []string // any of these, exactly, however many; not together with Name or Logic
	Marker    string   // exact text of bug_tracker
	Logic     string   // a rule in CVAT's JSON Logic, in addition to the others; at most some 6 kB fit a URL
}

func (f TaskFilter) query() url.Values {
	query := url.Values{}
	if f.ProjectID != 0 {
		query.Set("project_id", strconv.Itoa(f.ProjectID))
	}
	if f.Name != "" {
		query.Set("name", f.Name)
	}
	if f.Marker != "" {
		query.Set("tracker_link", f.Marker)
	}
	if f.Logic != "" {
		query.Set("filter", f.Logic)
	}
	return query
}

func (f TaskFilter) fits(t Task) bool {
	inProject := f.ProjectID == 0 || t.ProjectID != nil && *t.ProjectID == f.ProjectID
	return inProject && (f.Name == "" || t.Name == f.Name) && (f.Marker == "" || t.BugTracker == f.Marker)
}

// ListTasks returns the tasks that fit the filter, by ascending id, each once:
// ceil(N/400) requests for N tasks, unless the list moves while it is read. Names that do
// not fit one URL take a request for each URL that they do fit.
//
//cvat:operation GET /api/tasks
func (c *Client) ListTasks(ctx context.Context, f TaskFilter) ([]Task, error) {
	if len(f.Names) > 0 {
		return c.listNamed(ctx, f)
	}
	all, err := list(ctx, c, "/api/tasks", "id", f.query(), func(t Task) int { return t.ID })
	return only(all, f.fits), err
}

// listNamed asks for as many names at a time as a URL holds.
func (c *Client) listNamed(ctx context.Context, f TaskFilter) ([]Task, error) {
	var all []Task
	names := f.Names
	f.Names = nil
	for len(names) > 0 {
		n := fittingURL(names)
		some := f
		some.Logic = anyOf("name", names[:n])
		found, err := c.ListTasks(ctx, some)
		if err != nil {
			return nil, err
		}
		all, names = append(all, only(found, hasName(names[:n]))...), names[n:]
	}
	slices.SortFunc(all, func(a, b Task) int { return a.ID - b.ID })
	return slices.CompactFunc(all, func(a, b Task) bool { return a.ID == b.ID }), nil
}

func hasName(names []string) func(Task) bool {
	return func(t Task) bool { return slices.Contains(names, t.Name) }
}

// maxRule is how many bytes of names one question takes, as they are in the URL: the
// proxy that CVAT ships with allows 8 kB for a whole request line.
const maxRule = 6000

// fittingURL is how many of the names one question takes, at least one.
func fittingURL(names []string) int {
	bytes := 0
	for i, name := range names {
		if bytes += len(url.QueryEscape(name)) + len(`%22%22%2C`); bytes > maxRule && i > 0 {
			return i
		}
	}
	return len(names)
}

// anyOf is the rule, in JSON Logic, that the variable has one of the values.
func anyOf(variable string, values []string) string {
	rule, err := json.Marshal(map[string]any{"in": []any{map[string]string{"var": variable}, values}})
	if err != nil {
		panic(fmt.Sprintf("cvat: a rule that is no JSON: %v", err)) // strings always are
	}
	return string(rule)
}

// Task returns one task; [ErrNotFound] if there is none.
//
//cvat:operation GET /api/tasks/{id}
func (c *Client) Task(ctx context.Context, id int) (*Task, error) {
	return one[Task](ctx, c, get(fmt.Sprintf("/api/tasks/%d", id), nil))
}

// A NewTask is a task to be created. All of it can be set at creation only, but
// for name, subset, assignee and bug_tracker.
type NewTask struct {
	Name              string `json:"name"` // at most 256 characters; CVAT strips outer blanks
	ProjectID         int    `json:"project_id"`
	SegmentSize       int    `json:"segment_size"` // frames per job; 0 is one job
	Overlap           *int   `json:"overlap"`      // frames; nil lets CVAT choose
	Subset            string `json:"subset,omitempty"`
	BugTracker        string `json:"bug_tracker"` // the marker, at first
	AssigneeID        *int   `json:"assignee_id,omitempty"`
	ConsensusReplicas int    `json:"consensus_replicas,omitempty"` // 2 to 11

	// CVAT refuses a cloud storage that it does not know: "CloudStorage matching query does not exist."
	SourceStorage *Storage `json:"source_storage,omitempty"`
	TargetStorage *Storage `json:"target_storage,omitempty"`
}

// CreateTask creates an empty task. It is not safe to repeat: names are not
// unique. A lost answer is [ErrUnknownOutcome]; look for the marker with
// [Client.ListTasks] before creating again.
//
//cvat:operation POST /api/tasks
func (c *Client) CreateTask(ctx context.Context, t NewTask) (*Task, error) {
	return one[Task](ctx, c, post("/api/tasks", t))
}

// SetBugTracker sets a task's bug_tracker, which holds the marker. It is
// [ErrBusy] while an import holds the task; servers before 2.70 make the request
// wait until the import ends instead.
//
//cvat:operation PATCH /api/tasks/{id}
func (c *Client) SetBugTracker(ctx context.Context, id int, text string) error {
	body := struct {
		BugTracker string `json:"bug_tracker"`
	}{text}
	return c.do(ctx, patch(fmt.Sprintf("/api/tasks/%d", id), body), nothing)
}

// A TaskUpdate is what is to change in a task; nil fields stay as they are.
type TaskUpdate struct {
	Name, Subset, BugTracker *string
	AssigneeID               *int // 0 is nobody
}

// UpdateTask changes a task's values, all or none. It may be repeated; it is [ErrBusy] while an
// import in its project runs. Where nothing differs, CVAT leaves the task's date alone.
//
//cvat:operation PATCH /api/tasks/{id}
func (c *Client) UpdateTask(ctx context.Context, id int, u TaskUpdate) error {
	body := map[string]any{}
	for key, value := range map[string]*string{"name": u.Name, "subset": u.Subset, "bug_tracker": u.BugTracker} {
		if value != nil {
			body[key] = *value
		}
	}
	if u.AssigneeID != nil {
		body["assignee_id"] = u.AssigneeID
		if *u.AssigneeID == 0 {
			body["assignee_id"] = nil
		}
	}
	return c.do(ctx, patch(fmt.Sprintf("/api/tasks/%d", id), body), nothing)
}

// DeleteTask deletes a task and all that it holds. It is never repeated, since
// the task may meanwhile have become another's success: read task and request
// at once before, and again after [ErrUnknownOutcome]. CVAT 2.73 answers 500
// while an import runs, and the task survives. 1,000 frames take 3 s.
//
//cvat:operation DELETE /api/tasks/{id}
func (c *Client) DeleteTask(ctx context.Context, id int) error {
	return c.do(ctx, deletion(fmt.Sprintf("/api/tasks/%d", id)), nothing)
}

func deletion(path string) *request {
	return &request{method: http.MethodDelete, path: path, idempotency: once}
}
