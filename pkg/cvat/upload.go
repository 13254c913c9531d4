package cvat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

const (
	maxCreations  = 4 // of one upload that the server loses again and again
	maxStandstill = 8 // PATCHes that break without one byte of progress
)

// UploadOptions say how to send a file.
type UploadOptions struct {
	// Chunk is how many bytes go in one PATCH, 256 KiB to 95 MiB; what is beyond is taken as the nearest of these. 0: 16 MiB
	// at first, then more, up to 95 MiB, or 256 MiB once [Client.About] has said that the server is 2.55 or newer, while a
	// chunk takes less than 5 s, and less where one takes more than 20 s; the next one is then sent while the server handles one.
	Chunk int64

	Resume string // what OnLocation was given in an earlier run; only a hint, it may be wrong

	OnLocation func(id string)  // an upload was created, or taken up again; may be nil
	OnProgress func(sent int64) // bytes, those in flight included; goes back when a PATCH breaks; may be nil

	// Until ends an upload well: once it has ended, the chunk in flight is the last. The end of the
	// context that Upload gets ends that chunk, too. nil: never.
	Until context.Context
}

// Upload brings a file of size bytes to a task, whatever happens on the way: a
// broken PATCH goes on from where the server is, so that at most one chunk
// is sent twice, or two where no size is given; an upload that the server lost is created again; a 413 halves
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
	u := &uploader{c: c, taskID: taskID, name: name, src: src, size: size, o: o, chunks: c.chunks(o.Chunk)}
	err := u.run(ctx)
	if err != nil {
		return fmt.Errorf("upload %s: %w", name, err)
	}
	return nil
}

// An uploader is one call of Upload.
type uploader struct {
	c      *Client
	taskID int
	name   string
	src    io.ReaderAt
	size   int64
	o      UploadOptions

	chunks     chunks
	standstill int  // PATCHes in a row that broke without progress
	oneByOne   bool // no chunk is begun before the one before it is answered
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
		if !errors.Is(err, ErrUploadGone) && !errors.As(err, new(*answerError)) {
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
	var next *transfer // the chunk after this one, on its way already
	defer func() { next.abandon() }()
	for off < u.size {
		if u.stopped() {
			return ErrStopped
		}
		t := next
		if t == nil {
			u.progress(off)
			t = u.begin(ctx, up, off, false)
		}
		t.release()
		next = u.beginNext(ctx, up, t)
		t.answered()
		if t.err != nil || t.after != t.off+t.n {
			next.abandon()
			next = nil
		}
		after, err := u.settle(ctx, up, t)
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

// beginNext begins the chunk after t once t has left; nil where t is to be answered first: where
// a size was asked for, so is how much is under way.
func (u *uploader) beginNext(ctx context.Context, up Upload, t *transfer) *transfer {
	off := t.off + t.n
	if u.chunks.quick == 0 || u.oneByOne || off == u.size {
		return nil
	}
	select {
	case <-t.sent:
	case <-t.done:
		if t.err != nil {
			return nil
		}
	}
	if u.stopped() {
		return nil
	}
	return u.begin(ctx, up, off, true)
}

// settle returns where the server is after a PATCH, which is where it stood before if that broke.
func (u *uploader) settle(ctx context.Context, up Upload, t *transfer) (int64, error) {
	t.src.retire()
	switch {
	case t.err == nil:
		u.chunks.passed(t.n, t.took, u.c.below)
		return t.after, nil
	case t.src.failure() != nil:
		return t.off, t.src.failure()
	case ctx.Err() != nil:
		return t.off, t.err
	}
	if errors.Is(t.err, ErrTooLarge) && u.chunks.halve(t.n) {
		u.c.minRejected.Store(2 * u.chunks.size)
		return u.offset(ctx, up)
	}
	u.oneByOne = u.oneByOne || t.ahead // perhaps something on the way does not bear it
	return u.recover(ctx, up, t.off, t.n, t.err)
}

// recover finds out where to go on after a PATCH of n bytes that broke.
func (u *uploader) recover(ctx context.Context, up Upload, off, n int64, broken error) (int64, error) {
	u.standstill++
	if u.standstill >= patience(broken) {
		return off, broken
	}
	gone := errors.Is(broken, ErrUploadGone)
	if u.standstill > 1 || u.chunks.grown(n) && !gone {
		u.chunks.halve(n) // perhaps a proxy cuts what is too large, or too slow, without a word
	}
	if !gone {
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
