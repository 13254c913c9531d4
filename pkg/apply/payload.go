package apply

import (
	"context"
	"slices"

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

func (u uploaded) sent(winner plan.Task) bool { return u.of.delivery.whole == winner.ID }

func (u uploaded) send(ctx context.Context, winner plan.Task) error {
	return u.of.upload(ctx, winner.ID)
}

func (u uploaded) start(ctx context.Context, winner plan.Task) error {
	_, err := u.of.run.server.FinishUpload(ctx, winner.ID, dataParams(u.of.change.Desired))
	u.of.delivery.whole = 0 // whatever it comes to
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
		_, err := s.of.run.server.FinishUpload(ctx, winner.ID, p)
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
	_, err := s.of.run.server.ImportServerFiles(ctx, winner.ID, p)
	return err
}
