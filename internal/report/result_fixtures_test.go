package report

import (
	"errors"
	"fmt"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

var orchard = apply.ProjectResult{ID: 42, Name: "Orchard 2026", URL: "https://cvat.example.com/projects/42"}

// finished is a task that came to an end; 10 000 bytes a frame were sent.
func finished(task string, id int, o apply.Outcome) apply.TaskResult {
	r := apply.TaskResult{Task: task, Bag: "2026-03-04", Camera: "jai_cam", Action: plan.Create, Outcome: o, Frames: 50, Duration: 1500 * time.Millisecond}
	if id != 0 {
		r.ID, r.URL, r.Sent = id, fmt.Sprintf("https://cvat.example.com/tasks/%d", id), 500_000
	}
	return r
}

func oneResult() []apply.Result {
	return []apply.Result{{Project: orchard, Tasks: []apply.TaskResult{finished("jai_cam_2026-03-04", 812, apply.Done)}}}
}

// manyResults have every outcome, a warning, a project that was made, and one that could not be had.
func manyResults() []apply.Result {
	evil, warned := finished("jai_cam_"+evilName, 813, apply.Done), finished("jai_cam_2026-03-05", 814, apply.Done)
	warned.Warnings = []string{"0003.jpg \x1b[1m is upside down"}
	again, permanent := finished("jai_cam_2026-03-06", 815, apply.Failed), finished("jai_cam_2026-03-07", 816, apply.Failed)
	again.Err, again.Retryable = errors.New("PATCH /api/tasks/815/data/…: connection reset by peer"), true
	permanent.Err, permanent.Reason.Hint = errors.New("the import of task 816 failed: InvalidImageError:\n\x1b]0;x\x07 c.jpg"), say("apply with --replace-empty")
	stopped, pending := finished("jai_cam_2026-03-08", 0, apply.Stopped), finished("jai_cam_2026-03-09", 817, apply.Pending)
	stopped.Retryable = true
	refused, drifted := finished("jai_cam_2026-03-10", 0, apply.Refused), finished("jai_cam_2026-03-11", 818, apply.Left)
	refused.Action, refused.Reason = plan.Conflict, diag.Diagnostic{Code: diag.CodeSeveralTasks, Text: "several tasks with frames have this name: 1, 2", Hint: say("keep one")}
	drifted.Action, drifted.Reason, drifted.Sent = plan.Drift, diag.Diagnostic{Code: diag.CodeFramesDiffer, Text: "task 818 holds 28 frames, the manifest says 50"}, 0
	same, foreign := finished("jai_cam_2026-03-12", 819, apply.Unchanged), finished("phone", 820, apply.Left)
	same.Action, same.Sent, foreign.Action, foreign.Sent = plan.NoOp, 0, plan.Unmanaged, 0
	made := orchard
	made.Created, made.Labels = true, []string{"apple"}
	lost := errors.New("project New: 403 you may not create projects")
	return []apply.Result{
		{Project: made, Hints: []plan.Hint{say("pin the new project: project: {id: 42}")}, Tasks: []apply.TaskResult{
			again, evil, warned, permanent, stopped, pending, refused, drifted, same, foreign,
		}},
		{Project: apply.ProjectResult{Name: "New"}, Err: lost, NotAllowed: lost, Tasks: []apply.TaskResult{finished("run7", 0, apply.Stopped)}},
	}
}

func bigResult() []apply.Result {
	r := apply.Result{Project: orchard}
	for i := range 10_000 {
		o := apply.Unchanged
		if i%10 == 0 {
			o = apply.Done
		}
		t := finished(fmt.Sprintf("run-%05d", i), i+1, o)
		if o == apply.Unchanged {
			t.Action, t.Sent = plan.NoOp, 0
		}
		r.Tasks = append(r.Tasks, t)
	}
	return []apply.Result{r}
}
