package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A Job is an annotation job of a task. Jobs of a ground truth, and replicas, are not among them: they are never assigned here.
type Job struct {
	ID       int    `json:"id"`
	Start    int    `json:"start_frame"` // in the task
	Stop     int    `json:"stop_frame"`  // inclusive
	Assignee string `json:"assignee,omitempty"`
	Stage    string `json:"stage"`
	State    string `json:"state"`
}

// A JobState is what of a job is changed.
type JobState struct {
	Assignee string `json:"assignee"` // empty is nobody
	Stage    string `json:"stage"`
}

// A JobChange is what is changed in one job. Its state, such as completed, stays.
type JobChange struct {
	Job    Job // as it is
	Before JobState
	After  JobState
}

// AsksJobs reports whether the task's jobs must be listed to judge it.
func (d Desired) AsksJobs() bool { return d.Settings.Jobs != nil }

// JobChanges are what makes jobs those that the manifest asks for, in their order. Jobs that somebody has are
// left alone, unless only_unassigned is false.
func (d Desired) JobChanges(jobs []Job) []JobChange {
	s := d.Settings.Jobs
	if s == nil {
		return nil
	}
	onlyUnassigned := s.OnlyUnassigned == nil || *s.OnlyUnassigned
	var changes []JobChange
	for _, j := range jobs {
		if onlyUnassigned && j.Assignee != "" {
			continue
		}
		before := JobState{j.Assignee, j.Stage}
		after := before
		if len(s.Assignees) > 0 {
			after.Assignee = s.Assignees[pick(d, *s, j.Start)%uint64(len(s.Assignees))]
		}
		if s.Stage != "" {
			after.Stage = s.Stage
		}
		if after != before {
			changes = append(changes, JobChange{j, before, after})
		}
	}
	return changes
}

// pick is a number that belongs to the job, or to its task: by bag, camera and the name of its first frame, so
// that it is the same in a task that is made again, or renamed, and another one in each part of a bag.
func pick(d Desired, s manifest.Jobs, start int) uint64 {
	if s.By == "task" {
		start = 0
	}
	text := NameOf(d.Bag).String() + "\x00" + NameOf(d.Camera).String() + "\x00"
	if start < len(d.Frames) {
		text += NameOf(d.Frames[start]).String()
	}
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:8])
}

// unassigned: jobs that are not as the manifest says, where nobody asked to change them.
func (n noter) unassigned(changes []Change) {
	jobs, tasks, example := 0, 0, ""
	for _, c := range changes {
		if c.Action != NoOp && c.Action != Update || len(c.Jobs) > 0 {
			continue
		}
		due := c.Desired.JobChanges(c.Actual[0].Jobs)
		if len(due) > 0 && example == "" {
			example = c.Task + ": " + due[0].String()
		}
		if jobs += len(due); len(due) > 0 {
			tasks++
		}
	}
	if jobs > 0 {
		n[Note{Code: diag.CodeJobs, Hint: diag.Do(diag.HintUpdate, "jobs"), Text: fmt.Sprintf("jobs: %s in %s not as the manifest says, such as %s; kept",
			wording.Count(jobs, "job", "jobs"), wording.Count(tasks, "task is", "tasks are"), example)}] = tasks
	}
}

// String is "job 7, frames 0 to 9: nobody → bob, annotation → validation".
func (c JobChange) String() string {
	var parts []string
	if c.Before.Assignee != c.After.Assignee {
		parts = append(parts, orElse(c.Before.Assignee, "nobody")+" → "+orElse(c.After.Assignee, "nobody"))
	}
	if c.Before.Stage != c.After.Stage {
		parts = append(parts, c.Before.Stage+" → "+c.After.Stage)
	}
	return fmt.Sprintf("job %d, frames %d to %d: %s", c.Job.ID, c.Job.Start, c.Job.Stop, strings.Join(parts, ", "))
}
