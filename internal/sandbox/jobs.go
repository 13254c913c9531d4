package sandbox

import (
	"context"
	"database/sql"
	"net/http"
	"strconv"
)

// A job as the database has it.
type job struct {
	id, task                          int
	kind                              string
	parent, assignee                  *int
	assigned                          *stamp
	start, stop, frameCount, replicas int
	stage, state                      string
	created, updated                  stamp
}

type jobJSON struct {
	URL                 string       `json:"url"`
	ID                  int          `json:"id"`
	TaskID              int          `json:"task_id"`
	TaskName            string       `json:"task_name"`
	ProjectID           *int         `json:"project_id"`
	ProjectName         *string      `json:"project_name"`
	Assignee            *basicUser   `json:"assignee"`
	GuideID             *int         `json:"guide_id"`
	Dimension           string       `json:"dimension"`
	Mode                string       `json:"mode"`
	MediaType           string       `json:"media_type"`
	BugTracker          *string      `json:"bug_tracker"`
	Status              string       `json:"status"`
	Stage               string       `json:"stage"`
	State               string       `json:"state"`
	FrameCount          int          `json:"frame_count"`
	StartFrame          int          `json:"start_frame"`
	StopFrame           int          `json:"stop_frame"`
	ChunkSize           *int         `json:"data_chunk_size"`
	CompressedChunkType string       `json:"data_compressed_chunk_type"`
	OriginalChunkType   string       `json:"data_original_chunk_type"`
	Created             stamp        `json:"created_date"`
	Updated             stamp        `json:"updated_date"`
	Issues              issueLink    `json:"issues"`
	Labels              urlLink      `json:"labels"`
	Type                string       `json:"type"`
	Organization        *int         `json:"organization"`
	Target              *storageJSON `json:"target_storage"`
	Source              *storageJSON `json:"source_storage"`
	Assigned            *stamp       `json:"assignee_updated_date"`
	ParentJobID         *int         `json:"parent_job_id"`
	ReplicasCount       int          `json:"replicas_count"`
	ConsensusReplicas   int          `json:"consensus_replicas"`
}

type issueLink struct {
	URL   string `json:"url"`
	Count int    `json:"count"`
}

// The types and stages of a job.
const (
	jobAnnotation  = "annotation"
	jobReplica     = "consensus_replica"
	jobGroundTruth = "ground_truth"

	stageAnnotation = "annotation"
	stageValidation = "validation"
	stageAcceptance = "acceptance"
)

const jobFrom = "jobs j JOIN tasks t ON t.id = j.task_id LEFT JOIN projects p ON p.id = t.project_id"

const jobColumns = `SELECT j.id, j.task_id, j.type, j.parent_id, j.assignee_id, j.assigned, j.start, j.stop, j.frame_count, j.replicas, j.stage, j.state, j.created, j.updated FROM jobs j `

func scanJob(r *sql.Rows) (*job, error) {
	j := &job{}
	return j, r.Scan(&j.id, &j.task, &j.kind, &j.parent, &j.assignee, &j.assigned, &j.start, &j.stop, &j.frameCount, &j.replicas, &j.stage, &j.state, &j.created, &j.updated)
}

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
		"type": {jobAnnotation, jobReplica, jobGroundTruth}, "stage": {stageAnnotation, stageValidation, stageAcceptance},
		"state": {"new", "in progress", "completed", "rejected"}, "mode": {"annotation", "interpolation"}, "dimension": {"3d", "2d", "1d"},
	},
}

// job finds a job; nil is none.
func (s *Server) job(ctx context.Context, id int) (*job, error) {
	found, err := collect(ctx, s.db.read, scanJob, jobColumns+`WHERE j.id = ?`, id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// myJob finds a job that the caller may use, and its task.
func (s *Server) myJob(q *query, id int) (*job, *task, error) {
	j, err := s.job(q.ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if j == nil {
		return nil, nil, notFound("Job", id)
	}
	t, err := s.task(q.ctx, j.task)
	switch {
	case err != nil:
		return nil, nil, err
	case t == nil:
		return nil, nil, notFound("Job", id)
	}
	o := t.owned()
	o.people = append(o.people, j.assignee)
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
	results, tasks := []jobJSON{}, map[int]*task{}
	for _, id := range ids[from:to] {
		j, err := s.job(q.ctx, id)
		if err != nil {
			return answer{}, err
		}
		if j == nil {
			continue // deleted since
		}
		if tasks[j.task] == nil {
			if tasks[j.task], err = s.task(q.ctx, j.task); err != nil {
				return answer{}, err
			}
		}
		if t := tasks[j.task]; t != nil {
			results = append(results, s.jobJSON(q, j, t))
		}
	}
	e.Results = results
	return ok(e), nil
}

func (s *Server) jobJSON(q *query, j *job, t *task) jobJSON {
	people, base, id := s.people.Load(), q.base(), strconv.Itoa(j.id)
	return jobJSON{
		URL: base + "/api/jobs/" + id, ID: j.id, TaskID: t.id, TaskName: t.name, ProjectID: t.project, ProjectName: t.projectName,
		Assignee: people.basic(base, j.assignee), Assigned: j.assigned, Dimension: t.dimension, Mode: t.mode, MediaType: t.mediaType,
		Status: j.status(), Stage: j.stage, State: j.state, FrameCount: j.frameCount, StartFrame: j.start, StopFrame: j.stop,
		ChunkSize: t.chunkSize, CompressedChunkType: "imageset", OriginalChunkType: "imageset", Created: j.created, Updated: j.updated,
		Issues: issueLink{base + "/api/issues?job_id=" + id, 0}, Labels: urlLink{base + "/api/labels?job_id=" + id},
		Type: j.kind, Organization: t.org, Source: readStorage(t.source), Target: readStorage(t.target),
		ParentJobID: j.parent, ReplicasCount: j.replicas, ConsensusReplicas: j.replicas,
	}
}

// status is the old word for how far a job is.
func (j *job) status() string {
	switch {
	case j.stage == stageAcceptance && j.state == "completed":
		return "completed"
	case j.stage == stageAnnotation:
		return "annotation"
	}
	return "validation"
}

func (s *Server) getJob(q *query) (answer, error) {
	j, t, err := s.myJob(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, s.jobJSON(q, j, t)), nil
}
