package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const projectTries = 5 // creations of one project, each of whose answers was lost

// ensureProject makes the project what the plan says, before any task.
func (r *run) ensureProject(ctx context.Context) error {
	change := r.plan.Project
	if change.Action == plan.ProjectBlocked {
		return &blockedError{change.Problems}
	}
	found := observe.Found{ID: r.plan.Scope.ProjectID, Name: change.Name}
	if change.Action == plan.ProjectCreate || change.Action == plan.ProjectFinish {
		var err error
		if found, err = r.claim(ctx, change); err != nil {
			return fmt.Errorf("project %q: %w", change.Name, err)
		}
	}
	r.deleteDuplicate(ctx, found.Leftovers)
	r.leftovers = len(found.Leftovers) > 0
	r.settled(found)
	if r.result.Project.Created { // with its labels
		return nil
	}
	if found.ID != r.plan.Scope.ProjectID { // the plan knows nothing of this one's
		change = plan.ProjectChange{Name: change.Name, Labels: r.plan.Options.Project.Labels}
	}
	if err := r.changeLabels(ctx, found.ID, change); err != nil {
		return fmt.Errorf("labels of project %q: %w", change.Name, err)
	}
	if change.Action == plan.ProjectCreate || change.Unclaimed {
		return nil // it was given its guide before it was claimed
	}
	if err := r.setGuide(ctx, found.ID, change.Guide); err != nil {
		return fmt.Errorf("guide of project %q: %w", change.Name, err)
	}
	return nil
}

// claim finds or creates the project and clears the mark of an unfinished creation, which
// tells other runs that this is the one. It looks right before, for the plan may be old, and
// after, for two may be claimed at once. One that is gone by then was given up by its run.
func (r *run) claim(ctx context.Context, change plan.ProjectChange) (observe.Found, error) {
	for range projectTries {
		found, err := r.createProject(ctx, change)
		if err != nil || !found.Unclaimed {
			return found, err
		}
		if err = r.setGuide(ctx, found.ID, change.Guide); err == nil {
			err = r.server.SetProjectBugTracker(ctx, found.ID, "")
		}
		switch {
		case err == nil:
			r.claimed = found.ID
		case errors.Is(err, cvat.ErrNotFound) && r.result.Project.ID == found.ID:
			r.result.Project = ProjectResult{}
		case !errors.Is(err, cvat.ErrNotFound) && !errors.Is(err, cvat.ErrUnknownOutcome):
			return found, err
		}
	}
	return observe.Found{}, errUnsettled
}

// createProject finds the project or creates it, marked as unfinished, and looks again:
// another run may have done the same.
func (r *run) createProject(ctx context.Context, change plan.ProjectChange) (observe.Found, error) {
	for try := 0; ; try++ {
		var found observe.Found
		var err error
		if !r.justSeen() {
			found, err = r.find(ctx)
		}
		if err != nil || found.ID != 0 {
			return found, err
		}
		if r.result.Project.ID == 0 {
			err = r.createOnce(ctx, change)
		}
		if err != nil && !errors.Is(err, cvat.ErrUnknownOutcome) {
			return found, err
		}
		if try == projectTries {
			return found, errors.Join(errors.New("it was created and cannot be found"), err)
		}
		if err := r.pause(ctx, time.Duration(try)*time.Second); err != nil {
			return found, err
		}
	}
}

// justSeen: the plan's own look found no project, a moment ago. It counts once.
func (r *run) justSeen() bool {
	seen := r.absent
	r.absent = time.Time{}
	return time.Since(seen) < recentTime
}

func (r *run) createOnce(ctx context.Context, change plan.ProjectChange) error {
	p, err := r.server.CreateProject(ctx, change.Name, plan.ProjectMarker, labels(r.plan.Options.Project.Labels))
	if err != nil {
		return err
	}
	r.result.Project.ID, r.result.Project.Created = p.ID, true
	return nil
}

// find looks the project up. Two runs may claim one each at the same moment: then the
// lower id wins, and the other run gives its own up.
func (r *run) find(ctx context.Context) (observe.Found, error) {
	wanted := r.plan.Options.Project
	for try := 1; ; try++ {
		found, err := observe.FindProject(ctx, r.server, wanted)
		var several *observe.ProjectError
		if !errors.As(err, &several) || try == projectTries {
			return found, err
		}
		projects, listErr := observe.ProjectsNamed(ctx, wanted.Name, r.server.ListProjects)
		own := cmp.Or(r.claimed, r.result.Project.ID)
		switch {
		case listErr != nil || len(projects) < 2:
			return found, errors.Join(err, listErr)
		case projects[0].ID == own:
			return observe.Found{ID: own, Name: wanted.Name}, nil
		case own != 0:
			err = r.server.SetProjectBugTracker(ctx, own, plan.ProjectMarker)
		default:
			err = r.pause(ctx, time.Second) // for one of the other runs to give its own up
		}
		if err != nil {
			return found, err
		}
	}
}

// settled: this is the project that the tasks go to.
func (r *run) settled(found observe.Found) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.projectID = found.ID
	if found.ID == 0 { // it is not there, and nothing is done that needs it
		r.result.Project = ProjectResult{Name: found.Name}
		return
	}
	created := r.result.Project.Created && r.result.Project.ID == found.ID
	before := r.result.Project
	r.result.Project = ProjectResult{ID: found.ID, Name: found.Name, URL: r.server.ProjectURL(found.ID), Created: created, Changed: before.Changed, Warnings: before.Warnings}
	if created {
		for _, l := range r.plan.Options.Project.Labels {
			r.result.Project.Labels = append(r.result.Project.Labels, l.Name)
		}
		r.result.Hints = append(r.result.Hints, diag.Do(diag.HintPinProject, found.Name, strconv.Itoa(found.ID)))
	}
}

// deleteDuplicate removes this run's own project at once if another is the one. Eight runs that
// removed each other's would only be in each other's way.
func (r *run) deleteDuplicate(ctx context.Context, leftovers []int) {
	if own := r.result.Project.ID; slices.Contains(leftovers, own) {
		r.removeProject(ctx, own)
	}
}

// sweep removes, when all else is done, empty projects that were next to the project when it was
// settled: by now their runs have removed them, or are dead. What cannot be removed, or came later,
// is found by the next plan.
func (r *run) sweep(ctx context.Context) {
	if !r.leftovers || r.over(ctx) {
		return
	}
	found, err := observe.FindProject(ctx, r.server, r.plan.Options.Project)
	if err != nil {
		return
	}
	for _, id := range found.Leftovers {
		r.removeProject(ctx, id)
	}
}

// removeProject removes a project that still has the mark and holds no task.
func (r *run) removeProject(ctx context.Context, id int) {
	p, err := r.server.Project(ctx, id)
	if err == nil && p.BugTracker == plan.ProjectMarker && p.Tasks.Count != nil && *p.Tasks.Count == 0 {
		_ = r.server.DeleteProject(ctx, id)
	}
}

// refind looks the project up again, after the server said that it is gone, and reports
// whether it is another one now: a run that lost a race may have learnt it late.
func (r *run) refind(ctx context.Context, gone int) (bool, error) {
	if r.plan.Options.Project.ID != 0 {
		return false, nil
	}
	found, err := observe.FindProject(ctx, r.server, r.plan.Options.Project)
	if err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.projectID == gone && found.ID != 0 {
		r.projectID = found.ID
		r.result.Project = ProjectResult{ID: found.ID, Name: found.Name, URL: r.server.ProjectURL(found.ID)}
	}
	return r.projectID != gone, nil
}
