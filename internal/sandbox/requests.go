package sandbox

import (
	"context"
	"database/sql"
	"net/http"
	"regexp"
	"strconv"
)

// The states of a request.
const (
	statusQueued   = "queued"
	statusStarted  = "started"
	statusFinished = "finished"
	statusFailed   = "failed"
)

// How long the record of a request lives after its end (A49).
const (
	finishedLife = 500 * second
	failedLife   = 365 * 24 * 3600 * second
)

// An importRecord is what is known of a task's import.
type importRecord struct {
	task, owner       int
	org               *int
	status            string
	message, trace    string
	params            string
	created           stamp
	started, finished *stamp
	again             bool // an earlier process was killed over it
}

type requestJSON struct {
	Status    string         `json:"status"`
	Message   string         `json:"message"`
	ID        string         `json:"id"`
	Operation operationJSON  `json:"operation"`
	Progress  progress       `json:"progress"`
	Created   stamp          `json:"created_date"`
	Started   *stamp         `json:"started_date"`
	Finished  *stamp         `json:"finished_date"`
	Expiry    *stamp         `json:"expiry_date"`
	Owner     userIdentifier `json:"owner"`
	ResultURL *string        `json:"result_url"`
	ResultID  *int           `json:"result_id"`
}

type operationJSON struct {
	Type        string  `json:"type"`
	Target      string  `json:"target"`
	ProjectID   *int    `json:"project_id"`
	TaskID      int     `json:"task_id"`
	JobID       *int    `json:"job_id"`
	OrgID       *int    `json:"org_id"`
	Format      *string `json:"format"`
	Lightweight *bool   `json:"lightweight"`
}

type userIdentifier struct {
	ID       int    `json:"id"`
	Username string `json:"username"`
}

const requestColumns = `SELECT task_id, owner_id, org_id, status, message, trace, params, created, started, finished, again FROM requests `

func scanRequest(r *sql.Rows) (*importRecord, error) {
	i := &importRecord{}
	return i, r.Scan(&i.task, &i.owner, &i.org, &i.status, &i.message, &i.trace, &i.params, &i.created, &i.started, &i.finished, &i.again)
}

// importRequest finds the live record of a task's import; nil is none.
func (s *Server) importRequest(ctx context.Context, task int) (*importRecord, error) {
	found, err := collect(ctx, s.db.read, scanRequest, requestColumns+`WHERE task_id = ?`, task)
	if err != nil || len(found) == 0 || found[0].expired(s.now()) {
		return nil, err
	}
	return found[0], nil
}

func (r *importRecord) expiry() *stamp {
	if r.finished == nil {
		return nil
	}
	end := *r.finished + finishedLife
	if r.status == statusFailed {
		end = *r.finished + failedLife
	}
	return &end
}

func (r *importRecord) expired(now stamp) bool {
	end := r.expiry()
	return end != nil && *end <= now
}

func (s *Server) requestJSON(q *query, r *importRecord) (requestJSON, error) {
	t, err := s.task(q.ctx, r.task)
	if err != nil {
		return requestJSON{}, err
	}
	j := requestJSON{
		Status: r.status, ID: requestID(r.task), Created: r.created, Started: r.started, Finished: r.finished, Expiry: r.expiry(),
		Operation: operationJSON{Type: "create:task", Target: "task", TaskID: r.task, OrgID: r.org},
		Owner:     userIdentifier{ID: r.owner},
	}
	if t != nil {
		j.Operation.ProjectID = t.project
	}
	if u := s.people.Load().users[r.owner]; u != nil {
		j.Owner.Username = u.username
	}
	if r.status == statusStarted || r.status == statusFailed {
		j.Message = r.message
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
func (s *Server) request(q *query) (*importRecord, error) {
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
	r, err := s.importRequest(q.ctx, id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, missingRequest()
	}
	t, err := s.task(q.ctx, id)
	switch {
	case err != nil:
		return nil, err
	case t == nil:
		return nil, listed("Task matching query does not exist.")
	case r.owner != q.who.id && !q.who.superuser:
		return nil, forbidden()
	}
	return r, nil
}

func (s *Server) getRequest(q *query) (answer, error) {
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
	w, now := &where{}, s.now()
	w.add("r.owner_id = ?", q.who.id)
	w.add("r.finished IS NULL OR r.finished > CASE r.status WHEN 'failed' THEN ? ELSE ? END", now-failedLife, now-finishedLife)
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
		r, err := s.importRequest(q.ctx, id)
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
	if r.status == statusQueued {
		n, err := s.db.change(q.ctx, `DELETE FROM requests WHERE task_id = ? AND status = ?`, r.task, statusQueued)
		if err != nil || n > 0 {
			return empty(http.StatusOK), err
		}
		r.status = statusStarted // between the reading and the deletion
	}
	if r.status == statusStarted {
		return answer{}, plain(http.StatusBadRequest, "Cancellation of started requests is supported only for export requests executed by production workers")
	}
	return answer{}, plain(http.StatusBadRequest, "Requests with status '%s' cannot be cancelled", r.status)
}
