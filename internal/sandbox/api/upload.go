package api

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"os"
	"path/filepath"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// postData is every POST of data, distinguished by headers: one request with all files,
// or a session of Upload-Start, Upload-Multiple or TUS creations, and Upload-Finish.
// Any value of such a header counts, the empty one too (A30).
func (s *Server) postData(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	in, err := s.receive(q)
	if err != nil {
		return answer{}, err
	}
	defer in.discard()
	now, unlock, err := s.lockedTask(q.ctx, t.ID)
	if err != nil {
		return answer{}, err
	}
	defer unlock()
	if now.Imported() {
		return answer{}, listed("Adding more data is not supported") // (A21)
	}
	return s.upload(q, t, now, in)
}

// upload handles a POST of data under the task's lock. A refusal that CVAT raises takes
// the new Data row back; one that it returns leaves it (A31).
func (s *Server) upload(q *query, before, t *storage.Task, in *incoming) (answer, error) {
	raced := before.Data == nil && t.Data != nil // another request was first, see A32
	fresh := t.Data == nil
	if fresh {
		id, err := s.store.CreateData(q.ctx, t.ID)
		if err != nil {
			return answer{}, err
		}
		t.Data = &id
	}
	a, err := s.uploadStep(q, t, in, raced)
	if err != nil && fresh {
		return answer{}, errors.Join(err, s.store.DropData(q.ctx, *t.Data))
	}
	return a, err
}

func (s *Server) uploadStep(q *query, t *storage.Task, in *incoming, raced bool) (answer, error) {
	start, finish := has(q, "Upload-Start"), has(q, "Upload-Finish")
	switch {
	case q.Method == http.MethodOptions:
		return tus(http.StatusNoContent), nil
	case start && !finish:
		return empty(http.StatusAccepted), nil // it only makes the Data row, and may be repeated
	case raced:
		return answer{}, crashed()
	case finish:
		return s.finishUpload(q, t, in)
	case has(q, "Upload-Length"):
		return s.createTUS(q, t)
	case has(q, "Upload-Multiple"):
		return s.appendFiles(q, t, in)
	}
	return s.finishUpload(q, t, in)
}

func has(q *query, header string) bool {
	_, ok := q.Header[header]
	return ok
}

// appendFiles adds the files of one multipart request to the upload.
func (s *Server) appendFiles(q *query, t *storage.Task, in *incoming) (answer, error) {
	if _, err := readParams(in.body); err != nil {
		return answer{}, err
	}
	err := s.keepFiles(q.ctx, *t.Data, in.files)
	return empty(http.StatusOK), err
}

// keepFiles gives received files their names. A name that the task knows already, be
// it complete or not, makes CVAT crash, and the whole request counts for nothing (A33).
func (s *Server) keepFiles(ctx context.Context, data int, files []receivedFile) error {
	if len(files) == 0 {
		return nil
	}
	var kept []string
	err := s.store.Transaction(ctx, func(tx *sql.Tx) error {
		for _, f := range files {
			if _, err := tx.ExecContext(ctx, `INSERT INTO client_files (data_id, name) VALUES (?, ?)`, data, f.name); err != nil {
				return err
			}
		}
		for _, f := range files {
			fresh, err := keepFile(filepath.Join(s.store.Dir.Raw(data), f.name), f.path)
			if err != nil {
				return err
			}
			if fresh != "" {
				kept = append(kept, fresh)
			}
		}
		return nil
	})
	if err == nil {
		return nil
	}
	for _, name := range kept {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// keepFile moves a received file to its place, and returns the place if it was free.
// A file that an import left there, such as manifest.jsonl, is appended to (A34).
func keepFile(place, received string) (fresh string, err error) {
	if _, err := os.Lstat(place); err == nil {
		return "", appendFile(place, received)
	}
	return place, os.Rename(received, place)
}

func appendFile(place, received string) error {
	add, err := os.ReadFile(received) // manifests only, and those are small
	if err != nil {
		return err
	}
	f, err := os.OpenFile(place, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(add)
	return errors.Join(err, f.Close())
}
