package api

import (
	"database/sql"
	"net/http"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

type jobJSON struct {
	URL                 string         `json:"url"`
	ID                  int            `json:"id"`
	TaskID              int            `json:"task_id"`
	TaskName            string         `json:"task_name"`
	ProjectID           *int           `json:"project_id"`
	ProjectName         *string        `json:"project_name"`
	Assignee            *basicUser     `json:"assignee"`
	GuideID             *int           `json:"guide_id"`
	Dimension           string         `json:"dimension"`
	Mode                string         `json:"mode"`
	MediaType           string         `json:"media_type"`
	BugTracker          *string        `json:"bug_tracker"`
	Status              string         `json:"status"`
	Stage               string         `json:"stage"`
	State               string         `json:"state"`
	FrameCount          int            `json:"frame_count"`
	StartFrame          int            `json:"start_frame"`
	StopFrame           int            `json:"stop_frame"`
	ChunkSize           *int           `json:"data_chunk_size"`
	CompressedChunkType string         `json:"data_compressed_chunk_type"`
	OriginalChunkType   string         `json:"data_original_chunk_type"`
	Created             storage.Stamp  `json:"created_date"`
	Updated             storage.Stamp  `json:"updated_date"`
	Issues              issueLink      `json:"issues"`
	Labels              urlLink        `json:"labels"`
	Type                string         `json:"type"`
	Organization        *int           `json:"organization"`
	Target              *storageJSON   `json:"target_storage"`
	Source              *storageJSON   `json:"source_storage"`
	Assigned            *storage.Stamp `json:"assignee_updated_date"`
	ParentJobID         *int           `json:"parent_job_id"`
	ReplicasCount       int            `json:"replicas_count"`
	ConsensusReplicas   int            `json:"consensus_replicas"`
}

type issueLink struct {
	URL   string `json:"url"`
	Count int    `json:"count"`
}

const jobFrom = "jobs j JOIN tasks t ON t.id = j.task_id LEFT JOIN projects p ON p.id = t.project_id"

var jobListing = &listing{
	from: jobFrom + " LEFT JOIN users a ON a.id = j.assignee_id", id: "j.id",
	terms: map[string]term{
		"id": {"j.id", numberTerm}, "task_id": {"j.task_id", numberTerm}, "task_name": {"t.name", textTerm}, "project_id": {"t.project_id", numberTerm},
		"project_name": {"p.name", textTerm}, "assignee": {"a.username", textTerm}, "state": {"j.state", textTerm}, "stage": {"j.stage", textTerm},
		"type": {"j.type", textTerm}, "updated_date": {"j.updated", timeTerm}, "mode": {"t.mode", textTerm}, "dimension": {"t.dimension", textTerm},
		"parent_job_id": {"j.parent_id", numberTerm},
	},
	search: []string{"task_name", "project_name", "assignee"},
	simple: []string{"task_id", "task_name", "project_id", "project_name", "assignee", "state", "stage", "type", "mode", "dimension", "parent_job_id"},
	orders: []string{"id", "task_id", "task_name", "project_id", "project_name", "assignee", "state", "stage", "type", "updated_date"},
	options: map[string][]string{
		"type": {storage.JobAnnotation, storage.JobReplica, storage.JobGroundTruth}, "stage": {storage.StageAnnotation, storage.StageValidation, storage.StageAcceptance},
		"state": {"new", "in progress", "completed", "rejected"}, "mode": {"annotation", "interpolation"}, "dimension": {"3d", "2d", "1d"},
	},
}

// myJob finds a job that the caller may use, and its task.
func (s *Server) myJob(q *query, id int) (*storage.Job, *storage.Task, error) {
	j, err := s.store.Job(q.ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if j == nil {
		return nil, nil, notFound("Job", id)
	}
	t, err := s.store.Task(q.ctx, j.Task)
	switch {
	case err != nil:
		return nil, nil, err
	case t == nil:
		return nil, nil, notFound("Job", id)
	}
	o := taskPeople(t)
	o.people = append(o.people, j.Assignee)
	if !s.mayUse(q, o) {
		return nil, nil, forbidden()
	}
	return j, t, nil
}

func (s *Server) listJobs(q *query) (answer, error) {
	w := &where{}
	s.visible(q, w, "t.org_id", "t.owner_id", "t.assignee_id", "p.owner_id", "p.assignee_id", "j.assignee_id")
	ids, err := s.ids(q, jobListing, w)
	if err != nil {
		return answer{}, err
	}
	from, to, e, err := q.window(len(ids))
	if err != nil {
		return answer{}, err
	}
	results, tasks := []jobJSON{}, map[int]*storage.Task{}
	for _, id := range ids[from:to] {
		j, err := s.store.Job(q.ctx, id)
		if err != nil {
			return answer{}, err
		}
		if j == nil {
			continue // deleted since
		}
		if tasks[j.Task] == nil {
			if tasks[j.Task], err = s.store.Task(q.ctx, j.Task); err != nil {
				return answer{}, err
			}
		}
		if t := tasks[j.Task]; t != nil {
			results = append(results, s.jobJSON(q, j, t))
		}
	}
	e.Results = results
	return ok(e), nil
}

func (s *Server) jobJSON(q *query, j *storage.Job, t *storage.Task) jobJSON {
	people, base, id := s.people.Load(), q.base(), strconv.Itoa(j.ID)
	guide := t.ProjectGuide
	if t.Project == nil {
		guide = t.Guide
	}
	return jobJSON{
		URL: base + "/api/jobs/" + id, ID: j.ID, TaskID: t.ID, TaskName: t.Name, ProjectID: t.Project, ProjectName: t.ProjectName,
		Assignee: people.basic(base, j.Assignee), Assigned: j.Assigned, GuideID: guide, Dimension: t.Dimension, Mode: t.Mode, MediaType: t.MediaType,
		Status: j.Status(), Stage: j.Stage, State: j.State, FrameCount: j.FrameCount, StartFrame: j.Start, StopFrame: j.Stop,
		ChunkSize: t.ChunkSize, CompressedChunkType: "imageset", OriginalChunkType: "imageset", Created: j.Created, Updated: j.Updated,
		Issues: issueLink{base + "/api/issues?job_id=" + id, 0}, Labels: urlLink{base + "/api/labels?job_id=" + id},
		Type: j.Kind, Organization: t.Org, Source: readStorage(t.Source), Target: readStorage(t.Target),
		ParentJobID: j.Parent, ReplicasCount: j.Replicas, ConsensusReplicas: j.Replicas,
	}
}

func (s *Server) getJob(q *query) (answer, error) {
	j, t, err := s.myJob(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, s.jobJSON(q, j, t)), nil
}

// patchJob changes assignee, stage and state; a new stage makes the state new. The job's
// date moves, changed or not, and no other's (A90).
func (s *Server) patchJob(q *query) (answer, error) {
	j, t, err := s.myJob(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	c, err := s.jobChanges(q, b, j, t)
	if err != nil {
		return answer{}, err
	}
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if err := c.save(q.ctx, tx, "jobs", j.ID, true, s.store.Now()); err != nil {
			return err
		}
		return storage.RecountJobs(q.ctx, tx, t.ID)
	})
	if err != nil {
		return answer{}, err
	}
	return s.getJob(q)
}

func (s *Server) jobChanges(q *query, b body, j *storage.Job, t *storage.Task) (*changes, error) {
	if err := b.onlyFields([]string{"assignee", "stage", "state"}); err != nil {
		return nil, err
	}
	f, c := form{body: b}, &changes{}
	if _, given := b["assignee"]; given {
		if _, text := b["assignee"].(string); text {
			return nil, crashed() // (A17)
		}
		id, is := number(b["assignee"])
		if is {
			if err := s.checkAssignee(q, &id, t.Org); err != nil {
				return nil, err
			}
		}
		c.add("assignee_id", sql.Null[int]{V: id, Valid: is})
		c.add("assigned", s.store.Now())
	}
	stage, staged := f.choice("stage", storage.StageAnnotation, storage.StageValidation, storage.StageAcceptance)
	state, stated := f.choice("state", "new", "in progress", "completed", "rejected")
	if staged {
		c.add("stage", stage)
	}
	if staged && !stated && stage != j.Stage {
		state, stated = "new", true
	}
	if stated {
		c.add("state", state)
	}
	return c, f.err()
}
