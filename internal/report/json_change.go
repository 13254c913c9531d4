package report

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A changeDoc is one element of resource_changes: a task, or a project.
type changeDoc struct {
	Address      string `json:"address"`
	Type         string `json:"type"` // cvat_task, cvat_project
	Name         string `json:"name"`
	Server       string `json:"server"`
	Organization string `json:"organization"`
	Project      string `json:"project"`
	Bag          string `json:"bag,omitempty"`
	Camera       string `json:"camera,omitempty"`
	Kind         string `json:"kind,omitempty"` // left out of images
	Action       string `json:"action"`
	Change       struct {
		Actions []string `json:"actions"`
		Before  any      `json:"before"` // taskState, projectState or null
		After   any      `json:"after"`
	} `json:"change"`
	ActionReason string      `json:"action_reason,omitempty"`
	Reason       string      `json:"reason,omitempty"`
	Hint         string      `json:"hint,omitempty"`
	ID           int         `json:"id,omitempty"`
	URL          string      `json:"url,omitempty"`
	Owner        string      `json:"owner,omitempty"`
	Frames       int         `json:"frames,omitempty"`
	Upload       bool        `json:"upload"`
	UploadBytes  *int64      `json:"upload_bytes,omitempty"` // left out where it is not known
	Missing      []string    `json:"missing_frames,omitempty"`
	Extra        []string    `json:"extra_frames,omitempty"`
	Problems     []problem   `json:"problems,omitempty"`
	Tasks        []taskState `json:"tasks,omitempty"` // where several were judged
	Updates      []updateDoc `json:"updates,omitempty"`
	Jobs         []jobDoc    `json:"jobs,omitempty"`
	Removes      []int       `json:"removes,omitempty"` // ids of empty leftovers of ours
	Origin       *originDoc  `json:"origin,omitempty"`

	Context     []plan.Context    `json:"context,omitempty"`     // what is next to its frames
	Annotations *plan.Annotations `json:"annotations,omitempty"` // what the task is given
}

type problem struct {
	Code diag.Code `json:"code"`
	Text string    `json:"text"`
	Hint string    `json:"hint,omitempty"`
}

func problemDocs(problems []diag.Diagnostic) []problem {
	var docs []problem
	for _, p := range problems {
		docs = append(docs, problem{p.Code, p.Text, advice.Words(p.Hint)})
	}
	return docs
}

// A jobDoc is one job that apply gives to somebody, or puts in another stage.
type jobDoc struct {
	ID     int           `json:"id"`
	Start  int           `json:"start_frame"`
	Stop   int           `json:"stop_frame"`
	Before plan.JobState `json:"before"`
	After  plan.JobState `json:"after"`
}

