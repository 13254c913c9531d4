package api

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

type metaJSON struct {
	Chapters       []struct{}      `json:"chapters"` // null of images
	ChunksUpdated  *storage.Stamp  `json:"chunks_updated_date"`
	ChunkSize      *int            `json:"chunk_size"`
	Size           int             `json:"size"`
	ImageQuality   *int            `json:"image_quality"`
	StartFrame     int             `json:"start_frame"`
	StopFrame      int             `json:"stop_frame"`
	FrameFilter    string          `json:"frame_filter"`
	Frames         []frameJSON     `json:"frames"`
	DeletedFrames  json.RawMessage `json:"deleted_frames"`
	IncludedFrames *[]int          `json:"included_frames"`
	Storage        string          `json:"storage"`
	CloudStorageID *int            `json:"cloud_storage_id"`
}

// storageOf is where the bytes of a task's files are. A video of a cloud storage is copied (A124).
func storageOf(p importer.Params, mode string) string {
	switch {
	case p.CloudStorageID != nil && mode == "interpolation":
		return "local"
	case p.CloudStorageID != nil:
		return "cloud_storage"
	case len(p.ServerFiles) > 0:
		return "share"
	}
	return "local"
}

type frameJSON struct {
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Name       string `json:"name"`
	Related    int    `json:"related_files"`
	HasRelated bool   `json:"has_related_context"`
}

func (s *Server) getMeta(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return s.meta(q, t, 0, -1, nil)
}

// meta describes the frames from first to last; a negative last is all of them.
func (s *Server) meta(q *query, t *storage.Task, first, last int, included *[]int) (answer, error) {
	if !t.Imported() {
		return answer{}, listed("Data is not uploaded for the task yet")
	}
	frames, err := s.store.Frames(q.ctx, *t.Data)
	if err != nil {
		return answer{}, err
	}
	p := importer.ReadSticky(t.Params)
	m := metaJSON{
		ChunksUpdated: t.ChunksUpdated, ChunkSize: t.ChunkSize, Size: *t.Size, ImageQuality: t.ImageQuality,
		StartFrame: *t.StartFrame, StopFrame: *t.StopFrame, Frames: []frameJSON{}, DeletedFrames: json.RawMessage(*t.DeletedFrames),
		IncludedFrames: included, Storage: storageOf(p, t.Mode), CloudStorageID: p.CloudStorageID,
	}
	if p.FrameFilter != nil {
		m.FrameFilter = *p.FrameFilter
	}
	if last >= 0 {
		frames = frames[first : last+1]
		m.DeletedFrames = within(*t.DeletedFrames, first, last)
		m.Size = len(frames)
		m.StartFrame, m.StopFrame = *t.StartFrame+first*p.Step(), *t.StartFrame+last*p.Step()
	}
	if t.Mode == "interpolation" { // a video is one frame entry (A119)
		m.Chapters, frames = []struct{}{}, frames[:1]
	}
	for _, f := range frames {
		m.Frames = append(m.Frames, frameJSON{f.Width, f.Height, f.Name, len(f.Related), len(f.Related) > 0})
	}
	return ok(m), nil
}

// within are the frames of a list that lie in a span.
func within(list string, first, last int) json.RawMessage {
	var all []int
	_ = json.Unmarshal([]byte(list), &all) // written by us
	return storage.EncodeJSON(append([]int{}, slices.DeleteFunc(all, func(n int) bool { return n < first || n > last })...))
}

// patchMeta marks frames as deleted. They stay in every list.
func (s *Server) patchMeta(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	if !t.Imported() {
		return answer{}, listed("This task data has not been initialized yet")
	}
	deleted, given, err := readDeleted(q)
	if err != nil {
		return answer{}, err
	}
	if !given {
		return s.getMeta(q)
	}
	for _, n := range deleted {
		if n >= *t.Size {
			return answer{}, badDeleted("Unknown frames %d requested for removal", n)
		}
	}
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error { return saveDeleted(q.ctx, tx, t, deleted, s.store.Now()) })
	if err != nil {
		return answer{}, err
	}
	return s.getMeta(q)
}

