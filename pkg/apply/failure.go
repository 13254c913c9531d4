package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

var errUnsettled = errors.New("it changes faster than it can be carried out: is another program at work on it?")

// An importError is an import that failed, in CVAT's own words.
type importError struct {
	task    int
	message string
	times   int
	payload plan.Payload
}

func (e *importError) Error() string {
	again := ""
	if e.times > 1 {
		again = fmt.Sprintf(" %d times", e.times)
	}
	text := fmt.Sprintf("the import of task %d failed%s: %s", e.task, again, wording.OneLine(e.message))
	if list := e.payload.Manifest; list != "" && (strings.Contains(e.message, "IndexError: Invalid index") || strings.Contains(e.message, "Uploaded files do no match")) {
		text += fmt.Sprintf("; the list %s lacks some of its images", list)
	}
	return text
}

// permanent: the same import would fail again, or, of files that the server reads by itself, until somebody corrects
// one of them.
func (e *importError) permanent() bool {
	return !(plan.Payload{}).Retryable(e.message) || !e.payload.Retryable(e.message)
}

// Hint says how to be rid of the task that the failure left.
func (e *importError) Hint() diag.Hint {
	if e.payload.Served() && e.payload.Retryable(e.message) {
		return diag.Do(diag.HintCorrectServed)
	}
	if e.permanent() {
		return diag.Do(diag.HintReplaceOnceFixed)
	}
	return diag.Do(diag.HintReplaceIfItGoesOn)
}

// Code names the import's failure.
func (e *importError) Code() diag.Code {
	switch {
	case strings.Contains(e.message, "No media data found"):
		return diag.CodeNoMedia
	case strings.Contains(e.message, "Too many jobs would be"):
		return diag.CodeManyJobs
	}
	return diag.CodeImportFailed
}

// A framesError is an import that ended with other frames than were sent.
type framesError struct {
	task, want, have int
	missing, extra   []string
}

func (e *framesError) Error() string {
	text := fmt.Sprintf("task %d holds %d frames where %d were sent", e.task, e.have, e.want)
	if len(e.missing) > 0 {
		text += fmt.Sprintf("; missing: %s", some(e.missing))
	}
	if len(e.extra) > 0 {
		text += fmt.Sprintf("; unexpected: %s", some(e.extra))
	}
	return text
}

// Hint says what CVAT does with files that it takes for no images.
func (e *framesError) Hint() diag.Hint {
	return diag.Do(diag.HintLeaveOutDropped)
}

// Code names the difference.
func (e *framesError) Code() diag.Code { return diag.CodeFramesDropped }

// A contextError is a frame that CVAT shows with another number of context images than were sent for it.
type contextError struct {
	task       int
	frame      string
	want, have int
}

func (e *contextError) Error() string {
	return fmt.Sprintf("task %d: frame %s has %d context images where %d were sent", e.task, e.frame, e.have, e.want)
}

// Hint says what to do about it.
func (e *contextError) Hint() diag.Hint { return diag.Do(diag.HintWithoutContext) }

// Code names the difference.
func (e *contextError) Code() diag.Code { return diag.CodeContextDropped }

// A videoError is a video of which CVAT's decoder gave other frames than its tables tell.
type videoError struct {
	task int
	want plan.Video
	file string // that CVAT holds
	have int    // its frames there

	served bool   // CVAT read it by itself: its frames came from an index
	origin string // the manifest
}

func (e *videoError) Error() string {
	if e.file != e.want.File {
		return fmt.Sprintf("task %d holds %q where the video %s was sent", e.task, e.file, e.want.File)
	}
	by := "tables tell"
	if e.served {
		by = "index tells"
	}
	return fmt.Sprintf("task %d: CVAT's decoder gave %s of %s where its %s of %d: nobody knows which frame has which number", e.task, wording.Count(e.have, "frame", "frames"), e.want.File, by, e.want.Count)
}

// Hint says how to make the frames count.
func (e *videoError) Hint() diag.Hint {
	if e.served {
		return diag.Do(diag.HintRenewIndexThere, e.origin)
	}
	return diag.Do(diag.HintEncodeAgain)
}

// Code names the difference.
func (e *videoError) Code() diag.Code { return diag.CodeVideoFrames }

// A sizeError is an image of another size than a list in its storage says.
type sizeError struct {
	task        int
	list, image string
	said, is    [2]int
}

