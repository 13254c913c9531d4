package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// holding: the first task of the name has frames, so nothing is ever sent to it.
func (c Change) holding(o Options) Change {
	t := c.Actual[0]
	if n := holders(c.Actual); n > 1 {
		return c.several(c.Actual[:n])
	}
	if why := otherDimension(c.Desired, t); why != "" {
		c.Reason.Hint = diag.Do(diag.HintSplitProject)
		return c.because(Blocked, diag.CodeDimension, why)
	}
	c.Leftovers = leftovers(c.Actual)
	c.Missing, c.Extra = difference(c.Desired.Frames, t)
	hash, ours := ParseMarker(t.BugTracker)
	differs := t.Size != len(c.Desired.Frames) || len(c.Missing)+len(c.Extra) > 0
	switch {
	case (differs || ours) && len(c.Desired.Problems) > 0:
		return c.bad() // what it should hold is not known
	case differs:
		return c.drift(t)
	case ours && c.otherArchive(hash):
		c.Before, c.After = State{Frames: t.Size, Archive: hash}, State{Frames: t.Size, Archive: c.Desired.Hash}
		c.Reason.Hint = diag.Do(diag.HintRestoreFiles)
		return c.because(Drift, diag.CodeArchiveDiffers, fmt.Sprintf("%s was imported from other files than these", describe(t)))
	case ours:
		return c.because(Resume, diag.CodeUnverified, fmt.Sprintf("%s was imported and not yet verified", describe(t)))
	case len(c.Leftovers) > 0:
		return c.because(Resume, diag.CodeLeftover, fmt.Sprintf("%s is complete; an empty task that cvatplan left next to it is removed: %s", describe(t), ids(c.Leftovers)))
	default:
		return c.updating(o)
	}
}

func (c Change) drift(t Task) Change {
	c.Before, c.After = State{Frames: t.Size}, State{Frames: len(c.Desired.Frames)}
	c.Reason.Hint = diag.Do(diag.HintAdaptManifest)
	if t.Size == len(c.Desired.Frames) {
		return c.because(Drift, diag.CodeNamesDiffer, fmt.Sprintf("%s holds as many frames, but %d of other names", describe(t), max(len(c.Missing), len(c.Extra))))
	}
	return c.because(Drift, diag.CodeFramesDiffer, fmt.Sprintf("%s holds %s, the manifest says %d", describe(t), wording.Count(t.Size, "frame", "frames"), len(c.Desired.Frames)))
}

func (c Change) several(tasks []Task) Change {
	c.Reason.Hint = diag.Do(diag.HintKeepOne)
	return c.because(Conflict, diag.CodeSeveralTasks, "several tasks with frames have this name: "+ids(tasks))
}

// Without gives those of names that are not among others.
func Without(names, others []string) []string {
	known := make(map[string]bool, len(others))
	for _, name := range others {
		known[name] = true
	}
	var left []string
	for _, name := range names {
		if !known[name] {
			left = append(left, name)
		}
	}
	return left
}

// difference tells which names only one side has; nothing if the server's are not known.
func difference(want []string, t Task) (missing, extra []string) {
	if t.Frames == nil {
		return nil, nil
	}
	balance := make(map[string]int, len(want))
	for _, name := range want {
		balance[name]++
	}
	for _, name := range t.Frames {
		if balance[name] == 0 {
			extra = append(extra, name)
			continue
		}
		balance[name]--
	}
	for _, name := range want {
		if balance[name] > 0 {
			balance[name]--
			missing = append(missing, name)
		}
	}
	return missing, extra
}

// reordered reports whether the frames are the same but stand in another order.
func reordered(d Desired, t Task) bool {
	if t.Frames == nil || slices.Equal(d.Frames, t.Frames) {
		return false
	}
	random := d.Settings.SortingMethod != nil && *d.Settings.SortingMethod == "random"
	missing, extra := difference(d.Frames, t)
	return !random && len(missing)+len(extra) == 0
}

func ids(tasks []Task) string {
	words := make([]string, len(tasks))
	for i, t := range tasks {
		words[i] = fmt.Sprint(t.ID)
	}
	return strings.Join(words, ", ")
}
