package api

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// taskPeople are those that a task belongs to.
func taskPeople(t *storage.Task) owned {
	return owned{t.Org, []*int{t.Owner, t.Assignee, t.ProjectOwner, t.ProjectAssignee}}
}

// myTask finds a task that the caller may use, or says why not.
func (s *Server) myTask(q *query, id int) (*storage.Task, error) {
	t, err := s.store.Task(q.ctx, id)
	switch {
	case err != nil:
		return nil, err
	case t == nil:
		return nil, notFound("Task", id)
	case !s.mayUse(q, taskPeople(t)):
		return nil, forbidden()
	}
	return t, nil
}

var taskListing = &listing{
	from: storage.TaskFrom + " LEFT JOIN users o ON o.id = t.owner_id LEFT JOIN users a ON a.id = t.assignee_id", id: "t.id",
	terms: map[string]term{
		"id": {"t.id", numberTerm}, "name": {"t.name", textTerm}, "project_id": {"t.project_id", numberTerm}, "project_name": {"p.name", textTerm},
		"owner": {"o.username", textTerm}, "assignee": {"a.username", textTerm}, "subset": {"t.subset", textTerm}, "tracker_link": {"t.bug_tracker", textTerm},
		"status": {"t.status", textTerm}, "media_type": {"t.media_type", textTerm}, "mode": {"t.mode", textTerm}, "dimension": {"t.dimension", textTerm},
		"validation_mode": {"d.validation_mode", textTerm}, "updated_date": {"t.updated", timeTerm},
	},
	search: []string{"project_name", "name", "owner", "assignee", "subset", "tracker_link"},
	simple: []string{"project_name", "name", "owner", "assignee", "subset", "tracker_link", "project_id", "status", "media_type", "mode", "dimension", "validation_mode"},
	orders: []string{"project_name", "name", "owner", "assignee", "subset", "tracker_link", "project_id", "status", "media_type", "mode", "dimension", "validation_mode", "id", "updated_date"},
	options: map[string][]string{
		"status": {"annotation", "validation", "completed"}, "media_type": {"image", "point_cloud", "audio"},
		"mode": {"annotation", "interpolation"}, "dimension": {"3d", "2d", "1d"}, "validation_mode": {"gt", "gt_pool"},
	},
}

func (s *Server) listTasks(q *query) (answer, error) {
	w := &where{}
	s.visible(q, w, "t.org_id", "t.owner_id", "t.assignee_id", "p.owner_id", "p.assignee_id", s.jobsOf(q))
	ids, err := s.ids(q, taskListing, w)
	if err != nil {
		return answer{}, err
	}
	from, to, e, err := q.window(len(ids))
	if err != nil {
		return answer{}, err
	}
	page := ids[from:to]
	found, err := storage.Collect(q.ctx, s.store.Reader, storage.ScanTask, storage.TaskColumns+`FROM `+storage.TaskFrom+` WHERE `+inList("t.id", page))
	if err != nil {
		return answer{}, err
	}
	byID := make(map[int]*storage.Task, len(found))
	for _, t := range found {
		byID[t.ID] = t
	}
	results := make([]taskJSON, 0, len(page))
	for _, id := range page {
		if t := byID[id]; t != nil { // else deleted since
			results = append(results, s.taskJSON(q, t))
		}
	}
	e.Results = results
	return ok(e), nil
}

// jobsOf is a column of the user who has one of the task's jobs, as far as it is the caller.
func (s *Server) jobsOf(q *query) string {
	return fmt.Sprintf("(SELECT j.assignee_id FROM jobs j WHERE j.task_id = t.id AND j.assignee_id = %d)", q.who.id)
}

func (s *Server) getTask(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return ok(s.taskJSON(q, t)), nil
}

