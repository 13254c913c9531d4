package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A payload is how a task's frames get to the server. Everything around it, who sends to which of
// several tasks of a name and when, is the engine's and the same for each kind.
type payload interface {
	// sent reports whether the server has all that the import of a task needs.
	sent(winner plan.Task) bool
	// send brings it there; it may be repeated.
	send(ctx context.Context, winner plan.Task) error
	// start starts the import of what was sent. Where its outcome is unknown, the next look
	// tells what it came to.
	start(ctx context.Context, winner plan.Task) error
}

func (t *task) payload() payload {
	if t.change.Desired.Payload.Served() {
		return served{t}
	}
	return uploaded{t}
}

// uploaded is one archive, which an import uses up.
type uploaded struct{ of *task }

func (u uploaded) sent(winner plan.Task) bool { return u.of.sent == winner.ID }

func (u uploaded) send(ctx context.Context, winner plan.Task) error {
	return u.of.upload(ctx, winner.ID)
}

func (u uploaded) start(ctx context.Context, winner plan.Task) error {
	_, err := u.of.server.FinishUpload(ctx, winner.ID, dataParams(u.of.change.Desired))
	u.of.sent = 0 // whatever it comes to
	return err
}

// served are files that the server reads by itself: there is nothing to send, and their names go
// with the request that starts the import. A task that has data has the names, too: CVAT keeps
// both or neither, and only requests that fit the marker, all of one list, are sent to a task of
// ours. It takes no name twice, so to such a task none is sent.
type served struct{ of *task }

func (served) sent(plan.Task) bool { return true }

func (served) send(context.Context, plan.Task) error { return nil }

func (s served) start(ctx context.Context, winner plan.Task) error {
	p := dataParams(s.of.change.Desired)
	if winner.HasData {
		_, err := s.of.server.FinishUpload(ctx, winner.ID, p)
		return err
	}
	// CVAT takes the frames' sizes from a list, and their context images from what is named, whether the list has them or
	// not (measured on 2.73).
	d := s.of.change.Desired
	files := d.ServerFiles
	if files == nil {
		files = d.Frames
	}
	p.ServerFiles = slices.Concat(files, d.ContextFiles)
	if m := d.Payload.Manifest; m != "" {
		p.ServerFiles = append(p.ServerFiles, m)
	}
	_, err := s.of.server.ImportServerFiles(ctx, winner.ID, p)
	return err
}

// checkSizes compares, for the first, the middle and the last image, the size that the server took
// from a list in the storage with that of the image. It believes the list, and annotations would be
// exported for pictures of another size.
func (t *task) checkSizes(ctx context.Context, id int, frames []cvat.FrameMeta) error {
	list := t.change.Desired.Payload.Manifest
	if list == "" {
		return nil
	}
	for _, i := range observe.Sample(len(frames)) {
		width, height, err := t.sizeOf(ctx, id, i, frames[i].Name)
		if err != nil {
			return fmt.Errorf("image %s: %w", frames[i].Name, err)
		}
		if f := frames[i]; width != 0 && (f.Width != width || f.Height != height) {
			return &sizeError{task: id, list: list, image: f.Name, said: [2]int{f.Width, f.Height}, is: [2]int{width, height}}
		}
	}
	return nil
}

// maxSample bounds the image that is read into memory; a larger one tells nothing.
const maxSample = 128 << 20

// sizeOf reads an image's header through the server; 0 where it does not tell.
func (t *task) sizeOf(ctx context.Context, id, frame int, name string) (width, height int, err error) {
	r, err := t.server.Frame(ctx, id, frame)
	if err != nil {
		return 0, 0, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxSample))
	if err != nil || len(data) == maxSample {
		return 0, 0, err
	}
	h, err := imageheader.Read(bytes.NewReader(data), int64(len(data)), name)
	if err != nil {
		return 0, 0, nil // CVAT took it
	}
	return h.Width, h.Height, nil
}

// unanswered counts the starts whose outcome is unknown; too many are an error.
func (t *task) unanswered(err error) error {
	t.unknown++
	if t.unknown > maxLost {
		return errors.Join(errors.New("its import could not be started"), err)
	}
	t.tell(Event{Task: t.change.Task, Index: t.index, Phase: Retrying, Err: err})
	return nil
}
