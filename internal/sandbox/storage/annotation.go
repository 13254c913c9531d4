package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
)

// The kinds of annotations.
const (
	KindTag   = "tag"
	KindShape = "shape"
	KindTrack = "track"
)

// An Annotation is one tag, shape or track of a job; Body is its JSON.
type Annotation struct {
	Seq, ID, Job, Label, Frame int
	Kind                       string
	Body                       []byte
}

// Annotations are those of one kind in a job, by frame, and on a frame in the order of
// their writing; tracks are ordered by id.
func Annotations(ctx context.Context, q Querier, job int, kind string) ([]Annotation, error) {
	order := "frame, seq"
	if kind == KindTrack {
		order = "id"
	}
	return Collect(ctx, q, func(r *sql.Rows) (a Annotation, err error) {
		a.Job, a.Kind = job, kind
		return a, r.Scan(&a.Seq, &a.ID, &a.Label, &a.Frame, &a.Body)
	}, `SELECT seq, id, label_id, frame, body FROM annotations WHERE job_id = ? AND kind = ? ORDER BY `+order, job, kind)
}

// AnnotationSeqs tell all annotations of a job apart, to delete just these later.
func (s *Store) AnnotationSeqs(ctx context.Context, job int) ([]int, error) {
	return Collect(ctx, s.Reader, ScanOne[int], `SELECT seq FROM annotations WHERE job_id = ?`, job)
}

// InsertAnnotations adds annotations. An id that another has is an [ErrTaken].
func InsertAnnotations(ctx context.Context, tx *sql.Tx, all []Annotation) error {
	for _, a := range all {
		res, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO annotations (kind, id, job_id, label_id, frame, body) VALUES (?, ?, ?, ?, ?, ?)`, a.Kind, a.ID, a.Job, a.Label, a.Frame, string(a.Body))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return &ErrTaken{a.Kind, a.ID}
		}
	}
	return nil
}

// An ErrTaken is an id that an annotation of the same kind has already.
type ErrTaken struct {
	Kind string
	ID   int
}

func (e *ErrTaken) Error() string { return fmt.Sprintf("%s %d exists already", e.Kind, e.ID) }

// DeleteAnnotations deletes annotations of a job, found by a column: seq, or the id within a kind.
func DeleteAnnotations(ctx context.Context, tx *sql.Tx, job int, column, kind string, values []int) error {
	const chunk = 500
	for len(values) > 0 {
		n := min(chunk, len(values))
		query := `DELETE FROM annotations WHERE job_id = ?`
		args := []any{job}
		if kind != "" {
			query, args = query+` AND kind = ?`, append(args, kind)
		}
		query += ` AND ` + column + ` IN (` + strings.TrimSuffix(strings.Repeat("?,", n), ",") + `)`
		for _, v := range values[:n] {
			args = append(args, v)
		}
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// TakeIDs takes n ids of a sequence (tag, shape, track, keyframe) and returns the first.
func TakeIDs(ctx context.Context, tx *sql.Tx, sequence string, n int) (first int, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE sequences SET last = last + ? WHERE name = ? RETURNING last`, n, sequence).Scan(&first)
	return first - n + 1, err
}

// DecodeAnnotation reads a body.
func DecodeAnnotation[T any](a Annotation) (*T, error) {
	v := new(T)
	return v, json.Unmarshal(a.Body, v)
}
