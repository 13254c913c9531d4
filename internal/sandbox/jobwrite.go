package sandbox

import (
	"context"
	"database/sql"
	"slices"
)

// patchJob changes assignee, stage and state; a new stage makes the state new.
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
	err = s.db.write(q.ctx, func(tx *sql.Tx) error {
		if err := c.save(q.ctx, tx, "jobs", j.id, false, s.now()); err != nil {
			return err
		}
		return recountJobs(q.ctx, tx, t.id, s.now())
	})
	if err != nil {
		return answer{}, err
	}
	return s.getJob(q)
}

func (s *Server) jobChanges(q *query, b body, j *job, t *task) (*changes, error) {
	if err := b.onlyFields([]string{"assignee", "stage", "state"}); err != nil {
		return nil, err
	}
	f, c := form{body: b}, &changes{}
	if _, given := b["assignee"]; given {
		id, is := number(b["assignee"])
		if is {
			if err := s.checkAssignee(q, &id, t.org); err != nil {
				return nil, err
			}
		}
		c.add("assignee_id", sql.Null[int]{V: id, Valid: is})
		c.add("assigned", s.now())
	}
	stage, staged := f.choice("stage", stageAnnotation, stageValidation, stageAcceptance)
	state, stated := f.choice("state", "new", "in progress", "completed", "rejected")
	if staged {
		c.add("stage", stage)
	}
	if staged && !stated && stage != j.stage {
		state, stated = "new", true
	}
	if stated {
		c.add("state", state)
	}
	return c, f.err()
}

// recountJobs brings the task's summary of its jobs, and its status, up to date.
func recountJobs(ctx context.Context, tx *sql.Tx, task int, now stamp) error {
	jobs, err := collect(ctx, tx, scanJob, jobColumns+`WHERE j.task_id = ?`, task)
	if err != nil {
		return err
	}
	completed, validation := 0, 0
	for _, j := range jobs {
		if j.status() == "completed" {
			completed++
		}
		if j.stage == stageValidation {
			validation++
		}
	}
	status := "annotation"
	switch {
	case completed == len(jobs) && completed > 0:
		status = "completed"
	case !slices.ContainsFunc(jobs, func(j *job) bool { return j.stage == stageAnnotation }) && len(jobs) > 0:
		status = "validation"
	}
	_, err = tx.ExecContext(ctx, `UPDATE tasks SET jobs = ?, jobs_completed = ?, jobs_validation = ?, status = ?, updated = ? WHERE id = ?`, len(jobs), completed, validation, status, now, task)
	return err
}
