package sandbox

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"

	_ "modernc.org/sqlite" // the pure Go driver, so that the binary needs no cgo
)

//go:embed schema.sql
var schema string

// A store is the database: many readers, one writer.
//
// In WAL mode with synchronous=NORMAL a commit survives kill -9 but, for speed, not
// a power cut; what CVAT promises about its uploads is no more.
type store struct {
	read, wr *sql.DB
	changes  atomic.Uint64 // counts commits, so that caches know when they are stale
}

func openStore(path string) (*store, error) {
	wr, err := sql.Open("sqlite", dsn(path, "immediate"))
	if err != nil {
		return nil, err
	}
	wr.SetMaxOpenConns(1)
	if _, err := wr.Exec(schema); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", path, err), wr.Close())
	}
	read, err := sql.Open("sqlite", dsn(path, "deferred"))
	if err != nil {
		return nil, errors.Join(err, wr.Close())
	}
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	return &store{read: read, wr: wr}, nil
}

func dsn(path, lock string) string {
	q := url.Values{"_txlock": {lock}}
	for _, p := range []string{"journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)", "busy_timeout(10000)", "cache_size(-16000)"} {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

func (s *store) close() error { return errors.Join(s.read.Close(), s.wr.Close()) }

// write runs f in the one writing transaction; an error rolls it back.
func (s *store) write(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := s.wr.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.changes.Add(1)
	return nil
}

// exec runs one statement as a transaction of its own.
func (s *store) exec(ctx context.Context, query string, args ...any) error {
	_, err := s.change(ctx, query, args...)
	return err
}

// change is exec that tells how many rows it changed.
func (s *store) change(ctx context.Context, query string, args ...any) (rows int64, err error) {
	res, err := s.wr.ExecContext(ctx, query, args...)
	s.changes.Add(1)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s *store) exists(ctx context.Context, query string, args ...any) (bool, error) {
	var one int
	err := s.read.QueryRowContext(ctx, query, args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// A querier is the database or a transaction on it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// collect reads all rows of a query, one value per row.
func collect[T any](ctx context.Context, q querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// scanOne reads a single column.
func scanOne[T any](rows *sql.Rows) (v T, err error) {
	err = rows.Scan(&v)
	return v, err
}

// insert runs an INSERT and returns the new id.
func insert(ctx context.Context, tx *sql.Tx, query string, args ...any) (int, error) {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	id, err := res.LastInsertId()
	return int(id), err
}
