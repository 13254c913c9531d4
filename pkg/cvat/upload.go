package cvat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

const (
	defaultChunk = 16 << 20  // bytes per PATCH
	maxChunk     = 96 << 20  // CVAT up to 2.54 keeps a PATCH in memory and refuses 100 MiB
	minChunk     = 256 << 10 // below it a proxy's limit is not worth working around

	maxCreations  = 4 // of one upload that the server loses again and again
	maxStandstill = 8 // PATCHes that break without one byte of progress
)

// ErrStopped says that an upload was asked to stop, and did so between chunks.
var ErrStopped = errors.New("upload stopped")

// UploadOptions say how to send a file.
type UploadOptions struct {
	Chunk  int64  // bytes per PATCH; 0 is 16 MiB; above 96 MiB is 96 MiB, below 256 KiB is 256 KiB
	Resume string // what OnLocation was given in an earlier run; only a hint, it may be wrong

	OnLocation func(id string)  // an upload was created, or taken up again; may be nil
	OnProgress func(sent int64) // bytes, those in flight included; goes back when a PATCH breaks; may be nil

	// Until ends an upload well: once it has ended, the chunk in flight is the last. The end of the
	// context that Upload gets ends that chunk, too. nil: never.
	Until context.Context
}

// Upload brings a file of size bytes to a task, whatever happens on the way: a
// broken PATCH goes on from where the server is, so that at most one chunk
// is sent twice; an upload that the server lost is created again; a 413 halves
// the chunk, down to 256 KiB. A nil error means that the server has the whole
// file; [Client.FinishUpload] comes next.
//
// src must give the same bytes for the same range each time. Its error (say,
// that a file changed) stops the upload before its last chunk is complete, and
// is found in the returned error with errors.Is.
//
//cvat:operation POST /api/tasks/{id}/data/
//cvat:operation HEAD /api/tasks/{id}/data/{upload}
//cvat:operation PATCH /api/tasks/{id}/data/{upload}
func (c *Client) Upload(ctx context.Context, taskID int, name string, src io.ReaderAt, size int64, o UploadOptions) error {
	if o.Until == nil {
		o.Until = context.Background()
	}
	u := &uploader{c: c, taskID: taskID, name: name, src: src, size: size, o: o, chunk: c.firstChunk(o.Chunk)}
	err := u.run(ctx)
	if err != nil {
		return fmt.Errorf("upload %s: %w", name, err)
	}
	return nil
}

func chunkSize(wanted int64) int64 {
	if wanted == 0 {
		return defaultChunk
	}
	return min(max(wanted, minChunk), maxChunk)
}

// firstChunk is below what a proxy has refused to an earlier upload.
func (c *Client) firstChunk(wanted int64) int64 {
	n := chunkSize(wanted)
	if minRejected := c.minRejected.Load(); minRejected > 0 && n >= minRejected {
		return max(minRejected/2, minChunk)
	}
	return n
}

// An uploader is one call of Upload.
type uploader struct {
	c      *Client
	taskID int
	name   string
	src    io.ReaderAt
	size   int64
	o      UploadOptions

	chunk      int64
	standstill int // PATCHes in a row that broke without progress
}

// run opens the upload and sends it, from the start again where the server lost it.
func (u *uploader) run(ctx context.Context) error {
	err := ErrUploadGone
	for try := 0; try < maxCreations && errors.Is(err, ErrUploadGone); try++ {
		var up Upload
		var off int64
		up, off, err = u.open(ctx, try == 0)
		if errors.Is(err, ErrExists) {
			u.progress(u.size)
			return nil
		}
		if err == nil {
			err = u.send(ctx, up, off)
		}
	}
	return err
}