func (e *sizeError) Error() string {
	return fmt.Sprintf("task %d: image %s has %d x %d pixels, and %s, which CVAT believes, says %d x %d", e.task, e.image, e.is[0], e.is[1], e.list, e.said[0], e.said[1])
}

// Hint says how to be rid of the sizes.
func (e *sizeError) Hint() diag.Hint { return diag.Do(diag.HintRenewList, e.list) }

// Code names the difference.
func (e *sizeError) Code() diag.Code { return diag.CodeWrongSizes }

func some(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// A timeoutError is an import without progress.
type timeoutError struct {
	task  int
	state string
	after time.Duration
}

func (e *timeoutError) Error() string {
	state := e.state
	if state == "" {
		state = "without a record"
	}
	return fmt.Sprintf("the import of task %d made no progress for %s (%s)", e.task, e.after, state)
}

// Hint says that nothing is lost.
func (e *timeoutError) Hint() diag.Hint {
	return diag.Do(diag.HintWaitLonger)
}

// Code names the wait that led nowhere.
func (e *timeoutError) Code() diag.Code { return diag.CodeImportStuck }

// A blockedError is a project for which the manifest asks what CVAT cannot do.
type blockedError struct{ problems []plan.Diagnostic }

func (e *blockedError) Error() string {
	texts := make([]string, len(e.problems))
	for i, p := range e.problems {
		texts[i] = p.Text
	}
	return strings.Join(texts, "; ")
}

// Hint is that of the first problem.
func (e *blockedError) Hint() diag.Hint { return e.problems[0].Hint }

// Code is that of the first problem.
func (e *blockedError) Code() diag.Code { return e.problems[0].Code }

// A takenError is a task that somebody renamed or moved while this run was at work on it: which name or project is right, a
// person must say.
type takenError struct {
	task int
	what string // was done with it
	code diag.Code
	hint diag.Hint
}

func (e *takenError) Error() string {
	return fmt.Sprintf("task %d was %s while this run was at work on it", e.task, e.what)
}

// end makes an error the task's result.
func (t *task) end(ctx context.Context, err error) {
	if err == nil {
		return
	}
	r := &t.result
	r.ID, r.URL, r.Err = t.change.ID, t.change.URL, err
	r.Outcome = Failed
	r.Reason = plan.Diagnostic{Severity: diag.Error, Code: codeOf(err), Hint: hintOf(err)}
	r.Retryable = retryable(err)
	cut := ctx.Err() != nil && !errors.Is(err, cvat.ErrNotAuthorised)
	if errors.Is(err, errStopped) || cut {
		r.Outcome, r.Retryable, r.Reason.Hint = Stopped, true, diag.Hint{}
	}
	var taken *takenError
	if errors.As(err, &taken) {
		r.ID, r.URL, r.Err = taken.task, t.run.server.TaskURL(taken.task), nil
		r.Outcome, r.Retryable = Refused, false
		r.Reason = plan.Diagnostic{Severity: diag.Error, Code: taken.code, Text: err.Error(), Hint: taken.hint}
	}
}

func hintOf(err error) diag.Hint {
	if errors.Is(err, archive.ErrChanged) {
		return diag.Do(diag.HintReplaceChanged)
	}
	if h := diag.HintOf(err); h != (diag.Hint{}) {
		return h
	}
	if retryable(err) {
		return diag.Do(diag.HintApplyAgain)
	}
	return diag.Hint{}
}

func codeOf(err error) diag.Code {
	switch {
	case errors.Is(err, archive.ErrChanged):
		return diag.CodeFilesChanged
	case errors.Is(err, errUnsettled):
		return diag.CodeUnsettled
	}
	return cvat.Code(err)
}

// retryable reports whether running again, with nothing else changed, may help.
func retryable(err error) bool {
	var api *cvat.APIError
	var frames *framesError
	var context *contextError
	var failed *importError
	var sizes *sizeError
	var videos *videoError
	switch {
	case errors.As(err, &videos):
		return false
	case errors.As(err, &sizes):
		return false
	case errors.Is(err, archive.ErrChanged), errors.As(err, &frames), errors.As(err, &context):
		return false
	case errors.As(err, &failed):
		return !failed.permanent()
	case errors.As(err, &api):
		return api.Status >= 500 || slices.Contains([]int{404, 409, 429}, api.Status) // gone, busy, throttled
	}
	return true
}
