package planfile

import (
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Unsure are the ids of tasks that would be the plan's own work if they hold its frames.
// Whoever calls [Project.Since] asks for their names before (plan.Task.Frames); without them
// they count as somebody else's.
func (p Project) Unsure(now plan.Plan) []int {
	current := changes(now)
	var ids []int
	for _, c := range p.Plan().Changes {
		if !actionable(c) {
			continue
		}
		for _, t := range current[plan.NameOf(c.Task)].Actual {
			if !marked(t) && t.Size > 0 && t.Size == c.Frames && t.Frames == nil && !unchanged(c, t) {
				ids = append(ids, t.ID)
			}
		}
	}
	return ids
}

// tasksSince tells in what the server's tasks of one name changed, but for what carrying out was does.
func tasksSince(was, now plan.Change) string {
	for _, t := range now.Actual {
		if !unchanged(was, t) && !made(was, t) {
			return foreign(was, t)
		}
	}
	for _, t := range was.Actual {
		if !holds(now.Actual, t.ID) && !removed(was, now, t) {
			return fmt.Sprintf("task %d is gone", t.ID)
		}
	}
	return ""
}

func holds(tasks []plan.Task, id int) bool {
	return slices.ContainsFunc(tasks, func(t plan.Task) bool { return t.ID == id })
}

// find is the task as it was when the plan was saved.
func find(was plan.Change, id int) (plan.Task, bool) {
	i := slices.IndexFunc(was.Actual, func(t plan.Task) bool { return t.ID == id })
	if i < 0 {
		return plan.Task{}, false
	}
	return was.Actual[i], true
}

// unchanged: of all that a task has, its frames and its marker decide.
func unchanged(was plan.Change, t plan.Task) bool {
	old, known := find(was, t.ID)
	return known && old.Size == t.Size && marker(old) == marker(t)
}

// made reports whether a task is as carrying out was makes one: on its way or done.
func made(was plan.Change, t plan.Task) bool {
	switch {
	case !actionable(was):
		return false
	case t.BugTracker == plan.Tombstone:
		return t.Size == 0
	case marked(t):
		return marker(t) == was.Desired.Hash && (t.Size == 0 || t.Size == was.Frames)
	}
	return t.Size > 0 && sameSet(t.Frames, was.Desired.Frames)
}

// removed reports whether was does away with a task: to replace it, or because another one holds the frames.
func removed(was, now plan.Change, t plan.Task) bool {
	if !actionable(was) || t.Size > 0 {
		return false
	}
	replaced := was.Action == plan.Replace && was.Upload
	return replaced || marked(t) && slices.ContainsFunc(now.Actual, func(t plan.Task) bool { return t.Size > 0 })
}

func foreign(was plan.Change, t plan.Task) string {
	old, known := find(was, t.ID)
	switch {
	case !known:
		return fmt.Sprintf("task %d%s has that name and is not this plan's work", t.ID, of(t))
	case old.Size != t.Size:
		return fmt.Sprintf("task %d%s had %d frames and has %d", t.ID, of(t), old.Size, t.Size)
	}
	return fmt.Sprintf("the marker of task %d%s is another one", t.ID, of(t))
}

func of(t plan.Task) string {
	if t.Owner == "" {
		return ""
	}
	return " of " + t.Owner
}

func marker(t plan.Task) string {
	hash, _ := plan.ParseMarker(t.BugTracker)
	return hash
}

func marked(t plan.Task) bool { return marker(t) != "" }

// sameSet: sorting_method random leaves the order to the server.
func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
