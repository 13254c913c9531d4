package report

import (
	"time"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A progressDoc says what a task is at.
type progressDoc struct {
	Type    string `json:"type"`
	Project string `json:"project"`
	Task    string `json:"task"`
	Phase   string `json:"phase"`
	Sent    *int64 `json:"sent_bytes,omitempty"` // of the archive
	Total   *int64 `json:"total_bytes,omitempty"`
	State   string `json:"state,omitempty"` // of the import
	Error   string `json:"error,omitempty"` // why a part is done again
}

// A finishedDoc says what became of a task.
type finishedDoc struct {
	Type         string   `json:"type"`
	Project      string   `json:"project"`
	Task         string   `json:"task"`
	Bag          string   `json:"bag,omitempty"`
	Camera       string   `json:"camera,omitempty"`
	Action       string   `json:"action"`
	Outcome      string   `json:"outcome"`
	ActionReason string   `json:"action_reason,omitempty"`
	Reason       string   `json:"reason,omitempty"`
	ID           int      `json:"id,omitempty"`
	URL          string   `json:"url,omitempty"`
	Frames       int      `json:"frames"`
	Sent         int64    `json:"sent_bytes"`
	Error        string   `json:"error,omitempty"`
	Hint         string   `json:"hint,omitempty"`
	Retryable    bool     `json:"retryable"`
	Warnings     []string `json:"warnings,omitempty"`
	Seconds      float64  `json:"duration_seconds"`
}

func finishedDocOf(project string, t apply.TaskResult) finishedDoc {
	return finishedDoc{
		Type: "task_finished", Project: project, Task: t.Task, Bag: t.Bag, Camera: t.Camera,
		Action: string(t.Action), Outcome: string(t.Outcome), ActionReason: string(t.Reason.Code), Reason: t.Reason.Text,
		ID: t.ID, URL: t.URL, Frames: t.Frames, Sent: t.Sent, Error: errorText(t.Err), Hint: advice.Words(t.Reason.Hint),
		Retryable: t.Retryable, Warnings: t.Warnings, Seconds: t.Duration.Round(time.Millisecond).Seconds(),
	}
}

// A resultDoc says what a run did.
type resultDoc struct {
	Type    string `json:"type"`
	Project struct {
		ID      int      `json:"id,omitempty"`
		Name    string   `json:"name"`
		URL     string   `json:"url,omitempty"`
		Created bool     `json:"created"`
		Labels  []string `json:"labels_added,omitempty"`

		Changed  []string `json:"changed,omitempty"`
		Warnings []string `json:"warnings,omitempty"`
	} `json:"project"`
	Summary struct {
		Text      string `json:"text"`
		Done      int    `json:"done"`
		Failed    int    `json:"failed"`
		Unchanged int    `json:"unchanged"`
		Pending   int    `json:"pending"`
		Stopped   int    `json:"stopped"`
		Refused   int    `json:"refused"`
		Left      int    `json:"left"`
		Images    int    `json:"images"`
		Sent      int64  `json:"sent_bytes"`
		Projects  int    `json:"projects_created"`
		Labels    int    `json:"labels_added"`
	} `json:"summary"`
	Hints       []string `json:"hints,omitempty"`
	Error       string   `json:"error,omitempty"` // the project could not be had
	NotAllowed  string   `json:"not_allowed,omitempty"`
	Interrupted bool     `json:"interrupted"`
	Crashed     bool     `json:"crashed"`
}

func resultDocOf(r apply.Result) resultDoc {
	d := resultDoc{
		Type: "result", Hints: hintTexts(r.Hints), Error: errorText(r.Err), NotAllowed: errorText(r.NotAllowed),
		Interrupted: r.Interrupted, Crashed: r.Crash != nil,
	}
	d.Project.ID, d.Project.Name, d.Project.URL = r.Project.ID, r.Project.Name, r.Project.URL
	d.Project.Created, d.Project.Labels = r.Project.Created, r.Project.Labels
	d.Project.Changed, d.Project.Warnings = r.Project.Changed, r.Project.Warnings
	n, s := apply.Count(r), &d.Summary
	s.Text = ResultSummary([]apply.Result{r})
	s.Done, s.Failed, s.Unchanged, s.Pending, s.Stopped = n.Done, n.Failed, n.Unchanged, n.Pending, n.Stopped
	s.Refused, s.Left, s.Images, s.Sent = n.Refused, n.Left, n.Images, n.Sent
	s.Projects, s.Labels = n.Projects, n.Labels
	return d
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func hintTexts(hints []plan.Hint) []string {
	var texts []string
	for _, h := range hints {
		texts = append(texts, advice.Words(h))
	}
	return texts
}
