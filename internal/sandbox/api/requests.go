package api

import (
	"net/http"
	"regexp"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

type requestJSON struct {
	Status    string         `json:"status"`
	Message   string         `json:"message"`
	ID        string         `json:"id"`
	Operation operationJSON  `json:"operation"`
	Progress  progress       `json:"progress"`
	Created   storage.Stamp  `json:"created_date"`
	Started   *storage.Stamp `json:"started_date"`
	Finished  *storage.Stamp `json:"finished_date"`
	Expiry    *storage.Stamp `json:"expiry_date"`
	Owner     userIdentifier `json:"owner"`
	ResultURL *string        `json:"result_url"`
	ResultID  *int           `json:"result_id"`
}

type operationJSON struct {
	Type        string  `json:"type"`
	Target      string  `json:"target"`
	ProjectID   *int    `json:"project_id"`
	TaskID      *int    `json:"task_id"`
	JobID       *int    `json:"job_id"`
	OrgID       *int    `json:"org_id"`
	Format      *string `json:"format"`
	Lightweight *bool   `json:"lightweight"`
}

type userIdentifier struct {
	ID       int    `json:"id"`
	Username string `json:"username"`
}

func (s *Server) requestJSON(q *query, r *storage.ImportRecord) (requestJSON, error) {
	t, err := s.store.Task(q.ctx, r.Task)
	if err != nil {
		return requestJSON{}, err
	}
	j := requestJSON{
		Status: r.Status, ID: storage.RequestID(r.Task), Created: r.Created, Started: r.Started, Finished: r.Finished, Expiry: r.Expiry(),
		Operation: operationJSON{Type: "create:task", Target: "task", TaskID: &r.Task, OrgID: r.Org},
		Owner:     userIdentifier{ID: r.Owner},
	}
	if t != nil {
		j.Operation.ProjectID = t.Project
	}
	if u := s.people.Load().users[r.Owner]; u != nil {
		j.Owner.Username = u.username
	}
	if r.Status == storage.StatusStarted || r.Status == storage.StatusFailed {
		j.Message = r.Message
	}
	return j, nil
}

var requestIDPattern = regexp.MustCompile(`^action=create&target=task&target_id=(\d+)$`)

// oldRequestID is how ids were written before 2.38; newer servers still take it.
var oldRequestID = regexp.MustCompile(`^create:task-(\d+)$`)

func missingRequest() error {
	return plain(http.StatusNotFound, "There is no request with specified id")
}

// request finds the record that the URL names. Another's is 403, that of a deleted
// task 400, and one that is unknown, expired or cancelled 404 in bare text (A44).
func (s *Server) request(q *query) (*storage.ImportRecord, error) {
	m := requestIDPattern.FindStringSubmatch(q.args[0])
	if m == nil {
		m = oldRequestID.FindStringSubmatch(q.args[0])
	}
	if m == nil {
		return nil, missingRequest()
	}
	id, err := strconv.Atoi(m[1])
	if err != nil {
		return nil, missingRequest()
	}
	r, err := s.store.ImportRequest(q.ctx, id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, missingRequest()
	}
	t, err := s.store.Task(q.ctx, id)
	switch {
	case err != nil:
		return nil, err
	case t == nil:
		return nil, listed("Task matching query does not exist.")
	case r.Owner != q.who.id && !q.who.superuser:
		return nil, forbidden()
	}
	return r, nil
}

func (s *Server) getRequest(q *query) (answer, error) {
	if exportIDPattern.MatchString(q.args[0]) {
		e, err := s.findExport(q, q.args[0])
		if err == nil && e == nil {
			err = missingRequest()
		}
		if err != nil {
			return answer{}, err
		}
		return ok(s.exportJSON(q, e)), nil
	}
	r, err := s.request(q)
	if err != nil {
		return answer{}, err
	}
	j, err := s.requestJSON(q, r)
	return ok(j), err
}

var requestListing = &listing{
	from: "requests r LEFT JOIN tasks t ON t.id = r.task_id LEFT JOIN organizations g ON g.id = r.org_id", id: "r.task_id", newest: "r.created",
	terms: map[string]term{
		"status": {"r.status", textTerm}, "task_id": {"r.task_id", numberTerm}, "project_id": {"t.project_id", numberTerm}, "job_id": {"NULL", numberTerm},
		"action": {"'create'", textTerm}, "target": {"'task'", textTerm}, "subresource": {"NULL", textTerm}, "format": {"NULL", textTerm},
		"org": {"g.slug", textTerm}, "org_id": {"r.org_id", numberTerm}, "created_date": {"r.created", timeTerm},
	},
	simple: []string{"status", "project_id", "task_id", "job_id", "action", "target", "subresource", "format", "org", "org_id"},
	orders: []string{"created_date", "status", "action"},
}

// listRequests answers the caller's own requests, newest first.
func (s *Server) listRequests(q *query) (answer, error) {
	w, now := &where{}, s.store.Now()
	w.add("r.owner_id = ?", q.who.id)
	w.add("r.finished IS NULL OR r.finished > CASE r.status WHEN 'failed' THEN ? ELSE ? END", now-storage.FailedLife, now-storage.FinishedLife)
	ids, err := s.ids(q, requestListing, w)
	if err != nil {
		return answer{}, err
	}
	from, to, e, err := q.window(len(ids))
	if err != nil {
		return answer{}, err
	}
	results := []requestJSON{}
	for _, id := range ids[from:to] {
		r, err := s.store.ImportRequest(q.ctx, id)
		if err != nil {
			return answer{}, err
		}
		if r == nil {
			continue // expired since
		}
		j, err := s.requestJSON(q, r)
		if err != nil {
			return answer{}, err
		}
		results = append(results, j)
	}
	e.Results = results
	return ok(e), nil
}

// cancelRequest takes an import out of the queue; its record vanishes. One that has
// started, or ended, cannot be cancelled (A50).
func (s *Server) cancelRequest(q *query) (answer, error) {
	r, err := s.request(q)
	if err != nil {
		return answer{}, err
	}
	if r.Status == storage.StatusQueued {
		n, err := s.store.Change(q.ctx, `DELETE FROM requests WHERE task_id = ? AND status = ?`, r.Task, storage.StatusQueued)
		if err != nil || n > 0 {
			return empty(http.StatusOK), err
		}
		r.Status = storage.StatusStarted // between the reading and the deletion
	}
	if r.Status == storage.StatusStarted {
		return answer{}, plain(http.StatusBadRequest, "Cancellation of started requests is supported only for export requests executed by production workers")
	}
	return answer{}, plain(http.StatusBadRequest, "Requests with status '%s' cannot be cancelled", r.Status)
}