// open takes up the upload of an earlier run, or creates one.
func (u *uploader) open(ctx context.Context, resume bool) (Upload, int64, error) {
	if resume && uploadIDPattern().MatchString(u.o.Resume) {
		up := Upload{TaskID: u.taskID, ID: u.o.Resume, Size: u.size}
		off, err := u.offset(ctx, up)
		if err == nil {
			u.located(up)
			return up, off, nil
		}
		if !errors.Is(err, ErrUploadGone) && !errors.As(err, new(*AnswerError)) {
			return Upload{}, 0, err
		}
	}
	up, err := u.c.CreateUpload(ctx, u.taskID, u.name, u.size)
	if err == nil {
		u.located(up)
	}
	return up, 0, err
}

// offset is where to go on. An upload that is complete yet still known was cut
// off before the server put the file in its place: it counts as gone, because
// only a creation tells (409, or 201 and all again).
func (u *uploader) offset(ctx context.Context, up Upload) (int64, error) {
	off, err := u.c.UploadOffset(ctx, up)
	if err == nil && off == u.size {
		return 0, ErrUploadGone
	}
	return off, err
}

// send sends everything from off on.
func (u *uploader) send(ctx context.Context, up Upload, off int64) error {
	for off < u.size {
		if u.stopped() {
			return ErrStopped
		}
		u.progress(off)
		after, err := u.patch(ctx, up, off)
		if err != nil {
			return err
		}
		if after > off {
			u.standstill = 0
		}
		off = after
	}
	u.progress(u.size)
	return nil
}

// patch sends one chunk and returns where the server is then, which is
// where it stood before if the PATCH broke.
func (u *uploader) patch(ctx context.Context, up Upload, off int64) (int64, error) {
	src := &source{r: u.src, end: u.size, report: u.progress}
	defer src.retire()
	after, err := u.c.SendChunk(ctx, up, off, src, min(u.chunk, u.size-off))
	switch {
	case err == nil:
		return after, nil
	case src.failure() != nil:
		return off, src.failure()
	case ctx.Err() != nil:
		return off, err
	}
	u.chunk = min(u.chunk, max(u.size-off, minChunk)) // what was sent, so that half of it is less
	if errors.Is(err, ErrTooLarge) && u.halve() {
		u.c.minRejected.Store(2 * u.chunk)
		return u.offset(ctx, up)
	}
	return u.recover(ctx, up, off, err)
}

// recover finds out where to go on after a PATCH that broke.
func (u *uploader) recover(ctx context.Context, up Upload, off int64, broken error) (int64, error) {
	u.standstill++
	if u.standstill >= patience(broken) {
		return off, broken
	}
	if u.standstill > 1 {
		u.halve() // perhaps a proxy cuts what is too large, or too slow, without a word
	}
	if !errors.Is(broken, ErrUploadGone) {
		waiting, cancel := u.untilStopped(ctx)
		defer cancel()
		if err := u.c.pause(waiting, &request{method: http.MethodPatch, path: up.path()}, u.standstill, broken); err != nil {
			return off, err
		}
	}
	return u.offset(ctx, up)
}

// patience is how many PATCHes in a row may break like this without progress.
func patience(broken error) int {
	switch t := classOf(broken); {
	case errors.Is(broken, ErrUploadGone), t == mangled, t == doubtful, t == stalled, t == garbled:
		return fewTries
	case t == permanent:
		return 1
	}
	return maxStandstill
}

// halve makes the chunk smaller, and says whether it could.
func (u *uploader) halve() bool {
	if u.chunk <= minChunk {
		return false
	}
	u.chunk = max(u.chunk/2, minChunk)
	return true
}

func (u *uploader) located(up Upload) {
	if u.o.OnLocation != nil {
		u.o.OnLocation(up.ID)
	}
}

func (u *uploader) progress(sent int64) {
	if u.o.OnProgress != nil {
		u.o.OnProgress(sent)
	}
}

func (u *uploader) stopped() bool { return u.o.Until.Err() != nil }

// untilStopped returns a context that ends, with ErrStopped, when the upload is asked to stop.
func (u *uploader) untilStopped(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	forget := context.AfterFunc(u.o.Until, func() { cancel(ErrStopped) })
	return ctx, func() { forget(); cancel(nil) }
}