// taskJSON is a task as CVAT writes it. A task that nothing was sent to has data null
// and no size; one whose import has not ended well has data and size 0 (A22).
type taskJSON struct {
	URL                 string         `json:"url"`
	ID                  int            `json:"id"`
	Name                string         `json:"name"`
	ProjectID           *int           `json:"project_id"`
	ProjectName         *string        `json:"project_name"`
	Owner               *basicUser     `json:"owner"`
	Assignee            *basicUser     `json:"assignee"`
	BugTracker          string         `json:"bug_tracker"`
	Created             storage.Stamp  `json:"created_date"`
	Updated             storage.Stamp  `json:"updated_date"`
	Overlap             *int           `json:"overlap"`
	SegmentSize         int            `json:"segment_size"`
	Status              string         `json:"status"`
	ChunkSize           *int           `json:"data_chunk_size,omitempty"`
	OriginalChunkType   string         `json:"data_original_chunk_type,omitempty"`
	CompressedChunkType string         `json:"data_compressed_chunk_type,omitempty"`
	CloudStorageID      *null          `json:"data_cloud_storage_id,omitempty"`
	GuideID             *int           `json:"guide_id"`
	Size                *int           `json:"size,omitempty"`
	ImageQuality        *int           `json:"image_quality,omitempty"`
	Data                *int           `json:"data"`
	Dimension           string         `json:"dimension"`
	Mode                string         `json:"mode"`
	MediaType           string         `json:"media_type"`
	Subset              string         `json:"subset"`
	OrganizationID      *int           `json:"organization_id"`
	Organization        *int           `json:"organization"`
	Target              *storageJSON   `json:"target_storage"`
	Source              *storageJSON   `json:"source_storage"`
	Jobs                jobSummary     `json:"jobs"`
	Labels              urlLink        `json:"labels"`
	Assigned            *storage.Stamp `json:"assignee_updated_date"`
	ValidationMode      *string        `json:"validation_mode"`
	Consensus           bool           `json:"consensus_enabled"`
}

// null is a field that is null where it is there at all.
type null struct{}

