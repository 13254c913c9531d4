package sandbox

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
)

// sweep removes the files that a killed process left and no row knows: files come
// before their rows, and go after them, so that there is never a row without its file.
func (s *Server) sweep(ctx context.Context) error {
	all := filepath.Join(s.dir.root, "data")
	entries, err := os.ReadDir(all)
	if err != nil {
		return err
	}
	for _, e := range entries {
		id, err := strconv.Atoi(e.Name())
		if err != nil {
			continue // not ours
		}
		if err := s.sweepData(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) sweepData(ctx context.Context, id int) error {
	known, err := s.db.exists(ctx, `SELECT 1 FROM data WHERE id = ?`, id)
	if err != nil {
		return err
	}
	if !known {
		return os.RemoveAll(s.dir.data(id))
	}
	uploads, err := collect(ctx, s.db.read, scanOne[string], `SELECT id FROM uploads WHERE data_id = ?`, id)
	if err != nil {
		return err
	}
	if err := keepOnly(filepath.Dir(s.dir.part(id, "x")), uploads); err != nil {
		return err
	}
	files, err := s.clientFiles(ctx, id)
	if err != nil {
		return err
	}
	return keepOnly(s.dir.raw(id), append(files, manifestName, indexName))
}

// keepOnly removes the files of a directory that have other names.
func keepOnly(dir string, names []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	keep := make(map[string]bool, len(names))
	for _, n := range names {
		keep[n] = true
	}
	for _, e := range entries {
		if keep[e.Name()] {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
