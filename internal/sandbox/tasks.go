package sandbox

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strconv"
)

// A task as the database has it, with what its listing shows of its data.
type task struct {
	id                                   int
	name                                 string
	project                              *int
	projectName                          *string
	projectOwner, projectAssignee        *int
	owner, assignee                      *int
	assigned                             *stamp
	tracker, subset                      string
	segmentSize                          int
	overlap                              *int
	consensus                            int
	status                               string
	org, data                            *int
	dimension, mode, mediaType           string
	jobs, jobsCompleted, jobsValidation  int
	created, updated                     stamp
	source, target                       *string
	size, chunkSize, imageQuality        *int
	validationMode                       *string
	startFrame, stopFrame                *int
	chunksUpdated                        *stamp
	params, deletedFrames, validationSet *string
}

// imported tells whether the task has its frames. It can never get others (A21).
func (t *task) imported() bool { return t.mediaType != "" }

func (t *task) owned() owned {
	return owned{t.org, []*int{t.owner, t.assignee, t.projectOwner, t.projectAssignee}}
}

const taskFrom = "tasks t LEFT JOIN projects p ON p.id = t.project_id LEFT JOIN data d ON d.id = t.data_id"

const taskColumns = `SELECT t.id, t.name, t.project_id, p.name, p.owner_id, p.assignee_id, t.owner_id, t.assignee_id, t.assigned, t.bug_tracker, t.subset,
	t.segment_size, t.overlap, t.consensus, t.status, t.org_id, t.data_id, t.dimension, t.mode, t.media_type, t.jobs, t.jobs_completed, t.jobs_validation,
	t.created, t.updated, t.source_storage, t.target_storage, d.size, d.chunk_size, d.image_quality, d.validation_mode `

const taskMore = `, d.start_frame, d.stop_frame, d.chunks_updated, d.params, d.deleted_frames, d.validation_frames `

func (t *task) fields() []any {
	return []any{&t.id, &t.name, &t.project, &t.projectName, &t.projectOwner, &t.projectAssignee, &t.owner, &t.assignee, &t.assigned, &t.tracker, &t.subset,
		&t.segmentSize, &t.overlap, &t.consensus, &t.status, &t.org, &t.data, &t.dimension, &t.mode, &t.mediaType, &t.jobs, &t.jobsCompleted, &t.jobsValidation,
		&t.created, &t.updated, &t.source, &t.target, &t.size, &t.chunkSize, &t.imageQuality, &t.validationMode}
}

func scanTask(r *sql.Rows) (*task, error) {
	t := &task{}
	return t, r.Scan(t.fields()...)
}

// task finds a task with all that is known of its data; nil is none.
func (s *Server) task(ctx context.Context, id int) (*task, error) { return taskIn(ctx, s.db.read, id) }

func taskIn(ctx context.Context, q querier, id int) (*task, error) {
	found, err := collect(ctx, q, func(r *sql.Rows) (*task, error) {
		t := &task{}
		return t, r.Scan(append(t.fields(), &t.startFrame, &t.stopFrame, &t.chunksUpdated, &t.params, &t.deletedFrames, &t.validationSet)...)
	}, taskColumns+taskMore+`FROM `+taskFrom+` WHERE t.id = ?`, id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// myTask finds a task that the caller may use, or says why not.
func (s *Server) myTask(q *query, id int) (*task, error) {
	t, err := s.task(q.ctx, id)
	switch {
	case err != nil:
		return nil, err
	case t == nil:
		return nil, notFound("Task", id)
	case !s.mayUse(q, t.owned()):
		return nil, forbidden()
	}
	return t, nil
}

var taskListing = &listing{
	from: taskFrom + " LEFT JOIN users o ON o.id = t.owner_id LEFT JOIN users a ON a.id = t.assignee_id", id: "t.id",
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
	found, err := collect(q.ctx, s.db.read, scanTask, taskColumns+`FROM `+taskFrom+` WHERE `+inList("t.id", page))
	if err != nil {
		return answer{}, err
	}
	byID := make(map[int]*task, len(found))
	for _, t := range found {
		byID[t.id] = t
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
	URL                 string       `json:"url"`
	ID                  int          `json:"id"`
	Name                string       `json:"name"`
	ProjectID           *int         `json:"project_id"`
	ProjectName         *string      `json:"project_name"`
	Owner               *basicUser   `json:"owner"`
	Assignee            *basicUser   `json:"assignee"`
	BugTracker          string       `json:"bug_tracker"`
	Created             stamp        `json:"created_date"`
	Updated             stamp        `json:"updated_date"`
	Overlap             *int         `json:"overlap"`
	SegmentSize         int          `json:"segment_size"`
	Status              string       `json:"status"`
	ChunkSize           *int         `json:"data_chunk_size,omitempty"`
	OriginalChunkType   string       `json:"data_original_chunk_type,omitempty"`
	CompressedChunkType string       `json:"data_compressed_chunk_type,omitempty"`
	CloudStorageID      *null        `json:"data_cloud_storage_id,omitempty"`
	GuideID             *int         `json:"guide_id"`
	Size                *int         `json:"size,omitempty"`
	ImageQuality        *int         `json:"image_quality,omitempty"`
	Data                *int         `json:"data"`
	Dimension           string       `json:"dimension"`
	Mode                string       `json:"mode"`
	MediaType           string       `json:"media_type"`
	Subset              string       `json:"subset"`
	OrganizationID      *int         `json:"organization_id"`
	Organization        *int         `json:"organization"`
	Target              *storageJSON `json:"target_storage"`
	Source              *storageJSON `json:"source_storage"`
	Jobs                jobSummary   `json:"jobs"`
	Labels              urlLink      `json:"labels"`
	Assigned            *stamp       `json:"assignee_updated_date"`
	ValidationMode      *string      `json:"validation_mode"`
	Consensus           bool         `json:"consensus_enabled"`
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

func (s *Server) taskJSON(q *query, t *task) taskJSON {
	people, base, id := s.people.Load(), q.base(), strconv.Itoa(t.id)
	j := taskJSON{
		URL: base + "/api/tasks/" + id, ID: t.id, Name: t.name, ProjectID: t.project,
		Owner: people.basic(base, t.owner), Assignee: people.basic(base, t.assignee), Assigned: t.assigned,
		BugTracker: t.tracker, Created: t.created, Updated: t.updated, Overlap: t.overlap, SegmentSize: t.segmentSize,
		Status: t.status, Size: t.size, Data: t.data, Dimension: t.dimension, Mode: t.mode, MediaType: t.mediaType,
		Subset: t.subset, OrganizationID: t.org, Organization: t.org, Source: readStorage(t.source), Target: readStorage(t.target),
		Jobs:   jobSummary{t.jobs, t.jobsCompleted, t.jobsValidation, base + "/api/jobs?task_id=" + id},
		Labels: urlLink{base + "/api/labels?task_id=" + id}, ValidationMode: t.validationMode, Consensus: t.consensus > 0,
	}
	if s.mayUse(q, owned{t.org, []*int{t.projectOwner, t.projectAssignee}}) {
		j.ProjectName = t.projectName
	}
	if t.data != nil {
		j.CloudStorageID = &null{}
	}
	if t.imported() {
		j.ChunkSize, j.ImageQuality = t.chunkSize, t.imageQuality
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
	r, err := s.importRequest(q.ctx, t.id)
	if err != nil {
		return answer{}, err
	}
	state, message := "Finished", ""
	if r != nil {
		switch r.status {
		case statusQueued:
			state = "Queued"
		case statusStarted:
			state, message = "Started", r.message
		case statusFailed:
			state, message = "Failed", r.trace
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
