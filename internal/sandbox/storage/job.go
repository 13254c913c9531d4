package storage

import (
	"context"
	"database/sql"
	"slices"
)

// A Job as the database has it.
type Job struct {
	ID, Task                          int
	Kind                              string
	Parent, Assignee                  *int
	Assigned                          *Stamp
	Start, Stop, FrameCount, Replicas int
	Stage, State                      string
	Created, Updated                  Stamp
}

// The types and stages of a job.
const (
	JobAnnotation  = "annotation"
	JobReplica     = "consensus_replica"
	JobGroundTruth = "ground_truth"

	StageAnnotation = "annotation"
	StageValidation = "validation"
	StageAcceptance = "acceptance"
)

const jobColumns = `SELECT j.id, j.task_id, j.type, j.parent_id, j.assignee_id, j.assigned, j.start, j.stop, j.frame_count, j.replicas, j.stage, j.state, j.created, j.updated FROM jobs j `

func scanJob(r *sql.Rows) (*Job, error) {
	j := &Job{}
	return j, r.Scan(&j.ID, &j.Task, &j.Kind, &j.Parent, &j.Assignee, &j.Assigned, &j.Start, &j.Stop, &j.FrameCount, &j.Replicas, &j.Stage, &j.State, &j.Created, &j.Updated)
}

// Job finds a job; nil is none.
func (s *Store) Job(ctx context.Context, id int) (*Job, error) {
	found, err := Collect(ctx, s.Reader, scanJob, jobColumns+`WHERE j.id = ?`, id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// Jobs are a task's jobs of one type, oldest first.
func (s *Store) Jobs(ctx context.Context, task int, kind string) ([]*Job, error) {
	return Collect(ctx, s.Reader, scanJob, jobColumns+`WHERE j.task_id = ? AND j.type = ? ORDER BY j.id`, task, kind)
}

// Status is the old word for how far a job is.
func (j *Job) Status() string {
	switch {
	case j.Stage == StageAcceptance && j.State == "completed":
		return "completed"
	case j.Stage == StageAnnotation:
		return "annotation"
	}
	return "validation"
}

// RecountJobs brings the task's summary of its jobs, and its status, up to date.
func RecountJobs(ctx context.Context, tx *sql.Tx, task int) error {
	jobs, err := Collect(ctx, tx, scanJob, jobColumns+`WHERE j.task_id = ?`, task)
	if err != nil {
		return err
	}
	completed, validation := 0, 0
	for _, j := range jobs {
		if j.Status() == "completed" {
			completed++
		}
		if j.Stage == StageValidation {
			validation++
		}
	}
	status := "annotation"
	switch {
	case completed == len(jobs) && completed > 0:
		status = "completed"
	case !slices.ContainsFunc(jobs, func(j *Job) bool { return j.Stage == StageAnnotation }) && len(jobs) > 0:
		status = "validation"
	}
	_, err = tx.ExecContext(ctx, `UPDATE tasks SET jobs = ?, jobs_completed = ?, jobs_validation = ?, status = ? WHERE id = ?`, len(jobs), completed, validation, status, task)
	return err
}

// Touch notes that something of a job changed: the job's date moves, then its task's, then
// the project's, each a little later than the one before.
func Touch(ctx context.Context, tx *sql.Tx, job int, now Stamp) error {
	for i, query := range []string{
		`UPDATE jobs SET updated = ? WHERE id = ?`,
		`UPDATE tasks SET updated = ? WHERE id = (SELECT task_id FROM jobs WHERE id = ?)`,
		`UPDATE projects SET updated = ? WHERE id = (SELECT t.project_id FROM tasks t JOIN jobs j ON j.task_id = t.id WHERE j.id = ?)`,
	} {
		if _, err := tx.ExecContext(ctx, query, now+Stamp(i), job); err != nil {
			return err
		}
	}
	return nil
}
