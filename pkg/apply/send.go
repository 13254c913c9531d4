package apply

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const (
	yieldPatience = 10 * time.Second // how long another run may show no progress
	yieldPause    = time.Second
	maxFailures   = 2 // imports that may fail in one run: each takes the archive with it
)

// A delivery is what this run has sent of the task's archive, and to which of the server's tasks.
type delivery struct {
	atOnce   int // the task to which it was sent in one request; 0 none
	accepted int // the task whose only data that request is; 0 none
	whole    int // the task that has all of it since its last import attempt; 0 none

	yielding    time.Time // since when another run is given the precedence; see yields
	yieldedData bool      // what was seen of its task then
}

// resume does what is left of a task: sends, starts the import, or verifies.
func (t *task) resume(ctx context.Context) (decision, error) {
	winner := t.change.Actual[0]
	t.working = winner.ID
	switch {
	case winner.Size > 0:
		return t.verify(ctx, winner)
	case t.yields(winner):
		t.phase(Yielding)
		return lookAgain, t.run.pause(ctx, yieldPause)
	case t.undisturbed():
		return t.importAtOnce(ctx, winner.ID)
	case !t.payload().sent(winner):
		return lookAgain, t.payload().send(ctx, winner)
	}
	return t.finish(ctx, winner)
}

// undisturbed: this run has just created the task, nothing was sent to it, and the look
// after the creation has shown no other of its name. Only then is it safe to send the
// archive and start its import in one request, which leaves no moment for the look right
// before Upload-Finish: see docs/reliability.md.
// It is tried once.
func (t *task) undisturbed() bool {
	winner := t.change.Actual[0]
	alone := winner.ID == t.creation.made && t.delivery.atOnce != winner.ID && !winner.HasData && len(t.change.Actual) == 1
	return alone && !t.change.Desired.Payload.Served()
}

// importAtOnce sends the archive and starts its import in one request. What that has come
// to if its answer is lost the next look tells, and upload is right in each case.
func (t *task) importAtOnce(ctx context.Context, id int) (decision, error) {
	if err := t.acquireSlot(ctx); err != nil {
		return ended, err
	}
	t.delivery.atOnce = id
	z := t.files.Archive
	files := []cvat.File{{Name: z.Name(), Content: z, Size: z.Size()}}
	if t.ordered() {
		order := z.Order()
		files = append(files, cvat.File{Name: z.OrderName(), Content: bytes.NewReader(order), Size: int64(len(order))})
	}
	t.report(0)
	before := t.result.Sent
	_, err := t.run.server.ImportFiles(ctx, id, files, dataParams(t.change.Desired), cvat.UploadOptions{
		Chunk: t.run.o.UploadChunk,
		OnProgress: func(sent int64) {
			sent = min(sent, z.Size())
			t.result.Sent = before + sent
			t.report(sent)
		},
	})
	switch {
	case errors.Is(err, cvat.ErrTooLarge):
		return lookAgain, t.upload(ctx, id)
	case errors.Is(err, cvat.ErrAlreadyImported), errors.Is(err, cvat.ErrBusy), errors.Is(err, cvat.ErrUnknownOutcome):
		t.run.slots.busy()
		t.tell(Event{Phase: Retrying, Err: err})
		return lookAgain, nil
	case err != nil:
		return ended, err
	}
	t.delivery.accepted = id
	t.release()
	return t.wait(ctx, id)
}

// ordered: the order of the frames is sent with the archive.
func (t *task) ordered() bool {
	return t.change.Desired.Kind != manifest.KindVideo && or(t.change.Desired.Settings.SortingMethod, "") == predefined
}

