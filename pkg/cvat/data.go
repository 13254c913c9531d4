package cvat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// DataParams say how a task's files become frames. What one attempt sent stays
// on the server for the next, so every field that is set is sent each time.
type DataParams struct {
	ImageQuality  int               `json:"image_quality"`        // 1 to 100; without it the import fails
	SortingMethod string            `json:"sorting_method"`       // lexicographical, natural, predefined, random
	ChunkSize     *int              `json:"chunk_size,omitempty"` // frames; nil lets CVAT choose (a null is a 500 on CVAT 2.73)
	UseCache      bool              `json:"use_cache"`
	UseZipChunks  bool              `json:"use_zip_chunks"`
	StartFrame    *int              `json:"start_frame,omitempty"`  // of a video: the first frame that is taken
	StopFrame     *int              `json:"stop_frame,omitempty"`   // of a video: the last one; nil: up to the end
	FrameFilter   string            `json:"frame_filter,omitempty"` // of a video: "step=N"
	Validation    *ValidationParams `json:"validation_params,omitempty"`

	// Files that the server reads by itself: see [Client.ImportServerFiles].
	CloudStorageID *int     `json:"cloud_storage_id,omitempty"` // nil: they are on the server's share
	ServerFiles    []string `json:"server_files,omitempty"`     // full keys, or paths from the share's root
}

// ValidationParams make a ground truth job of some of the frames.
type ValidationParams struct {
	Mode                 string   `json:"mode"` // "gt"
	FrameSelectionMethod string   `json:"frame_selection_method"`
	RandomSeed           *int     `json:"random_seed,omitempty"`
	Frames               []string `json:"frames,omitempty"`
	FrameCount           *int     `json:"frame_count,omitempty"`
	FrameShare           *float64 `json:"frame_share,omitempty"`
	FramesPerJobCount    *int     `json:"frames_per_job_count,omitempty"`
	FramesPerJobShare    *float64 `json:"frames_per_job_share,omitempty"`
}

// FinishUpload starts the import of the files that a task was sent, and returns
// the name of its request. An import that is under way already counts as
// started. [ErrAlreadyImported] is success by somebody else; on [ErrBusy] and
// [ErrUnknownOutcome] (a server before 2.70 may not answer while it imports)
// read request and task.
//
//cvat:operation POST /api/tasks/{id}/data/
func (c *Client) FinishUpload(ctx context.Context, taskID int, p DataParams) (rqID string, err error) {
	q := post(dataPath(taskID), p)
	q.idempotency = setting
	q.header.Set("Upload-Finish", "true")
	return c.startImport(ctx, q, taskID)
}

// startImport does q, which is answered with the name of the import's request, also by
// the 409 that says that the import is queued already.
func (c *Client) startImport(ctx context.Context, q *request, taskID int) (rqID string, err error) {
	var answer struct {
		RequestID string `json:"rq_id"`
	}
	err = c.do(ctx, q, into(&answer))
	var api *APIError
	if errors.As(err, &api) && api.Status == http.StatusConflict && api.rqID != "" {
		return api.rqID, nil
	}
	if err == nil && answer.RequestID == "" {
		return RequestID(taskID), nil
	}
	return answer.RequestID, err
}

// dataPath has a slash at its end: CVAT up to 2.58 makes a TUS Location by
// putting the upload's id after the last slash.
func dataPath(taskID int) string { return fmt.Sprintf("/api/tasks/%d/data/", taskID) }

// Frame returns the bytes of a frame, counted from 0: those that were uploaded,
// but for images that EXIF turns, which CVAT encodes again. The caller closes it.
//
//cvat:operation GET /api/tasks/{id}/data/
func (c *Client) Frame(ctx context.Context, taskID, number int) (io.ReadCloser, error) {
	var frame io.ReadCloser
	query := url.Values{"type": {"frame"}, "quality": {"original"}, "number": {strconv.Itoa(number)}}
	err := c.do(ctx, get(dataPath(taskID), query), func(resp *http.Response) error {
		frame = struct {
			io.Reader
			io.Closer
		}{&limited{r: resp.Body, left: maxFrame}, resp.Body}
		return nil
	})
	return frame, err
}

const maxFrame = 1 << 30

// limited is a reader that fails, rather than end, at its limit.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, &answerError{Reason: "it does not end"}
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}
