package storage

import (
	"context"
	"database/sql"
	"errors"
	"os"
)

// CreateData gives a task its Data row, with the directories of its files.
func (s *Store) CreateData(ctx context.Context, task int) (id int, err error) {
	err = s.Transaction(ctx, func(tx *sql.Tx) error {
		if id, err = Insert(ctx, tx, `INSERT INTO data DEFAULT VALUES`); err != nil {
			return err
		}
		if err := s.Dir.makeData(id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE tasks SET data_id = ?, updated = ? WHERE id = ?`, id, s.Now(), task)
		return err
	})
	return id, err
}

// DropData takes a Data row from its task, with its files.
func (s *Store) DropData(ctx context.Context, id int) error {
	err := s.Transaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE tasks SET data_id = NULL WHERE data_id = ?`, id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM data WHERE id = ?`, id)
		return err
	})
	return errors.Join(err, os.RemoveAll(s.Dir.Data(id)))
}

// ClientFiles are the names that were sent or announced for a Data row, in the order of
// their arrival.
func (s *Store) ClientFiles(ctx context.Context, data int) ([]string, error) {
	return Collect(ctx, s.Writer, ScanOne[string], `SELECT name FROM client_files WHERE data_id = ? ORDER BY id`, data)
}
