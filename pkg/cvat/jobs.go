package cvat

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
)

// A Job is a part of a task, for one annotator.
type Job struct {
	ID         int    `json:"id"`
	TaskID     int    `json:"task_id"`
	StartFrame int    `json:"start_frame"`
	StopFrame  int    `json:"stop_frame"` // inclusive
	Type       string `json:"type"`       // annotation, ground_truth, consensus_replica
	Stage      string `json:"stage"`      // annotation, validation, acceptance
	State      string `json:"state"`      // new, in progress, completed, rejected
	Assignee   *User  `json:"assignee"`

	// UpdatedDate moves with the job's annotations, its state and its labels: RFC 3339, to be compared as it is.
	UpdatedDate string `json:"updated_date"`
}

// Annotates says that the job is one for annotators, and neither a ground truth job nor a
// consensus replica. A server that names no type has no others.
func (j Job) Annotates() bool { return j.Type == "annotation" || j.Type == "" }

// A JobFilter selects jobs; zero fields select everything in the workspace.
type JobFilter struct{ TaskID, ProjectID int }

// Jobs returns the jobs that fit the filter, by ascending id. Of a task that is
// missing there are none.
//
//cvat:operation GET /api/jobs
func (c *Client) Jobs(ctx context.Context, f JobFilter) ([]Job, error) {
	query := url.Values{}
	if f.TaskID != 0 {
		query.Set("task_id", strconv.Itoa(f.TaskID))
	}
	if f.ProjectID != 0 {
		query.Set("project_id", strconv.Itoa(f.ProjectID))
	}
	return list(ctx, c, "/api/jobs", "id", query, func(j Job) int { return j.ID })
}

// A JobUpdate is what is to change in a job; empty fields stay as they are.
type JobUpdate struct {
	AssigneeID *int   // 0 is nobody
	Stage      string // alone it makes the state new: send the state that is to stay with it
	State      string
}

// UpdateJob changes a job, all or nothing of what is sent. It may be repeated. The job's date moves, and no other's.
//
//cvat:operation PATCH /api/jobs/{id}
func (c *Client) UpdateJob(ctx context.Context, id int, u JobUpdate) error {
	body := map[string]any{}
	if u.AssigneeID != nil {
		body["assignee"] = u.AssigneeID
		if *u.AssigneeID == 0 {
			body["assignee"] = nil
		}
	}
	for key, value := range map[string]string{"stage": u.Stage, "state": u.State} {
		if value != "" {
			body[key] = value
		}
	}
	return c.do(ctx, patch(fmt.Sprintf("/api/jobs/%d", id), body), nothing)
}
