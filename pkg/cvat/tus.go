package cvat

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/cvatplan/cvatplan/internal/limits"
)

// An Upload is a TUS upload under way: a file of a task that the server waits for.
type Upload struct {
	TaskID int
	ID     string // the last segment of its Location; see [Client.CreateUpload]
	Size   int64  // bytes of the whole file
}

func (u Upload) path() string { return dataPath(u.TaskID) + u.ID }

// CreateUpload announces a file of size bytes, above 0. [ErrExists] says that
// the server has it whole already; [ErrAlreadyImported] and [ErrBusy] as for
// [Client.FinishUpload]. To create the same name twice does no harm.
//
//cvat:operation POST /api/tasks/{id}/data/
func (c *Client) CreateUpload(ctx context.Context, taskID int, name string, size int64) (Upload, error) {
	if size <= 0 || size > limits.MaxUpload {
		return Upload{}, fmt.Errorf("upload %s: %d bytes; CVAT takes 1 byte to %d GiB", name, size, limits.MaxUpload>>30)
	}
	q := &request{method: http.MethodPost, path: dataPath(taskID), idempotency: reading}
	q.header = http.Header{
		"Tus-Resumable":   {"1.0.0"},
		"Upload-Length":   {strconv.FormatInt(size, 10)},
		"Upload-Metadata": {"filename " + base64.StdEncoding.EncodeToString([]byte(name))},
		"Origin":          {c.origin()},
	}
	u := Upload{TaskID: taskID, Size: size}
	err := c.do(ctx, q, func(resp *http.Response) (err error) {
		u.ID, err = uploadID(resp.Header.Get("Location"))
		return errors.Join(err, nothing(resp))
	})
	return u, asExists(err)
}

// origin is sent because CVAT up to 2.55 makes the Location of it, and answers
// 500 where it is missing.
func (c *Client) origin() string { return c.base.Scheme + "://" + c.base.Host }

// asExists: a creation that is answered by 409 is about the file, unless an
// import holds the task.
func asExists(err error) error {
	var api *APIError
	if errors.As(err, &api) && api.Status == http.StatusConflict && !api.Is(ErrBusy) {
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}

// Like other patterns that few runs need, it is compiled on its first use: every start of the program would pay for it.
var uploadIDPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`) })

// uploadID takes the last segment of a Location. The rest of it is made from
// whatever host the server believes in, and is wrong behind many proxies.
func uploadID(location string) (string, error) {
	id := location[strings.LastIndexByte(location, '/')+1:]
	if !uploadIDPattern().MatchString(id) {
		return "", &answerError{Reason: fmt.Sprintf("no upload in its Location %q", harmless(location))}
	}
	return id, nil
}

// UploadOffset asks how many bytes of an upload the server has. [ErrUploadGone]
// means that it knows no such upload, as after the last byte: create it again.
//
//cvat:operation HEAD /api/tasks/{id}/data/{upload}
func (c *Client) UploadOffset(ctx context.Context, u Upload) (int64, error) {
	q := &request{method: http.MethodHead, path: u.path(), idempotency: probing}
	q.header = http.Header{"Tus-Resumable": {"1.0.0"}}
	return c.offset(ctx, q, u)
}

// SendChunk sends n bytes of r from off on, in one PATCH, and returns the offset
// after it. Nothing is repeated: after a failure ask [Client.UploadOffset]. On
// CVAT 2.73 behind its proxy a PATCH that breaks is lost whole.
//
// [ErrTooLarge] says that a proxy wants less at a time, [ErrUploadGone] is as above.
//
//cvat:operation PATCH /api/tasks/{id}/data/{upload}
func (c *Client) SendChunk(ctx context.Context, u Upload, off int64, r io.ReaderAt, n int64) (int64, error) {
	return c.sendChunk(ctx, u, off, n, func() io.Reader { return io.NewSectionReader(r, off, n) })
}

// sendChunk is [Client.SendChunk] with the n bytes of body.
func (c *Client) sendChunk(ctx context.Context, u Upload, off, n int64, body func() io.Reader) (int64, error) {
	if off < 0 || n <= 0 || off+n > u.Size {
		return 0, fmt.Errorf("upload %s: %d bytes at %d overrun its %d", u.ID, n, off, u.Size)
	}
	q := &request{method: http.MethodPatch, path: u.path(), idempotency: chunk, body: body, size: n}
	q.header = http.Header{
		"Tus-Resumable": {"1.0.0"},
		"Upload-Offset": {strconv.FormatInt(off, 10)},
		"Content-Type":  {"application/offset+octet-stream"},
	}
	if n > c.maxAccepted.Load() {
		q.header.Set("Expect", "100-continue") // so that a 413 comes before the bytes, not in the midst of them
	}
	after, err := c.offset(ctx, q, u)
	if err != nil {
		return off, err
	}
	if after <= off || after > off+n {
		return off, &answerError{Method: q.method, Path: q.path, Reason: fmt.Sprintf("Upload-Offset %d after %d bytes at %d", after, n, off)}
	}
	c.learnSize(n, nil)
	return after, nil
}

// offset does q, whose answer carries an Upload-Offset.
func (c *Client) offset(ctx context.Context, q *request, u Upload) (off int64, err error) {
	err = c.do(ctx, q, func(resp *http.Response) (err error) {
		off, err = parseOffset(resp.Header.Get("Upload-Offset"), u.Size)
		if length := resp.Header.Get("Upload-Length"); err == nil && length != "" && length != strconv.FormatInt(u.Size, 10) {
			err = &answerError{Reason: fmt.Sprintf("Upload-Length %q of an upload of %d bytes: another file's", harmless(length), u.Size)}
		}
		return errors.Join(err, nothing(resp))
	})
	var api *APIError
	if errors.As(err, &api) {
		api.chunk = true
	}
	return off, err
}

func parseOffset(header string, size int64) (int64, error) {
	off, err := strconv.ParseInt(header, 10, 64)
	if err != nil || off < 0 || off > size {
		return 0, &answerError{Reason: fmt.Sprintf("Upload-Offset %q of an upload of %d bytes", harmless(header), size)}
	}
	return off, nil
}
