package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
)

// Frames are a task's frames in their order.
func (s *Store) Frames(ctx context.Context, data int) ([]Frame, error) {
	var list []byte
	err := s.Reader.QueryRowContext(ctx, `SELECT list FROM frames WHERE data_id = ?`, data).Scan(&list)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var frames []Frame
	return frames, json.Unmarshal(list, &frames)
}

// SaveFrames sets the frames of a Data row.
func SaveFrames(ctx context.Context, tx *sql.Tx, data int, frames []Frame) error {
	list, err := json.Marshal(frames)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO frames (data_id, list) VALUES (?, ?)`, data, list)
	return err
}
