package api

import (
	"context"
	"database/sql"
	"fmt"
	"path"

	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A SeedTask is a finished task to make without an upload, for tests and benchmarks of
// large projects. Its frames have names and sizes, and no images behind them.
type SeedTask struct {
	Name        string
	Frames      []string // of point clouds, where the first one is a .pcd
	BugTracker  string
	Subset      string
	SegmentSize int // 0 is one job
}

// SeedProject makes a project with labels, and returns its id.
func (s *Server) SeedProject(ctx context.Context, name string, labels ...string) (id int, err error) {
	owner := s.people.Load().names[Username].id
	specs := make([]labelSpec, len(labels))
	for i, l := range labels {
		specs[i].name = l
	}
	now := s.store.Now()
	err = s.store.Transaction(ctx, func(tx *sql.Tx) error {
		id, err = storage.Insert(ctx, tx, `INSERT INTO projects (name, owner_id, bug_tracker, created, updated) VALUES (?, ?, '', ?, ?)`, name, owner, now, now)
		if err != nil {
			return err
		}
		return createLabels(ctx, tx, labelOwner{project: &id}, specs)
	})
	return id, err
}

// SeedTasks makes finished tasks in a project, all of them or, after an error, none.
// Ten thousand take about a second.
func (s *Server) SeedTasks(ctx context.Context, project int, tasks []SeedTask) error {
	err := s.store.Transaction(ctx, func(tx *sql.Tx) error {
		for _, t := range tasks {
			if err := s.seedTask(ctx, tx, project, t); err != nil {
				return fmt.Errorf("task %s: %w", t.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("seed %d tasks: %w", len(tasks), err)
	}
	return nil
}

func (s *Server) seedTask(ctx context.Context, tx *sql.Tx, project int, seed SeedTask) error {
	t := &storage.Task{}
	err := tx.QueryRowContext(ctx, `UPDATE sequences SET last = last + 1 WHERE name = 'task' RETURNING last`).Scan(&t.ID)
	if err != nil {
		return err
	}
	now, owner := s.store.Now(), s.people.Load().names[Username].id
	n := len(seed.Frames)
	list, size, overlap := importer.Segments(n, seed.SegmentSize, nil)
	data, err := storage.Insert(ctx, tx, `INSERT INTO data (size, chunk_size, image_quality, stop_frame, chunks_updated) VALUES (?, 36, 70, ?, ?)`, n, n-1, now)
	if err != nil {
		return err
	}
	dimension, media := "2d", "image"
	if n > 0 && path.Ext(seed.Frames[0]) == ".pcd" {
		dimension, media = "3d", "point_cloud"
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO tasks (id, name, project_id, owner_id, bug_tracker, subset, segment_size, overlap, consensus, status, data_id, dimension, mode, media_type, jobs, created, updated)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 'annotation', ?, ?, 'annotation', ?, ?, ?, ?)`,
		t.ID, seed.Name, project, owner, seed.BugTracker, seed.Subset, size, overlap, data, dimension, media, len(list), now, now)
	if err != nil {
		return err
	}
	frames := make([]storage.Frame, n)
	for i, name := range seed.Frames {
		frames[i] = storage.Frame{Source: storage.Source{Name: name}, Width: 1920, Height: 1080}
	}
	if err := storage.SaveFrames(ctx, tx, data, frames); err != nil {
		return err
	}
	return importer.InsertJobs(ctx, tx, t, list, nil, n, now)
}
