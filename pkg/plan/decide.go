package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/limits"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// Decide judges one desired task by the tasks of its name, or of names that it had before;
// those of other projects do not count. It is what [Diff] does for each task and what apply
// does again each time it has looked.
func Decide(d Desired, named []Task, project int, o Options) Change {
	same := slices.DeleteFunc(slices.Clone(named), func(t Task) bool { return t.ProjectID != project || project == 0 })
	return decide(d, current(d, byName(same)), newSkipper(o.Skip), o)
}

// current are the tasks of the name, or, where there are none, of a name that it had before.
func current(d Desired, named map[Name][]Task) []Task {
	tasks := named[NameOf(d.Task)]
	if len(tasks) > 0 {
		return tasks
	}
	for _, was := range d.Was {
		tasks = append(tasks, named[NameOf(was)]...)
	}
	return tasks
}

func decide(d Desired, same []Task, skips skipper, o Options) Change {
	c := Change{
		Task: d.Task, Bag: d.Bag, Camera: d.Camera, Origin: d.Origin,
		Frames: len(d.Frames), Desired: d, Actual: rank(same),
	}
	if s, ok := skips.find(d.Task); ok {
		return c.because(Skipped, diag.CodeSkip, "the manifest skips it: "+orElse(s.Reason, "no reason given"))
	}
	if o.IndexOnly && slices.ContainsFunc(d.Problems, aboutIndex) {
		return c.bad()
	}
	if o.Offline {
		return c.because(Wanted, diag.CodeOffline, "").sending()
	}
	if len(c.Actual) == 0 {
		return c.because(Create, diag.CodeNoTask, "no task has this name").sending()
	}
	c.ID, c.URL, c.Owner = c.Actual[0].ID, c.Actual[0].URL, c.Actual[0].Owner
	switch stageOf(c.Actual[0]) {
	case holding:
		return c.holding(o)
	case importing:
		return c.importing()
	default:
		return c.empty(o)
	}
}

// aboutIndex reports whether a problem is of the committed index, not of the images.
func aboutIndex(p Diagnostic) bool {
	return slices.Contains([]diag.Code{diag.CodeUnindexed, diag.CodeStaleIndex}, p.Code)
}

// importing: the server is at it. Nothing may be sent or deleted meanwhile.
func (c Change) importing() Change {
	t := c.Actual[0]
	hash, ours := ParseMarker(t.BugTracker)
	if !ours {
		c.Reason.Hint = diag.Do(diag.HintPlanAfterImport)
		return c.because(Blocked, diag.CodeImportingForeign,
			fmt.Sprintf("%s is importing, and is not managed by cvatplan", describe(t)))
	}
	if c.otherArchive(hash) {
		c.Reason.Hint = diag.Do(diag.HintPlanAfterImportOrRestore)
		return c.because(Blocked, diag.CodeImportingOtherArchive,
			fmt.Sprintf("%s is importing other files than these", describe(t)))
	}
	return c.because(Wait, diag.CodeImporting, fmt.Sprintf("the server is importing %s (%s)", describe(t), t.Import))
}

