package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// finishUpload ends an upload: its parameters are kept, and its files, as they are
// known now, are put in the queue. Files that come later are taken and ignored (A46).
func (s *Server) finishUpload(q *query, t *task, in *incoming) (answer, error) {
	p, err := readParams(in.body)
	if err != nil {
		return answer{}, err
	}
	if err := s.keepFiles(q.ctx, *t.data, in.files); err != nil {
		return answer{}, err
	}
	p = p.over(readSticky(t.params))
	p.ClientFiles, err = s.clientFiles(q.ctx, *t.data)
	if err != nil {
		return answer{}, err
	}
	if p.sorting() == sortPredefined && len(p.ClientFiles) > 0 && len(p.Order) > 0 {
		if p.ClientFiles, err = inOrder(p.ClientFiles, p.Order); err != nil {
			return answer{}, err
		}
	}
	return s.enqueue(q, t, p)
}

func readSticky(stored *string) (p params) {
	if stored != nil {
		_ = json.Unmarshal([]byte(*stored), &p) // written by us
	}
	return p
}

func (s *Server) clientFiles(ctx context.Context, data int) ([]string, error) {
	return collect(ctx, s.db.wr, scanOne[string], `SELECT name FROM client_files WHERE data_id = ? ORDER BY id`, data)
}

// inOrder is the order that upload_file_order asks for; it must name the files that
// are there, no more and no less.
func inOrder(files, order []string) ([]string, error) {
	have, want := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		have[f] = true
	}
	var unique, wrong []string
	for _, f := range order {
		if !have[f] && !want[f] {
			wrong = append(wrong, f+" (missing)")
		}
		if !want[f] {
			unique = append(unique, f)
		}
		want[f] = true
	}
	for _, f := range files {
		if !want[f] {
			wrong = append(wrong, f+" (extra)")
		}
	}
	if len(wrong) == 0 {
		return unique, nil
	}
	return nil, listed("Uploaded files do not match the 'upload_file_order' field contents. Please check the uploaded data and the list of uploaded files. Mismatching files: %s", firstFew(wrong))
}

// firstFew lists at most five names, as CVAT does in its messages.
func firstFew(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:few], ", ") + fmt.Sprintf(" (and %d more). ", len(names)-few)
}

// requestID is the id of a task's import. It hangs on the task alone (A47).
func requestID(task int) string {
	return "action=create&target=task&target_id=" + strconv.Itoa(task)
}

// enqueue puts an import in the queue. One that is there already answers 409 with its
// id, which is no error to a client but something to wait for (A48).
func (s *Server) enqueue(q *query, t *task, p params) (answer, error) {
	id := map[string]string{"rq_id": requestID(t.id)}
	again := false
	err := s.db.write(q.ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(q.ctx, `UPDATE data SET params = ? WHERE id = ?`, string(encode(p.sticky())), *t.data); err != nil {
			return err
		}
		var status string
		err := tx.QueryRowContext(q.ctx, `SELECT status FROM requests WHERE task_id = ?`, t.id).Scan(&status)
		if err == nil && (status == statusQueued || status == statusStarted) {
			again = true
			return nil
		}
		_, err = tx.ExecContext(q.ctx, `INSERT OR REPLACE INTO requests (task_id, owner_id, org_id, status, message, trace, params, created) VALUES (?, ?, ?, ?, '', '', ?, ?)`,
			t.id, q.who.id, t.org, statusQueued, string(encode(p)), s.now())
		return err
	})
	if err != nil {
		return answer{}, err
	}
	if again {
		return reply(http.StatusConflict, id), nil
	}
	s.queue.wake()
	return reply(http.StatusAccepted, id), nil
}