// yields gives another run precedence whose task was created at the same moment and
// ranks first: the bytes need not be sent twice. If it shows no progress for a while, it
// may be dead, and this run sends them too, which does no harm.
func (t *task) yields(winner plan.Task) bool {
	if t.creation.made == 0 || winner.ID == t.creation.made || t.delivery.whole == winner.ID {
		return false
	}
	if t.delivery.yielding.IsZero() || winner.HasData != t.delivery.yieldedData {
		t.delivery.yielding, t.delivery.yieldedData = time.Now(), winner.HasData
	}
	return time.Since(t.delivery.yielding) < yieldPatience
}

// upload brings the archive, and the order of its frames where that is given, to the
// task. What the server has whole it takes no second time.
func (t *task) upload(ctx context.Context, id int) error {
	if err := t.acquireSlot(ctx); err != nil {
		return err
	}
	t.delivery.accepted = 0
	t.report(0)
	err := t.uploadOrder(ctx, id)
	if err == nil {
		err = t.uploadArchive(ctx, id)
	}
	switch {
	case errors.Is(err, cvat.ErrStopped):
		return errStopped
	case errors.Is(err, cvat.ErrAlreadyImported), errors.Is(err, cvat.ErrBusy):
		return t.run.pause(ctx, firstPoll) // another run was faster: the next look tells
	case err != nil:
		return err
	}
	t.delivery.whole = id
	t.release()
	t.releaseSlot()
	return nil
}

func (t *task) uploadOrder(ctx context.Context, id int) error {
	if !t.ordered() {
		return nil
	}
	z := t.files.Archive
	order := z.Order()
	return t.run.server.Upload(ctx, id, z.OrderName(), bytes.NewReader(order), int64(len(order)), cvat.UploadOptions{Chunk: t.run.o.UploadChunk, Until: t.run.o.Until})
}

func (t *task) uploadArchive(ctx context.Context, id int) error {
	z := t.files.Archive
	hint := t.hold(id, z.Name())
	defer hint.Release()
	before := t.result.Sent
	first := int64(-1)
	err := t.run.server.Upload(ctx, id, z.Name(), z, z.Size(), cvat.UploadOptions{
		Chunk: t.run.o.UploadChunk, Until: t.run.o.Until, Resume: hint.Location(), OnLocation: hint.Keep,
		OnProgress: func(sent int64) {
			if first < 0 {
				first = sent
			}
			t.result.Sent = before + max(sent-first, 0)
			t.report(sent)
		},
	})
	if err == nil {
		hint.Forget()
	}
	return err
}

func (t *task) report(sent int64) {
	t.tell(Event{Phase: Uploading, Sent: sent, Total: t.files.Archive.Size()})
}

// finish starts the import. The look before has just read the name and the request.
func (t *task) finish(ctx context.Context, winner plan.Task) (decision, error) {
	err := t.payload().start(ctx, winner)
	switch {
	case errors.Is(err, cvat.ErrAlreadyImported):
		return lookAgain, nil
	case errors.Is(err, cvat.ErrUnknownOutcome) && t.change.Desired.Payload.Served() && !winner.HasData:
		return lookAgain, t.unanswered(err)
	case err != nil && !errors.Is(err, cvat.ErrBusy) && !errors.Is(err, cvat.ErrUnknownOutcome):
		return ended, err
	}
	return t.wait(ctx, winner.ID)
}

// unanswered counts the starts whose outcome is unknown; too many are an error.
func (t *task) unanswered(err error) error {
	t.attempts.unanswered++
	if t.attempts.unanswered > maxLost {
		return errors.Join(errors.New("its import could not be started"), err)
	}
	t.tell(Event{Phase: Retrying, Err: err})
	return nil
}

// hold takes the upload's hint, or one that knows and keeps nothing.
func (t *task) hold(id int, file string) Hint {
	if t.run.o.State == nil {
		return noHint{}
	}
	if h := t.run.o.State.Lock(t.run.plan.Scope.Server, id, file); h != nil {
		return h
	}
	return noHint{}
}

type noHint struct{}

func (noHint) Location() string { return "" }
func (noHint) Keep(string)      {}
func (noHint) Forget()          {}
func (noHint) Release()         {}