// empty: a task without frames, whose marker decides whose it is.
func (c Change) empty(o Options) Change {
	t := c.Actual[0]
	hash, ours := ParseMarker(t.BugTracker)
	switch {
	case !ours && o.mayReplace(c.Task):
		return c.because(Replace, diag.CodeTakenOver, fmt.Sprintf("%s is empty and was named for replacement", describe(t))).replacing(o)
	case !ours:
		c.Reason.Hint = diag.Do(diag.HintReplaceNamed, c.Task)
		return c.because(Blocked, diag.CodeEmptyForeign, fmt.Sprintf("%s is empty and not managed by cvatplan: somebody may be uploading to it", describe(t)))
	case c.otherArchive(hash):
		return c.because(Replace, diag.CodeFilesChanged, fmt.Sprintf("the files changed since %s was begun", describe(t))).replacing(o)
	case t.Import == ImportFailed && !c.Desired.Payload.Retryable(t.ImportError):
		return c.because(Replace, diag.CodeImportFailed, fmt.Sprintf("the import of %s failed permanently: %s", describe(t), wording.OneLine(t.ImportError))).replacing(o)
	case t.Import == ImportFailed && o.mayReplace(c.Task):
		return c.because(Replace, diag.CodeImportFailed, fmt.Sprintf("the import of %s failed: %s", describe(t), wording.OneLine(t.ImportError))).replacing(o)
	case t.Import == ImportFailed:
		again := "the files are sent again"
		if c.Desired.Payload.Served() {
			again = "it is started again"
		}
		return c.because(Resume, diag.CodeImportFailed, fmt.Sprintf("the import of %s failed: %s; %s", describe(t), wording.OneLine(t.ImportError), again)).sending()
	default:
		return c.because(Resume, diag.CodeUnfinished, fmt.Sprintf("%s was begun and not finished", describe(t))).sending()
	}
}

// otherArchive reports whether the marker's hash is not this task's. Before it is measured that is not known.
func (c Change) otherArchive(hash string) bool {
	if Marker(hash) == Tombstone {
		return true
	}
	return c.Desired.Hash != "" && hash != c.Desired.Hash
}

// sending marks that the frames are to be sent, unless they cannot be.
func (c Change) sending() Change {
	if len(c.Desired.Problems) > 0 {
		return c.bad()
	}
	if size := archiveSize(c.Desired); size > limits.MaxUpload && !c.Desired.Payload.Served() {
		c.Reason.Hint = diag.Do(diag.HintSplitBag)
		return c.because(Blocked, diag.CodeTooLarge, fmt.Sprintf("its images make an archive of %s, CVAT takes %s",
			wording.Bytes(size), wording.Bytes(limits.MaxUpload)))
	}
	if why := unfitValidation(c.Desired); why != "" {
		c.Reason.Hint = diag.Do(diag.HintCorrectValidation)
		return c.because(Blocked, diag.CodeBadValidation, why)
	}
	c.Upload, c.Bytes = true, c.Desired.Bytes
	return c
}

// bad blocks the task by its local frames: all of them are named.
func (c Change) bad() Change {
	texts := make([]string, len(c.Desired.Problems))
	for i, p := range c.Desired.Problems {
		texts[i] = p.Text
		if c.Reason.Hint == (Hint{}) {
			c.Reason.Hint = p.Hint
		}
	}
	return c.because(Blocked, c.Desired.Problems[0].Code, strings.Join(texts, "; "))
}

func (c Change) replacing(o Options) Change {
	c = c.sending()
	if c.Action == Replace && !o.ReplaceEmpty {
		c.Upload, c.Bytes = false, 0
		c.Reason.Hint = diag.Do(diag.HintReplaceEmpty)
	}
	return c
}

func (c Change) because(a Action, code diag.Code, text string) Change {
	c.Action = a
	c.Reason = Diagnostic{Severity: diag.SeverityOf(code), Code: code, Text: text, Hint: c.Reason.Hint}
	c.Upload, c.Bytes = false, 0
	return c
}

// archiveSize is the least that the stored zip takes: each frame and context image, its two headers and
// its name twice, the end record. internal/archive has the exact number, once measured.
func archiveSize(d Desired) int64 {
	if d.Kind == manifest.KindVideo {
		return d.Bytes // the file as it is
	}
	size := max(d.Bytes, 0) + 22
	for _, name := range d.Frames {
		size += int64(30 + 46 + 2*len(name))
	}
	for _, c := range d.Context {
		size += int64(c.Images * (30 + 46 + 2*len("related_images/"+c.Name)))
	}
	return size
}

func describe(t Task) string {
	if t.Owner == "" {
		return fmt.Sprintf("task %d", t.ID)
	}
	return fmt.Sprintf("task %d of %s", t.ID, t.Owner)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
