package plan

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// moved: the name stands outside the project. Creating it here would be a second one.
func (c Change) moved(t Task) Change {
	c.ID, c.URL, c.Owner = t.ID, t.URL, t.Owner
	where := "in no project"
	if t.ProjectID != 0 {
		where = strings.TrimSpace(fmt.Sprintf("in project %d %s", t.ProjectID, t.ProjectName)) // no name before 2.59
	}
	c.Before = State{Frames: t.Size, Project: t.ProjectName, Name: t.Name}
	c.After = State{Frames: c.Frames, Name: c.Task}
	c.Reason.Hint = diag.Do(diag.HintMoveBack, c.Task)
	return c.because(Moved, diag.CodeMoved, fmt.Sprintf("%s has this name and stands %s", describe(t), where))
}

// renamed finds, for tasks to be created, unmanaged tasks that hold exactly their frames.
func renamed(changes []Change, unmanaged []Task, o Options) {
	holds := make(map[[sha256.Size]byte]Task)
	for _, t := range unmanaged {
		key := frameSet(t.Frames)
		if held, ok := holds[key]; len(t.Frames) > 0 && (!ok || t.ID < held.ID) {
			holds[key] = t
		}
	}
	for i, c := range changes {
		if c.Action != Create || len(holds) == 0 || matchAny(o.CreateAnyway, c.Task) {
			continue
		}
		if t, ok := holds[frameSet(c.Desired.Frames)]; ok {
			changes[i] = c.renamed(t)
		}
	}
}

func (c Change) renamed(t Task) Change {
	c.ID, c.URL, c.Owner = t.ID, t.URL, t.Owner
	c.Before, c.After = State{Frames: t.Size, Name: t.Name}, State{Frames: c.Frames, Name: c.Task}
	c.Reason.Hint = diag.Do(diag.HintNameAs, c.Task)
	return c.because(Renamed, diag.CodeRenamed, fmt.Sprintf("%s, %q, holds exactly these frames", describe(t), t.Name))
}

// frameSet is one key for equal sets of names. No frame name holds a NUL.
func frameSet(names []string) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join(slices.Sorted(slices.Values(names)), "\x00")))
}
