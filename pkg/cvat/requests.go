package cvat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// The states of an import. Any other that a server names is as if it had no
// record: see [ErrGone].
const (
	StatusQueued   = "queued"
	StatusStarted  = "started"
	StatusFinished = "finished"
	StatusFailed   = "failed"
)

// A Request is CVAT's record of work in the background, here of an import.
type Request struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Message   string `json:"message"` // of a failed one: the last line of the server's traceback; harmless
	Operation struct {
		Type   string `json:"type"` // "create:task"
		TaskID *int   `json:"task_id"`
	} `json:"operation"`
	Progress *float64 `json:"progress"` // stays 0 for imports on CVAT 2.73
}

// RequestID is the name of the import of a task: the same for every attempt,
// since CVAT 2.38.
func RequestID(taskID int) string {
	return fmt.Sprintf("action=create&target=task&target_id=%d", taskID)
}

// Request returns the record of a task's import. [ErrGone] means that there is
// none to be seen (it lives 500 s after success; another user's is hidden; the
// task was deleted): read the task, and let it decide.
//
//cvat:operation GET /api/requests/{id}
func (c *Client) Request(ctx context.Context, taskID int) (*Request, error) {
	r, err := one[Request](ctx, c, get("/api/requests/"+url.QueryEscape(RequestID(taskID)), nil))
	var api *APIError
	switch {
	case errors.As(err, &api) && recordGone(api.Status):
		return nil, fmt.Errorf("import of task %d: %w: %w", taskID, ErrGone, err)
	case err != nil:
		return nil, err
	case !r.known():
		return nil, fmt.Errorf("import of task %d: %w: its state is %q", taskID, ErrGone, r.Status)
	}
	r.Message = harmless(c.scrub(r.Message))
	return r, nil
}

// recordGone: 404 is no record, 403 another user's, 400 a task that was deleted.
func recordGone(status int) bool {
	return status == http.StatusNotFound || status == http.StatusForbidden || status == http.StatusBadRequest
}

// known is false for null (up to 2.69, a record that expired while it was read),
// "canceled", "stopped" and what later versions may add.
func (r *Request) known() bool {
	switch r.Status {
	case StatusQueued, StatusStarted, StatusFinished, StatusFailed:
		return true
	}
	return false
}

// Active says whether the server is, or will be, at it.
func (r *Request) Active() bool { return r.Status == StatusQueued || r.Status == StatusStarted }

// ListRequests returns the user's records of imports of tasks, those of unknown
// state left out.
//
//cvat:operation GET /api/requests
func (c *Client) ListRequests(ctx context.Context) ([]Request, error) {
	query := url.Values{"action": {"create"}, "target": {"task"}}
	all, err := list(ctx, c, "/api/requests", "created_date", query, func(r Request) string { return r.ID })
	for i := range all {
		all[i].Message = harmless(c.scrub(all[i].Message))
	}
	return only(all, isImport), err
}

func isImport(r Request) bool {
	return r.known() && r.Operation.TaskID != nil && r.Operation.Type == "create:task"
}
