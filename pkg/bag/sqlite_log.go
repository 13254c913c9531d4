package bag

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// dsn names a database. Cells are checked as their pages are loaded, nothing in
// the schema is trusted, and a file that is shorter than it claims is opened
// nevertheless (writable_schema does that; there is nothing to write to).
func dsn(path string, params ...string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs
	}
	params = append(params, "_pragma=cell_size_check(1)", "_pragma=trusted_schema(0)", "_pragma=writable_schema(1)")
	return (&url.URL{Scheme: "file", Path: abs, RawQuery: strings.Join(params, "&")}).String()
}

// logs are what a database may have beside it: a write-ahead log, or a journal to roll back.
var logs = []string{"-wal", "-journal"}

func hasLog(path string) bool {
	for _, suffix := range logs {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// settled is a path to the database with its log applied. SQLite applies a log
// only where it may write, which in the bag's own directory it may not.
func settled(ctx context.Context, temp *tempDir, path string) (string, error) {
	if !hasLog(path) {
		return path, nil
	}
	var need int64
	files := []string{path}
	for _, suffix := range logs {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			files, need = append(files, path+suffix), need+info.Size()
		}
	}
	if info, err := os.Stat(path); err == nil {
		need = 2*need + info.Size()
	}
	dir, err := temp.make(need)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if err := copyTo(ctx, dir, f); err != nil {
			return "", fmt.Errorf("copy a database with its log: %w", err)
		}
	}
	copied := filepath.Join(dir, filepath.Base(path))
	return copied, applyLog(ctx, copied)
}

// applyLog opens the copy for writing, which rolls a journal back, and moves
// the write-ahead log into it.
func applyLog(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return err
	}
	defer db.Close()
	var busy, log, moved int
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
	if err != nil {
		return fmt.Errorf("apply the database's log: %w", err)
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode=DELETE")
	return err
}
