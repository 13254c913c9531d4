package report

import (
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A taskState is a task as it is (change.before), or as the manifest says (change.after).
// Settings that are not known, or not written, are left out.
type taskState struct {
	ID          int    `json:"id,omitempty"`
	Name        string `json:"name"`
	Project     string `json:"project,omitempty"`
	Frames      int    `json:"frames"`
	Owner       string `json:"owner,omitempty"`
	URL         string `json:"url,omitempty"`
	Import      string `json:"import,omitempty"`
	ImportError string `json:"import_error,omitempty"`
	Archive     string `json:"archive,omitempty"`
	manifest.Settings
}

// serverState is a task as the server lists it.
func serverState(t plan.Task) taskState {
	s := taskState{
		ID: t.ID, Name: t.Name, Project: t.ProjectName, Frames: t.Size, Owner: t.Owner, URL: t.URL,
		Import: string(t.Import), ImportError: t.ImportError,
		Settings: t.Settings,
	}
	s.Archive, _ = plan.ParseMarker(t.BugTracker)
	s.BugTracker = &t.BugTracker
	return s
}

func serverStates(tasks []plan.Task) []taskState {
	states := make([]taskState, len(tasks))
	for i, t := range tasks {
		states[i] = serverState(t)
	}
	return states
}

// before is the task that was judged, or null. One under another
// name (renamed) is known by the difference alone.
func before(c plan.Change) any {
	if len(c.Actual) > 0 {
		return serverState(c.Actual[0])
	}
	if c.ID == 0 {
		return nil
	}
	return taskState{ID: c.ID, Name: c.Before.Name, Frames: c.Before.Frames, Owner: c.Owner, URL: c.URL}
}

// after is what the manifest says; what the manifest does not name stays as it is.
func after(c plan.Change) any {
	if c.Action == plan.Unmanaged || c.Action == plan.Skipped {
		return before(c)
	}
	if c.Action == plan.Update {
		return updated(c)
	}
	return taskState{
		Name: c.Task, Frames: len(c.Desired.Frames), Archive: c.Desired.Hash, Settings: c.Desired.Settings,
	}
}

// updated is the task as it will be: as it is, but for what apply changes.
func updated(c plan.Change) taskState {
	s := serverState(c.Actual[0])
	for _, u := range c.Updates {
		switch after := u.After; u.Key {
		case "name":
			s.Name = after
		case "subset":
			s.Subset = &after
		case "bug_tracker":
			s.BugTracker = &after
		case "assignee":
			s.Assignee = &after
		}
	}
	return s
}
