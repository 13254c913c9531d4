package api

import (
	"fmt"
	"net/http"
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

const maxReplicas = 11

var taskFields = []string{"owner_id", "assignee_id", "project_id", "name", "labels", "bug_tracker", "subset", "organization_id", "source_storage", "target_storage"}
