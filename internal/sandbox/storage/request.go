package storage

import (
	"context"
	"database/sql"
	"strconv"
)

// The states of a request.
const (
	StatusQueued   = "queued"
	StatusStarted  = "started"
	StatusFinished = "finished"
	StatusFailed   = "failed"
)

// How long the record of a request lives after its end (A49).
const (
	FinishedLife = 500 * Second
	FailedLife   = 365 * 24 * 3600 * Second
)

// An ImportRecord is what is known of a task's import.
type ImportRecord struct {
	Task, Owner       int
	Org               *int
	Status            string
	Message, Trace    string
	Params            string
	Created           Stamp
	Started, Finished *Stamp
	Again             bool // an earlier process was killed over it
}

const requestColumns = `SELECT task_id, owner_id, org_id, status, message, trace, params, created, started, finished, again FROM requests `

func scanRequest(r *sql.Rows) (*ImportRecord, error) {
	i := &ImportRecord{}
	return i, r.Scan(&i.Task, &i.Owner, &i.Org, &i.Status, &i.Message, &i.Trace, &i.Params, &i.Created, &i.Started, &i.Finished, &i.Again)
}

// ImportRequest finds the live record of a task's import; nil is none.
func (s *Store) ImportRequest(ctx context.Context, task int) (*ImportRecord, error) {
	found, err := Collect(ctx, s.Reader, scanRequest, requestColumns+`WHERE task_id = ?`, task)
	if err != nil || len(found) == 0 || found[0].expired(s.Now()) {
		return nil, err
	}
	return found[0], nil
}

// Expiry is when the record goes; nil before the import has ended.
func (r *ImportRecord) Expiry() *Stamp {
	if r.Finished == nil {
		return nil
	}
	end := *r.Finished + FinishedLife
	if r.Status == StatusFailed {
		end = *r.Finished + FailedLife
	}
	return &end
}

func (r *ImportRecord) expired(now Stamp) bool {
	end := r.Expiry()
	return end != nil && *end <= now
}

// RequestID is the id of a task's import. It hangs on the task alone (A47).
func RequestID(task int) string {
	return "action=create&target=task&target_id=" + strconv.Itoa(task)
}
