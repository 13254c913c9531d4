package storage

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// A Reader is the database for queries. It keeps their statements: SQLite takes longer to parse a query than to
// answer it.
type Reader struct {
	db         *sql.DB
	statements sync.Map // text → *sql.Stmt
	kept       atomic.Int64
}

// maxStatements bounds what is kept, as some queries have a text for each number of their arguments.
const maxStatements = 300

// QueryContext runs a query.
func (r *Reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := r.statement(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return r.db.QueryContext(ctx, query, args...)
}

// QueryRowContext runs a query for its first row.
func (r *Reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := r.statement(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return r.db.QueryRowContext(ctx, query, args...)
}

// statement returns a query's statement; nil where it is to be run as text: there are too many, or it is wrong,
// which running it says.
func (r *Reader) statement(ctx context.Context, query string) *sql.Stmt {
	if kept, ok := r.statements.Load(query); ok {
		return kept.(*sql.Stmt)
	}
	if r.kept.Load() >= maxStatements {
		return nil
	}
	s, err := r.db.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	if first, raced := r.statements.LoadOrStore(query, s); raced {
		_ = s.Close() // nothing has run it
		return first.(*sql.Stmt)
	}
	r.kept.Add(1)
	return s
}
