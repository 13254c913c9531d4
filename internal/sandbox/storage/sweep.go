package storage

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
)

// Sweep removes the files that a killed process left and no row knows: files come
// before their rows, and go after them, so that there is never a row without its file.
func (s *Store) Sweep(ctx context.Context) error {
	all := filepath.Join(s.Dir.root, "data")
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

func (s *Store) sweepData(ctx context.Context, id int) error {
	known, err := s.Exists(ctx, `SELECT 1 FROM data WHERE id = ?`, id)
	if err != nil {
		return err
	}
	if !known {
		return os.RemoveAll(s.Dir.Data(id))
	}
	uploads, err := Collect(ctx, s.Reader, ScanOne[string], `SELECT id FROM uploads WHERE data_id = ?`, id)
	if err != nil {
		return err
	}
	if err := keepOnly(filepath.Dir(s.Dir.Part(id, "x")), uploads); err != nil {
		return err
	}
	files, err := s.ClientFiles(ctx, id)
	if err != nil {
		return err
	}
	return keepOnly(s.Dir.Raw(id), append(files, ManifestName, IndexName))
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