func (null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

type jobSummary struct {
	Count      int    `json:"count"`
	Completed  int    `json:"completed"`
	Validation int    `json:"validation"`
	URL        string `json:"url"`
}

func (s *Server) taskJSON(q *query, t *storage.Task) taskJSON {
	people, base, id := s.people.Load(), q.base(), strconv.Itoa(t.ID)
	j := taskJSON{
		URL: base + "/api/tasks/" + id, ID: t.ID, Name: t.Name, ProjectID: t.Project,
		Owner: people.basic(base, t.Owner), Assignee: people.basic(base, t.Assignee), Assigned: t.Assigned,
		BugTracker: t.Tracker, Created: t.Created, Updated: t.Updated, Overlap: t.Overlap, SegmentSize: t.SegmentSize,
		Status: t.Status, Size: t.Size, Data: t.Data, GuideID: t.Guide, Dimension: t.Dimension, Mode: t.Mode, MediaType: t.MediaType,
		Subset: t.Subset, OrganizationID: t.Org, Organization: t.Org, Source: readStorage(t.Source), Target: readStorage(t.Target),
		Jobs:   jobSummary{t.Jobs, t.JobsCompleted, t.JobsValidation, base + "/api/jobs?task_id=" + id},
		Labels: urlLink{base + "/api/labels?task_id=" + id}, ValidationMode: t.ValidationMode, Consensus: t.Consensus > 0,
	}
	if s.mayUse(q, owned{t.Org, []*int{t.ProjectOwner, t.ProjectAssignee}}) {
		j.ProjectName = t.ProjectName
	}
	if t.Data != nil {
		j.CloudStorageID = &null{}
	}
	if t.Imported() {
		j.ChunkSize, j.ImageQuality = t.ChunkSize, t.ImageQuality
		j.OriginalChunkType, j.CompressedChunkType = "imageset", "imageset"
	}
	return j
}

// taskStatus is the old way to ask for an import; it says Finished of a task that
// nothing was sent to (A23).
func (s *Server) taskStatus(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	r, err := s.store.ImportRequest(q.ctx, t.ID)
	if err != nil {
		return answer{}, err
	}
	state, message := "Finished", ""
	if r != nil {
		switch r.Status {
		case storage.StatusQueued:
			state = "Queued"
		case storage.StatusStarted:
			state, message = "Started", r.Message
		case storage.StatusFailed:
			state, message = "Failed", r.Trace
		}
	}
	a := ok(struct {
		State    string   `json:"state"`
		Message  string   `json:"message"`
		Progress progress `json:"progress"`
	}{state, message, 0})
	a.header = http.Header{"Deprecation": {"true"}}
	return a, nil
}

// progress is CVAT's 0.0, which it never moves from while a task is created (A24).
type progress float64

func (progress) MarshalJSON() ([]byte, error) { return []byte("0.0"), nil }

// createTask makes an empty task. Names need not be unique, and nothing makes a
// repeated POST the same one (A14, A25).
func (s *Server) createTask(q *query) (answer, error) {
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	n, err := s.readNewTask(q, b)
	if err != nil {
		return answer{}, err
	}
	unlock, err := s.lockProject(q.ctx, n.project)
	if err != nil {
		return answer{}, err
	}
	defer unlock()
	id, err := s.insertTask(q, n)
	if err != nil {
		return answer{}, err
	}
	t, err := s.store.Task(q.ctx, id)
	if err != nil || t == nil {
		return answer{}, err
	}
	j := s.taskJSON(q, t)
	return created(j.URL, j), nil
}

// readNewTask checks in CVAT's order: who may, then the fields, then the project.
func (s *Server) readNewTask(q *query, b body) (newTask, error) {
	project, err := s.projectFor(q, b)
	if err != nil {
		return newTask{}, err
	}
	f := form{body: b}
	owner, assignee, err := s.peopleOf(q, &f, q.org.id())
	if err != nil {
		return newTask{}, err
	}
	n, err := f.newTask()
	n.owner, n.assignee, n.org = owner, assignee, q.org.id()
	if err != nil || project == nil {
		return n, err
	}
	n.project = &project.id
	switch {
	case len(n.labels) > 0:
		return n, listed("Task must have only one of Label set or project_id")
	case !same(project.org, n.org):
		return n, listed("The task and its project should be in the same organization.")
	}
	return n, nil
}

// projectFor is the project that a new task names. An unknown one is 400, another's
// 403, as is an organization's header on a personal project (A26).
func (s *Server) projectFor(q *query, b body) (*project, error) {
	id, given := number(b["project_id"])
	if _, text := b["project_id"].(string); text || given && id == 0 {
		return nil, crashed() // (A17)
	}
	if !given {
		if !s.mayCreate(q) {
			return nil, forbidden()
		}
		return nil, b.cloudStorage()
	}
	p, err := s.project(q.ctx, id)
	switch {
	case err != nil:
		return nil, err
	case p == nil:
		return nil, listed("Project matching query does not exist.")
	case !s.mayUse(q, p.owned()) || !s.mayCreate(q) || q.org.org != nil && p.org == nil:
		return nil, forbidden()
	}
	return p, b.cloudStorage()
}

func same(a, b *int) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

type newTask struct {
	name, tracker, subset  string
	project, org           *int
	owner, assignee        *int
	segmentSize, consensus int
	overlap                *int
	source, target         *string
	labels                 []labelSpec
}

func (f *form) newTask() (newTask, error) {
	var n newTask
	n.name, _ = f.text("name", text{max: 256, required: true})
	n.tracker, _ = f.text("bug_tracker", text{max: 2000, blank: true})
	nullable := anyInt
	nullable.null = true
	n.overlap, _ = f.whole("overlap", nullable)
	if v, ok := f.whole("segment_size", anyInt); ok {
		n.segmentSize = *v
	}
	n.labels = f.labels("labels")
	n.subset, _ = f.text("subset", text{max: 64, blank: true})
	n.source, n.target = f.storage("source_storage"), f.storage("target_storage")
	if v, ok := f.whole("consensus_replicas", anyInt); ok {
		n.consensus = *v
		if n.consensus == 1 || n.consensus > maxReplicas {
			f.fail("consensus_replicas", "Consensus replicas must be 0 or a positive number more than 1 and less than %d, got %d", maxReplicas+1, n.consensus)
		}
	}
	return n, f.err()
}

const maxReplicas = 11

func (s *Server) insertTask(q *query, n newTask) (int, error) {
	var id int
	err := s.store.Writer.QueryRowContext(q.ctx, `UPDATE sequences SET last = last + 1 WHERE name = 'task' RETURNING last`).Scan(&id)
	if err != nil {
		return 0, err
	}
	if hook := s.o.TaskNumbered; hook != nil {
		hook(q.ctx, id)
	}
	now := s.store.Now()
	return id, s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(q.ctx, `INSERT INTO tasks (id, name, project_id, owner_id, assignee_id, assigned, bug_tracker, subset, segment_size, overlap, consensus, status, org_id, created, updated, source_storage, target_storage)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'annotation', ?, ?, ?, ?, ?)`,
			id, n.name, n.project, n.owner, n.assignee, when(n.assignee, now), n.tracker, n.subset, n.segmentSize, n.overlap, n.consensus, n.org, now, now, n.source, n.target)
		if err != nil {
			return err
		}
		return createLabels(q.ctx, tx, labelOwner{task: &id}, n.labels)
	})
}

var taskFields = []string{"owner_id", "assignee_id", "project_id", "name", "labels", "bug_tracker", "subset", "organization_id", "source_storage", "target_storage"}

// patchTask changes what may be changed: segment_size, overlap and consensus_replicas
// are among the unknown fields (A15). An import holds the task (A27).
func (s *Server) patchTask(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	c, labels, err := s.taskChanges(q, b, t)
	if err != nil {
		return answer{}, err
	}
	unlock, err := s.lockTask(q.ctx, t.ID)
	if err != nil {
		return answer{}, err
	}
	defer unlock()
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if t.Project != nil {
			if _, err := tx.ExecContext(q.ctx, `UPDATE projects SET updated = ? WHERE id = ?`, s.store.Now(), *t.Project); err != nil {
				return err // changed or not (A89)
			}
			return c.save(q.ctx, tx, "tasks", t.ID, false, s.store.Now())
		}
		if err := updateLabels(q.ctx, tx, labelOwner{task: &t.ID}, nil, labels); err != nil {
			return err
		}
		if len(labels) > 0 {
			return labelOwner{task: &t.ID}.touch(q.ctx, tx, s.store.Now(), c)
		}
		return c.save(q.ctx, tx, "tasks", t.ID, false, s.store.Now())
	})
	if err != nil {
		return answer{}, err
	}
	return s.getTask(q)
}

