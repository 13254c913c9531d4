package storage

import (
	"context"
	"database/sql"
)

// A Task as the database has it, with what its listing shows of its data.
type Task struct {
	ID                                   int
	Name                                 string
	Project                              *int
	ProjectName                          *string
	ProjectOwner, ProjectAssignee        *int
	Owner, Assignee                      *int
	Assigned                             *Stamp
	Tracker, Subset                      string
	SegmentSize                          int
	Overlap                              *int
	Consensus                            int
	Status                               string
	Org, Data                            *int
	Dimension, Mode, MediaType           string
	Jobs, JobsCompleted, JobsValidation  int
	Created, Updated                     Stamp
	Source, Target                       *string
	Size, ChunkSize, ImageQuality        *int
	ValidationMode                       *string
	Guide, ProjectGuide                  *int
	StartFrame, StopFrame                *int
	ChunksUpdated                        *Stamp
	Params, DeletedFrames, ValidationSet *string
}

// Imported tells whether the task has its frames. It can never get others (A21).
func (t *Task) Imported() bool { return t.MediaType != "" }

// TaskFrom is what TaskColumns are read from.
const TaskFrom = "tasks t LEFT JOIN projects p ON p.id = t.project_id LEFT JOIN data d ON d.id = t.data_id"

// TaskColumns are the columns that [ScanTask] reads: what a listing shows of a task.
const TaskColumns = `SELECT t.id, t.name, t.project_id, p.name, p.owner_id, p.assignee_id, t.owner_id, t.assignee_id, t.assigned, t.bug_tracker, t.subset,
	t.segment_size, t.overlap, t.consensus, t.status, t.org_id, t.data_id, t.dimension, t.mode, t.media_type, t.jobs, t.jobs_completed, t.jobs_validation,
	t.created, t.updated, t.source_storage, t.target_storage, d.size, d.chunk_size, d.image_quality, d.validation_mode,
	(SELECT g.id FROM guides g WHERE g.task_id = t.id), (SELECT g.id FROM guides g WHERE g.project_id = t.project_id) `

const taskMore = `, d.start_frame, d.stop_frame, d.chunks_updated, d.params, d.deleted_frames, d.validation_frames `

func (t *Task) fields() []any {
	return []any{&t.ID, &t.Name, &t.Project, &t.ProjectName, &t.ProjectOwner, &t.ProjectAssignee, &t.Owner, &t.Assignee, &t.Assigned, &t.Tracker, &t.Subset,
		&t.SegmentSize, &t.Overlap, &t.Consensus, &t.Status, &t.Org, &t.Data, &t.Dimension, &t.Mode, &t.MediaType, &t.Jobs, &t.JobsCompleted, &t.JobsValidation,
		&t.Created, &t.Updated, &t.Source, &t.Target, &t.Size, &t.ChunkSize, &t.ImageQuality, &t.ValidationMode, &t.Guide, &t.ProjectGuide}
}

// ScanTask reads a row of TaskColumns.
func ScanTask(r *sql.Rows) (*Task, error) {
	t := &Task{}
	return t, r.Scan(t.fields()...)
}

// Task finds a task with all that is known of its data; nil is none.
func (s *Store) Task(ctx context.Context, id int) (*Task, error) { return taskIn(ctx, s.Reader, id) }

func taskIn(ctx context.Context, q Querier, id int) (*Task, error) {
	found, err := Collect(ctx, q, func(r *sql.Rows) (*Task, error) {
		t := &Task{}
		return t, r.Scan(append(t.fields(), &t.StartFrame, &t.StopFrame, &t.ChunksUpdated, &t.Params, &t.DeletedFrames, &t.ValidationSet)...)
	}, TaskColumns+taskMore+`FROM `+TaskFrom+` WHERE t.id = ?`, id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}
