package report

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/apply"
)

func resultRow(r apply.TaskResult) row {
	s := outcomeSigns[r.Outcome]
	if r.Outcome == apply.Left {
		s = signOf(r.Action)
	}
	return row{s, r.Task, frames(r.Frames), sent(r), resultReason(r)}
}

// sent is what this run uploaded of the task.
func sent(r apply.TaskResult) string {
	if r.Sent == 0 {
		return ""
	}
	return wording.Bytes(r.Sent)
}

func resultReason(r apply.TaskResult) string {
	link := ""
	if r.ID != 0 {
		link = joinNonEmpty(" ", fmt.Sprintf("#%d", r.ID), r.URL)
	}
	switch {
	case r.Err != nil:
		return r.Err.Error()
	case r.Outcome == apply.Done || r.Outcome == apply.Pending || r.Outcome == apply.Unchanged:
		return link
	case r.Outcome == apply.Stopped:
		return "not finished: apply again goes on with it"
	}
	return r.Reason.Text
}

// runAgain says whether running again helps.
func runAgain(r apply.TaskResult) string {
	switch {
	case r.Outcome != apply.Failed:
		return ""
	case r.Retryable:
		return "running apply again helps: it goes on where this run ended"
	}
	return "running apply again does not help before the cause is fixed"
}