func (s *Server) taskChanges(q *query, b body, t *storage.Task) (*changes, []labelSpec, error) {
	if err := b.onlyFields(taskFields); err != nil {
		return nil, nil, err
	}
	f, c := form{body: b}, &changes{}
	owner, assignee, err := s.peopleOf(q, &f, t.Org)
	if err != nil {
		return nil, nil, err
	}
	if err := s.moveTask(q, t, &f, c); err != nil {
		return nil, nil, err
	}
	c.text(&f, "name", text{max: 256}, t.Name)
	c.text(&f, "bug_tracker", text{max: 2000, blank: true}, t.Tracker)
	c.text(&f, "subset", text{max: 64, blank: true}, t.Subset)
	c.person(&f, "owner_id", owner, t.Owner)
	c.person(&f, "assignee_id", assignee, t.Assignee)
	labels := f.labels("labels")
	return c, labels, f.err()
}

// moveTask reads a change of project, and refuses one of organization.
func (s *Server) moveTask(q *query, t *storage.Task, f *form, c *changes) error {
	if _, given := f.body["organization_id"]; given && t.Project != nil {
		f.fail("non_field_errors", "Only top-level resources can be moved between workspaces")
		return nil
	}
	id, given := number(f.body["project_id"])
	if !given {
		return nil
	}
	p, err := s.project(q.ctx, id)
	switch {
	case err != nil:
		return err
	case p == nil:
		return listed("Project matching query does not exist.")
	case !s.mayUse(q, p.owned()):
		return forbidden()
	case p.dimension != nil && t.Dimension != "" && *p.dimension != t.Dimension:
		return listed("Dimension (%s) of the task must be the same as other tasks in project (%s)", t.Dimension, *p.dimension)
	}
	c.add("project_id", id)
	return nil
}

// deleteTask removes a task. While its import is running it waits; an import that ends
// well meanwhile wins: the deletion answers 500 and the task stays (A28).
func (s *Server) deleteTask(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	if !s.mayUse(q, owned{t.Org, []*int{t.Owner, t.ProjectOwner, t.ProjectAssignee}}) {
		return answer{}, forbidden() // an assignee may work on it, and no more
	}
	now, unlock, err := s.lockedTask(q.ctx, t.ID)
	if err != nil {
		return answer{}, err
	}
	defer unlock()
	if now.Imported() && !t.Imported() {
		return answer{}, crashed()
	}
	if err := s.removeTask(q, now); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent), nil
}

func (s *Server) removeTask(q *query, t *storage.Task) error {
	err := s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(q.ctx, `DELETE FROM tasks WHERE id = ?`, t.ID); err != nil || t.Data == nil {
			return err
		}
		_, err := tx.ExecContext(q.ctx, `DELETE FROM data WHERE id = ?`, *t.Data)
		return err
	})
	if err != nil || t.Data == nil {
		return err
	}
	return os.RemoveAll(s.store.Dir.Data(*t.Data))
}

// lockTask waits for a task's lock as long as CVAT would, then answers 409 (A27).
func (s *Server) lockTask(ctx context.Context, id int) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.BusyWait)
	defer cancel()
	unlock, err = s.store.LockTask(ctx, id)
	if err != nil {
		return nil, busy()
	}
	return unlock, nil
}

// lockedTask is the task as it is once its lock is held: another request may have changed or deleted it.
func (s *Server) lockedTask(ctx context.Context, id int) (t *storage.Task, unlock func(), err error) {
	unlock, err = s.lockTask(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	t, err = s.store.Task(ctx, id)
	if t == nil && err == nil {
		err = notFound("Task", id)
	}
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return t, unlock, nil
}

// lockProject waits for a project's lock as long as CVAT would, then answers 409, if an
// import holds it (A97).
func (s *Server) lockProject(ctx context.Context, project *int) (unlock func(), err error) {
	if project == nil || !s.o.BusyProjects {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.BusyWait)
	defer cancel()
	if unlock, err = s.store.LockProject(ctx, *project); err != nil {
		return nil, busy()
	}
	return unlock, nil
}

// busy is the answer to a request that waited too long for a task that is imported.
func busy() error {
	return detail(http.StatusConflict, "This resource is currently busy with another operation. Please try again in a moment.")
}