// An updateDoc is one value that apply changes in a task.
type updateDoc struct {
	Key    string `json:"key"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func updateDocs(changes []plan.FieldChange) []updateDoc {
	var docs []updateDoc
	for _, u := range changes {
		docs = append(docs, updateDoc(u))
	}
	return docs
}

func (d *changeDoc) sets(actions []string, before, after any) {
	d.Change.Actions, d.Change.Before, d.Change.After = actions, before, after
}

// address is unique among what manifests name; a server may hold several tasks of one name.
func address(s plan.Scope) string { return "cvat_project[" + strconv.Quote(s.Project) + "]" }

func taskDoc(s plan.Scope, c plan.Change) changeDoc {
	d := changeDoc{
		Address: address(s) + ".cvat_task[" + strconv.Quote(c.Task) + "]", Type: "cvat_task", Name: c.Task,
		Server: s.Server, Organization: s.Organization, Project: s.Project, Bag: c.Bag, Camera: c.Camera, Kind: string(c.Desired.Kind),
		Action: string(c.Action), ActionReason: string(c.Reason.Code), Reason: c.Reason.Text, Hint: advice.Words(c.Reason.Hint),
		ID: c.ID, URL: c.URL, Owner: c.Owner, Frames: c.Frames, Upload: c.Upload,
		Missing: c.Missing, Extra: c.Extra, Origin: originOf(c.Origin),
	}
	if c.Upload && c.Bytes >= 0 {
		d.UploadBytes = &c.Bytes
	}
	d.Problems = problemDocs(c.Desired.Problems)
	if len(c.Actual) > 1 {
		d.Tasks = serverStates(c.Actual)
	}
	for _, t := range c.Leftovers {
		d.Removes = append(d.Removes, t.ID)
	}
	d.Annotations, d.Context = c.Desired.Annotations, c.Desired.Context
	d.Updates = updateDocs(c.Updates)
	for _, j := range c.Jobs {
		d.Jobs = append(d.Jobs, jobDoc{j.Job.ID, j.Job.Start, j.Job.Stop, j.Before, j.After})
	}
	d.sets(actionsOf(c), before(c), after(c))
	return d
}

// actionsOf are Terraform's words for what happens to the task: create, update (it
// exists and is finished), delete and create, or no-op.
func actionsOf(c plan.Change) []string {
	switch c.Action {
	case plan.Create:
		return []string{"create"}
	case plan.Resume, plan.Wait, plan.Update:
		return []string{"update"}
	case plan.Replace:
		return []string{"delete", "create"}
	}
	return []string{"no-op"}
}

// A projectState is a project before or after; labels are those that are added.
type projectState struct {
	ID      int              `json:"id,omitempty"`
	Name    string           `json:"name"`
	Labels  []manifest.Label `json:"labels_added,omitempty"`
	Renames []updateDoc      `json:"labels_renamed,omitempty"`
	Changed []labelDoc       `json:"labels_changed,omitempty"`
	Deleted []plan.LabelUse  `json:"labels_deleted,omitempty"`
	Guide   *string          `json:"guide,omitempty"`
}

// A labelDoc is a label whose values change.
type labelDoc struct {
	Label   string      `json:"label"`
	Updates []updateDoc `json:"updates"`
}

var projectActions = map[plan.ProjectAction][]string{
	plan.ProjectNone: {"no-op"}, plan.ProjectCreate: {"create"}, plan.ProjectLabel: {"update"}, plan.ProjectFinish: {"update"},
	plan.ProjectUpdate: {"update"}, plan.ProjectBlocked: {"no-op"},
}

func projectDoc(p plan.Plan) changeDoc {
	s, c := p.Scope, p.Project
	d := changeDoc{
		Address: address(s), Type: "cvat_project", Name: s.Project, Server: s.Server, Organization: s.Organization,
		Project: s.Project, Action: string(c.Action), ID: s.ProjectID, Removes: slices.Clone(c.Leftovers),
	}
	if c.Action == plan.ProjectNone {
		d.Action = "no-op"
	}
	if c.Ask {
		d.ActionReason, d.Reason = string(diag.CodeAsk), fmt.Sprintf("project %s does not exist; %s", c.Name, askText)
	}
	var was any
	if s.ProjectID != 0 {
		before := projectState{ID: s.ProjectID, Name: s.Project}
		if c.Guide != nil {
			before.Guide = c.Guide.Before
		}
		was = before
	}
	will := projectState{ID: s.ProjectID, Name: c.Name, Labels: c.Labels}
	for _, r := range c.Renames {
		will.Renames = append(will.Renames, updateDoc{"name", r.Before, r.After})
	}
	for _, u := range c.Updates {
		will.Changed = append(will.Changed, labelDoc{u.Label, updateDocs(u.Fields)})
	}
	will.Deleted = c.Deletes
	if c.Guide != nil {
		will.Guide = &c.Guide.After
	}
	if d.Problems = problemDocs(c.Problems); len(d.Problems) > 0 {
		first := d.Problems[0]
		d.ActionReason, d.Reason, d.Hint = string(first.Code), first.Text, first.Hint
	}
	d.sets(projectActions[c.Action], was, will)
	return d
}
