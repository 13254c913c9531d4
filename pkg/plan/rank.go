package plan

import (
	"cmp"
	"slices"
)

// A stage is how far a task has come; a higher one wins among equal names.
type stage int

const (
	empty     stage = iota
	importing       // the server is at it: hands off
	holding         // it has frames
)

func stageOf(t Task) stage {
	if t.Size > 0 {
		return holding
	}
	if t.Import == ImportQueued || t.Import == ImportStarted {
		return importing
	}
	return empty
}

// rank puts the task that every run of ours agrees on first: frames beat importing,
// importing beats empty, then the lowest id. It returns a new slice.
func rank(tasks []Task) []Task {
	ranked := slices.Clone(tasks)
	slices.SortFunc(ranked, func(a, b Task) int {
		return cmp.Or(cmp.Compare(stageOf(b), stageOf(a)), cmp.Compare(a.ID, b.ID))
	})
	return ranked
}

// holders counts the ranked tasks that have frames.
func holders(ranked []Task) int {
	n := slices.IndexFunc(ranked, func(t Task) bool { return stageOf(t) != holding })
	if n < 0 {
		return len(ranked)
	}
	return n
}

// leftovers are the tasks of ours that are empty next to the first, which has frames:
// what a run leaves whose creation was answered too late, or that lost a race.
func leftovers(ranked []Task) []Task {
	if holders(ranked) == 0 {
		return nil
	}
	var left []Task
	for _, t := range ranked[1:] {
		if _, ours := ParseMarker(t.BugTracker); ours && stageOf(t) == empty {
			left = append(left, t)
		}
	}
	return left
}
