package sandbox

import (
	"database/sql"
	"net/http"
	"os"
)

// deleteTask removes a task. While its import is running it waits; an import that ends
// well meanwhile wins: the deletion answers 500 and the task stays (A28).
func (s *Server) deleteTask(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	if !s.mayUse(q, owned{t.org, []*int{t.owner, t.projectOwner, t.projectAssignee}}) {
		return answer{}, forbidden() // an assignee may work on it, and no more
	}
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
	case now.imported() && !t.imported():
		return answer{}, crashed()
	}
	if err := s.removeTask(q, now); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent), nil
}

func (s *Server) removeTask(q *query, t *task) error {
	err := s.db.write(q.ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(q.ctx, `DELETE FROM tasks WHERE id = ?`, t.id); err != nil || t.data == nil {
			return err
		}
		_, err := tx.ExecContext(q.ctx, `DELETE FROM data WHERE id = ?`, *t.data)
		return err
	})
	if err != nil || t.data == nil {
		return err
	}
	return os.RemoveAll(s.dir.data(*t.data))
}