// patchJobMeta is patchMeta for the frames of a job alone; its date moves too.
func (s *Server) patchJobMeta(q *query) (answer, error) {
	j, t, err := s.myJob(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	deleted, given, err := readDeleted(q)
	if err != nil {
		return answer{}, err
	}
	if !given {
		return s.getJobMeta(q)
	}
	for _, n := range deleted {
		if n < j.Start || n > j.Stop {
			return answer{}, listed("Frames %d do not belong to the job", n)
		}
	}
	var all []int
	if err := json.Unmarshal([]byte(*t.DeletedFrames), &all); err != nil {
		return answer{}, err
	}
	all = append(slices.DeleteFunc(all, func(n int) bool { return n >= j.Start && n <= j.Stop }), deleted...)
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(q.ctx, `UPDATE jobs SET updated = ? WHERE id = ?`, s.store.Now(), j.ID); err != nil {
			return err
		}
		return saveDeleted(q.ctx, tx, t, all, s.store.Now())
	})
	if err != nil {
		return answer{}, err
	}
	return s.getJobMeta(q)
}

func badDeleted(format string, args ...any) error {
	f := form{}
	f.fail("deleted_frames", format, args...)
	return f.err()
}

// readDeleted reads the frames that a request wants deleted; given is false where it does not speak of them.
func readDeleted(q *query) (deleted []int, given bool, err error) {
	b, err := readBody(q.Request)
	if err != nil {
		return nil, false, err
	}
	list, given := b["deleted_frames"].([]any)
	for i, v := range list {
		n, is := number(v)
		if !is || n < 0 {
			return nil, given, &problem{status: http.StatusBadRequest, ctype: jsonType, body: storage.EncodeJSON(map[string]any{"deleted_frames": map[int][]string{i: {"A valid integer is required."}}})}
		}
		if slices.Contains(deleted, n) {
			return nil, given, badDeleted("Deleted frames cannot repeat")
		}
		deleted = append(deleted, n)
	}
	return deleted, given, nil
}

func saveDeleted(ctx context.Context, tx *sql.Tx, t *storage.Task, deleted []int, now storage.Stamp) error {
	slices.Sort(deleted)
	if _, err := tx.ExecContext(ctx, `UPDATE data SET deleted_frames = ? WHERE id = ?`, string(storage.EncodeJSON(append([]int{}, deleted...))), *t.Data); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE tasks SET updated = ? WHERE id = ?`, now, t.ID)
	return err
}

func (s *Server) getJobMeta(q *query) (answer, error) {
	j, t, err := s.myJob(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	included, err := includedFrames(t, j)
	if err != nil {
		return answer{}, err
	}
	return s.meta(q, t, j.Start, j.Stop, included)
}

// includedFrames are the frames of the task that a ground truth job shows; nil of a job that shows all from its start to its stop.
func includedFrames(t *storage.Task, j *storage.Job) (*[]int, error) {
	if j.Kind != storage.JobGroundTruth || t.ValidationSet == nil {
		return nil, nil
	}
	included := []int{}
	return &included, json.Unmarshal([]byte(*t.ValidationSet), &included)
}

// getValidationLayout says which frames of a task check its annotators.
func (s *Server) getValidationLayout(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	layout := struct {
		Mode     *string `json:"mode"`
		PerJob   *int    `json:"frames_per_job_count"`
		Frames   []int   `json:"validation_frames"`
		Disabled []int   `json:"disabled_frames"`
	}{t.ValidationMode, nil, []int{}, []int{}}
	if t.ValidationSet != nil {
		if err := json.Unmarshal([]byte(*t.ValidationSet), &layout.Frames); err != nil {
			return answer{}, err
		}
	}
	return ok(layout), nil
}
