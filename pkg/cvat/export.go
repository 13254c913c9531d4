package cvat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// A Format is a format that the server writes data sets in.
type Format struct {
	Name      string `json:"name"` // with its version, as in "CVAT for images 1.1"
	Ext       string `json:"ext"`  // of the file, in capitals: ZIP
	Dimension string `json:"dimension"`
	Enabled   *bool  `json:"enabled"`
}

// ExportFormats returns the formats that the server writes.
//
//cvat:operation GET /api/server/annotation/formats
func (c *Client) ExportFormats(ctx context.Context) ([]Format, error) {
	answer, err := one[struct {
		Exporters []Format `json:"exporters"`
	}](ctx, c, get("/api/server/annotation/formats", nil))
	if err != nil {
		return nil, err
	}
	return answer.Exporters, nil
}

// exportWaits are the pauses between looks at an export; the last one holds for all that follow. A small task takes
// CVAT 2.73 half a second.
var exportWaits = []time.Duration{300 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}

// Export lets the server write a task's annotations, without images, in a format of [Client.ExportFormats], and
// gives the file, which the caller closes. One that is being made already is waited for. onProgress, which may be
// nil, gets the share that is done, 0 to 1, where the server says it. The error has the server's reason where
// it cannot write the task's shapes in that format.
//
//cvat:operation POST /api/tasks/{id}/dataset/export
//cvat:operation GET /api/requests/{id}
//cvat:operation GET /api/tasks/{id}/dataset/download
func (c *Client) Export(ctx context.Context, taskID int, format string, onProgress func(share float64)) (io.ReadCloser, error) {
	id, err := c.startExport(ctx, taskID, format)
	if err != nil {
		return nil, err
	}
	if err := c.awaitExport(ctx, taskID, id, onProgress); err != nil {
		return nil, err
	}
	var file io.ReadCloser
	q := get(fmt.Sprintf("/api/tasks/%d/dataset/download", taskID), url.Values{"rq_id": {id}})
	err = c.do(ctx, q, func(resp *http.Response) error {
		file = resp.Body
		return nil
	})
	return file, err
}

// startExport returns the name of the export's request, also by the 409 that says that it is being made.
func (c *Client) startExport(ctx context.Context, taskID int, format string) (string, error) {
	var answer struct {
		RequestID string `json:"rq_id"`
	}
	q := post(fmt.Sprintf("/api/tasks/%d/dataset/export", taskID), struct{}{})
	q.query = url.Values{"format": {format}, "save_images": {"false"}}
	q.idempotency = setting // the same request again is the same export
	err := c.do(ctx, q, into(&answer))
	var api *APIError
	if errors.As(err, &api) && api.Status == http.StatusConflict && api.rqID != "" {
		return api.rqID, nil
	}
	if err == nil && answer.RequestID == "" {
		return "", &answerError{Method: q.method, Path: q.path, Reason: "an export without the name of its request", notCVAT: true}
	}
	return answer.RequestID, err
}

// awaitExport looks until the export is over.
func (c *Client) awaitExport(ctx context.Context, taskID int, id string, onProgress func(float64)) error {
	for n := 0; ; n++ {
		if err := sleep(ctx, exportWaits[min(n, len(exportWaits)-1)], nil); err != nil {
			return err
		}
		r, err := one[Request](ctx, c, get("/api/requests/"+url.QueryEscape(id), nil))
		if err != nil {
			return fmt.Errorf("export of task %d: %w", taskID, err)
		}
		switch {
		case r.Status == StatusFinished:
			return nil
		case r.Status == StatusFailed:
			return &exportError{TaskID: taskID, Message: harmless(c.scrub(r.Message))}
		case !r.known():
			return fmt.Errorf("export of task %d: %w: its state is %q", taskID, ErrGone, r.Status)
		}
		if onProgress != nil && r.Progress != nil {
			onProgress(*r.Progress)
		}
	}
}

// An exportError is an export that the server gave up.
type exportError struct {
	TaskID  int
	Message string // the last line of the server's traceback; harmless
}

// Error names the task and the server's reason.
func (e *exportError) Error() string {
	return fmt.Sprintf("the server could not export task %d: %s", e.TaskID, e.Message)
}
