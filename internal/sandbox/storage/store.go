package storage

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"modernc.org/sqlite" // the pure Go driver, so that the binary needs no cgo
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed schema.sql
var schema string

// A Store is one open directory: the database with many readers and one writer, the
// files next to it, and the locks that represent PostgreSQL's on rows of tasks.
//
// In WAL mode with synchronous=NORMAL a commit survives kill -9 but, for speed, not
// a power cut; what CVAT promises about its uploads is no more.
type Store struct {
	Reader  *Reader
	Writer  *sql.DB       // for changes see [Store.Transaction] and [Store.Exec]
	Changes atomic.Uint64 // counts commits, so that caches know when they are stale
	Dir     Directory
	locks   keyedLocks // of the tasks' rows
	clock   func() time.Time
}

// Open opens the directory, making it if need be. The error names the directory,
// and says so if another process has it open for longer than wait.
func Open(root string, wait time.Duration, clock func() time.Time) (*Store, error) {
	dir, err := openDirectory(root, wait)
	if err != nil {
		return nil, err
	}
	s, err := openDatabase(dir.database())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sandbox %s: %w", root, err), dir.close())
	}
	s.Dir, s.clock = dir, clock
	return s, nil
}

func openDatabase(path string) (*Store, error) {
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
	return &Store{Reader: &Reader{db: read}, Writer: wr}, nil
}

func dsn(path, lock string) string {
	q := url.Values{"_txlock": {lock}}
	for _, p := range []string{"journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)", "busy_timeout(10000)", "cache_size(-16000)"} {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// Close frees the directory.
func (s *Store) Close() error {
	return errors.Join(s.Reader.db.Close(), s.Writer.Close(), s.Dir.close())
}

// Now is the time by the server's clock.
func (s *Store) Now() Stamp { return Stamp(s.clock().UnixMicro()) }

// LockProject takes the lock on a project's row, or gives up when ctx ends.
func (s *Store) LockProject(ctx context.Context, project int) (unlock func(), err error) {
	return s.locks.lock(ctx, -project) // tasks have the numbers above zero
}

// Waiting is how many want the lock on a task's row, its holder among them.
func (s *Store) Waiting(task int) int { return s.locks.users(task) }

// LockTask takes the lock on a task's row, or gives up when ctx ends.
func (s *Store) LockTask(ctx context.Context, task int) (unlock func(), err error) {
	return s.locks.lock(ctx, task)
}

// Transaction runs f in the one writing transaction; an error rolls it back.
func (s *Store) Transaction(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := s.Writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.Changes.Add(1)
	return nil
}

// View runs f on one state of the database, whatever is written meanwhile.
func (s *Store) View(ctx context.Context, f func(q Querier) error) error {
	tx, err := s.Reader.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	return errors.Join(f(tx), tx.Rollback())
}

// Exec runs one statement as a transaction of its own.
func (s *Store) Exec(ctx context.Context, query string, args ...any) error {
	_, err := s.Change(ctx, query, args...)
	return err
}

// Change is exec that tells how many rows it changed.
func (s *Store) Change(ctx context.Context, query string, args ...any) (rows int64, err error) {
	res, err := s.Writer.ExecContext(ctx, query, args...)
	s.Changes.Add(1)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Exists tells whether a query has a row.
func (s *Store) Exists(ctx context.Context, query string, args ...any) (bool, error) {
	var one int
	err := s.Reader.QueryRowContext(ctx, query, args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// A Querier is the database or a transaction on it.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Collect reads all rows of a query, one value per row.
func Collect[T any](ctx context.Context, q Querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
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

// ScanOne reads a single column.
func ScanOne[T any](rows *sql.Rows) (v T, err error) {
	err = rows.Scan(&v)
	return v, err
}

// Insert runs an INSERT and returns the new id.
func Insert(ctx context.Context, tx *sql.Tx, query string, args ...any) (int, error) {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	id, err := res.LastInsertId()
	return int(id), err
}

// DiskFull says where the disk is full, if that is why err happened; "" is another reason.
func (s *Store) DiskFull(err error) string {
	var db *sqlite.Error
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return err.Error()
	case errors.As(err, &db) && db.Code()&0xff == sqlite3.SQLITE_FULL:
		return fmt.Sprintf("%s: %v", s.Dir.database(), err)
	}
	return ""
}
