package apply

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const (
	maxLost   = 3 // creations of one task, each of whose answers was lost
	lostLooks = 3 // looks for a task whose creation was not answered
)

// A creation is what this run has done to create the task.
type creation struct {
	made      int       // the task that this run created and did not remove; 0 none
	lost      int       // creations whose answer was lost: maxLost
	busySince time.Time // since when it is refused because the project is busy
}

// create creates the task, which the look before has not found. The next look finds it,
// and whatever other runs created meanwhile.
func (t *task) create(ctx context.Context) (decision, error) {
	if t.working != 0 {
		return lookAgain, t.missed(ctx)
	}
	project := t.run.project()
	n := newTask(t.change.Desired, project)
	assignee, err := t.assignee(ctx)
	if err != nil {
		return ended, err
	}
	n.AssigneeID = assignee
	t.phase(Creating)
	t.announce()
	began := time.Now()
	made, err := t.run.server.CreateTask(ctx, n)
	if err == nil {
		t.creation.made, t.working = made.ID, made.ID
		t.run.slots.answered(time.Since(began))
		t.place.announced = false
		if t.files.Archive == nil || t.files.Archive.Size() <= soonCreated {
			t.releaseSlot() // others are created meanwhile, which the look then tells of too
		}
		listed, err := t.run.lookups.created(ctx, t.spellings())
		if err != nil {
			return ended, err
		}
		return lookAgain, t.decide(ctx, listed)
	}
	t.unannounce()
	switch {
	case errors.Is(err, cvat.ErrBusy):
		return waited, t.waitBusy(ctx, err)
	case errors.Is(err, cvat.ErrUnknownOutcome) && t.creation.lost < maxLost:
		t.creation.lost++
		return lookAgain, t.findCreated(ctx, project, err)
	case projectGone(err):
		elsewhere, findErr := t.run.refind(ctx, project)
		if elsewhere {
			return lookAgain, nil
		}
		return ended, errors.Join(err, findErr)
	}
	return ended, err
}

// waitBusy waits before a creation that CVAT refused because an import holds the project: it is tried again at the pace
// at which imports are asked for, as long as any of the run's moves, or for as long as one may stand still.
func (t *task) waitBusy(ctx context.Context, busy error) error {
	t.run.slots.busy()
	if t.creation.busySince.IsZero() {
		t.creation.busySince = time.Now()
	}
	moved := latest(t.run.imports.moved(), t.creation.busySince)
	if time.Since(moved) >= t.run.o.WaitTimeout {
		return busy
	}
	t.tell(Event{Phase: Retrying, Err: busy})
	return t.run.pause(ctx, min(max(time.Since(t.creation.busySince)/2, firstPoll), lastPoll))
}

// announce lets other look-ups wait for this task's, once it is created.
func (t *task) announce() {
	if !t.place.announced && t.change.Action == plan.Create {
		t.place.announced = true
		t.run.lookups.announce()
	}
}

func (t *task) unannounce() {
	if t.place.announced {
		t.place.announced = false
		t.run.lookups.unannounce()
	}
}

// missed: the look did not find the task that this run is at work on. Either it is gone, which is
// an ErrNotFound here if this run created it, or a person took it, or the list is behind.
func (t *task) missed(ctx context.Context) error {
	err := t.checkTaken(ctx, t.working)
	if errors.Is(err, cvat.ErrNotFound) && t.working != t.creation.made {
		t.working = 0
		return nil
	}
	if err != nil {
		return err
	}
	return t.run.pause(ctx, time.Second)
}

// checkTaken reads a task by its id, and is a [takenError] where somebody renamed it, or moved it out of the project.
func (t *task) checkTaken(ctx context.Context, id int) error {
	project := t.run.project()
	found, err := t.run.server.Task(ctx, id)
	switch {
	case err != nil:
		return err
	case plan.NameOf(found.Name) != plan.NameOf(t.change.Task):
		return &takenError{
			task: id, what: fmt.Sprintf("renamed from %q to %q", t.change.Task, found.Name),
			code: diag.CodeRenamed, hint: diag.Do(diag.HintRenameBack, t.change.Task),
		}
	case !inProject(found, project):
		return &takenError{
			task: id, what: fmt.Sprintf("moved out of project %d into %s", project, projectOf(found)),
			code: diag.CodeMoved, hint: diag.Do(diag.HintMoveBack, strconv.Itoa(project)),
		}
	}
	return nil
}

func inProject(t *cvat.Task, project int) bool { return t.ProjectID != nil && *t.ProjectID == project }

func projectOf(t *cvat.Task) string {
	if t.ProjectID == nil {
		return "no project"
	}
	return fmt.Sprintf("project %d", *t.ProjectID)
}

// assignee is the id of the user that the manifest names. The plan knows it, unless it
// did not expect that this task would have to be created.
func (t *task) assignee(ctx context.Context) (*int, error) {
	return t.userID(ctx, or(t.change.Desired.Settings.Assignee, ""))
}

// userID is nil for nobody.
func (t *task) userID(ctx context.Context, name string) (*int, error) {
	if name == "" {
		return nil, nil
	}
	if id, known := t.run.plan.Users[name]; known {
		return &id, nil
	}
	u, err := t.run.server.FindUser(ctx, name)
	if errors.Is(err, cvat.ErrNotFound) {
		return nil, fmt.Errorf("assignee: the server shows no user %q", name)
	}
	if err != nil {
		return nil, err
	}
	return &u.ID, nil
}

// findCreated looks for the task of a creation that was not answered, for a while: it may still
// be carried out. If it is not found, the next look decides, and may create it again.
func (t *task) findCreated(ctx context.Context, project int, lost error) error {
	t.tell(Event{Phase: Retrying, Err: lost})
	marker := plan.Marker(t.change.Desired.Hash)
	for try := range lostLooks {
		found, err := t.run.server.ListTasks(ctx, cvat.TaskFilter{ProjectID: project, Name: t.change.Task, Marker: marker})
		if err != nil || len(found) > 0 {
			return err
		}
		if err := t.run.pause(ctx, time.Second<<try); err != nil {
			return err
		}
	}
	return nil
}

// projectGone: CVAT's words for a project that another run took for a leftover.
func projectGone(err error) bool {
	var api *cvat.APIError
	return errors.As(err, &api) && strings.Contains(api.Detail, "Project matching query does not exist")
}
