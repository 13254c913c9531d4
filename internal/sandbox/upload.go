package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"os"
	"path/filepath"
)

// postData is every POST of data, told apart by headers: one request with all files,
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
	unlock, err := s.lockTask(q.ctx, t.id)
	if err != nil {
		return answer{}, err
	}
	defer unlock()
	now, err := s.task(q.ctx, t.id)
	switch {
	case err != nil:
		return answer{}, err
	case now == nil:
		return answer{}, notFound("Task", t.id)
	case now.imported():
		return answer{}, listed("Adding more data is not supported") // (A21)
	}
	return s.upload(q, t, now, in)
}

// upload handles a POST of data under the task's lock. A refusal that CVAT raises takes
// the new Data row back; one that it returns leaves it (A31).
func (s *Server) upload(q *query, before, t *task, in *incoming) (answer, error) {
	raced := before.data == nil && t.data != nil // another request was first, see A32
	fresh := t.data == nil
	if fresh {
		id, err := s.createData(q.ctx, t.id)
		if err != nil {
			return answer{}, err
		}
		t.data = &id
	}
	a, err := s.uploadStep(q, t, in, raced)
	if err != nil && fresh {
		return answer{}, errors.Join(err, s.dropData(q.ctx, *t.data))
	}
	return a, err
}

func (s *Server) uploadStep(q *query, t *task, in *incoming, raced bool) (answer, error) {
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

func (s *Server) createData(ctx context.Context, task int) (id int, err error) {
	err = s.db.write(ctx, func(tx *sql.Tx) error {
		if id, err = insert(ctx, tx, `INSERT INTO data DEFAULT VALUES`); err != nil {
			return err
		}
		if err := s.dir.makeData(id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE tasks SET data_id = ?, updated = ? WHERE id = ?`, id, s.now(), task)
		return err
	})
	return id, err
}

func (s *Server) dropData(ctx context.Context, id int) error {
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE tasks SET data_id = NULL WHERE data_id = ?`, id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM data WHERE id = ?`, id)
		return err
	})
	return errors.Join(err, os.RemoveAll(s.dir.data(id)))
}

// appendFiles adds the files of one multipart request to the upload.
func (s *Server) appendFiles(q *query, t *task, in *incoming) (answer, error) {
	if _, err := readParams(in.body); err != nil {
		return answer{}, err
	}
	err := s.keepFiles(q.ctx, *t.data, in.files)
	return empty(http.StatusOK), err
}

// keepFiles gives received files their names. A name that the task knows already, be
// it complete or not, makes CVAT crash, and the whole request counts for nothing (A33).
func (s *Server) keepFiles(ctx context.Context, data int, files []receivedFile) error {
	if len(files) == 0 {
		return nil
	}
	var kept []string
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		for _, f := range files {
			if _, err := tx.ExecContext(ctx, `INSERT INTO client_files (data_id, name) VALUES (?, ?)`, data, f.name); err != nil {
				return err
			}
		}
		for _, f := range files {
			fresh, err := keepFile(filepath.Join(s.dir.raw(data), f.name), f.path)
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
