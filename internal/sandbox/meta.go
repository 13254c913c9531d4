package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
)

type metaJSON struct {
	Chapters       *null           `json:"chapters"`
	ChunksUpdated  *stamp          `json:"chunks_updated_date"`
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

type frameJSON struct {
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Name       string `json:"name"`
	Related    int    `json:"related_files"`
	HasRelated bool   `json:"has_related_context"`
}

// frames are a task's frames in their order.
func (s *Server) frames(ctx context.Context, data int) ([]frame, error) {
	var list []byte
	err := s.db.read.QueryRowContext(ctx, `SELECT list FROM frames WHERE data_id = ?`, data).Scan(&list)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var frames []frame
	return frames, json.Unmarshal(list, &frames)
}

func (s *Server) getMeta(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return s.meta(q, t, 0, -1, nil)
}

// meta describes the frames from first to last; a negative last is all of them.
func (s *Server) meta(q *query, t *task, first, last int, included *[]int) (answer, error) {
	if !t.imported() {
		return answer{}, listed("Data is not uploaded for the task yet")
	}
	frames, err := s.frames(q.ctx, *t.data)
	if err != nil {
		return answer{}, err
	}
	p := readSticky(t.params)
	m := metaJSON{
		ChunksUpdated: t.chunksUpdated, ChunkSize: t.chunkSize, Size: *t.size, ImageQuality: t.imageQuality,
		StartFrame: *t.startFrame, StopFrame: *t.stopFrame, Frames: []frameJSON{}, DeletedFrames: json.RawMessage(*t.deletedFrames),
		IncludedFrames: included, Storage: "local",
	}
	if p.FrameFilter != nil {
		m.FrameFilter = *p.FrameFilter
	}
	if last >= 0 {
		frames = frames[first : last+1]
		m.DeletedFrames = within(*t.deletedFrames, first, last)
		m.Size = len(frames)
		m.StartFrame, m.StopFrame = *t.startFrame+first*p.step(), *t.startFrame+last*p.step()
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
	return encode(append([]int{}, slices.DeleteFunc(all, func(n int) bool { return n < first || n > last })...))
}

// patchMeta marks frames as deleted. They stay in every list.
func (s *Server) patchMeta(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	if !t.imported() {
		return answer{}, listed("This task data has not been initialized yet")
	}
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	if list, given := b["deleted_frames"].([]any); given {
		deleted := []int{}
		for i, v := range list {
			n, is := number(v)
			if !is || n < 0 {
				return answer{}, &problem{status: http.StatusBadRequest, ctype: jsonType, body: encode(map[string]any{"deleted_frames": map[int][]string{i: {"A valid integer is required."}}})}
			}
			deleted = append(deleted, n)
		}
		if err := s.db.exec(q.ctx, `UPDATE data SET deleted_frames = ? WHERE id = ?`, string(encode(deleted)), *t.data); err != nil {
			return answer{}, err
		}
	}
	return s.getMeta(q)
}

func (s *Server) getJobMeta(q *query) (answer, error) {
	j, t, err := s.myJob(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	var included *[]int
	if j.kind == jobGroundTruth && t.validationSet != nil {
		included = &[]int{}
		if err := json.Unmarshal([]byte(*t.validationSet), included); err != nil {
			return answer{}, err
		}
	}
	return s.meta(q, t, j.start, j.stop, included)
}
