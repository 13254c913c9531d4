package report

import (
	"io"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// FormatVersion is that of all JSON outputs. Within a major version fields are only
// ever added; schema/*.schema.json describe each output.
const FormatVersion = "1.0"

// JSONOptions say what [JSON] writes in addition to the plans.
type JSONOptions struct {
	Version string            // of cvatplan; left out where empty
	Errors  []diag.Diagnostic // why there is no plan, or less of it
}

// JSON writes plans as one document, which schema/plan.schema.json describes. The
// nested names are Terraform's (resource_changes[].change.actions, before, after),
// so that recipes for jq and OPA carry over.
func JSON(w io.Writer, plans []plan.Plan, o JSONOptions) error {
	n := plan.Count(plans...)
	doc := planDoc{
		FormatVersion: FormatVersion, Version: o.Version,
		Applyable: n.Changes(), Errored: len(o.Errors) > 0,
		Changes: []changeDoc{}, Notes: []noteDoc{},
		Summary: summaryOf(n), Errors: errorDocs(o.Errors),
	}
	doc.Summary.Text = summary(plans, o.Errors)
	for _, p := range plans {
		doc.Changes = append(doc.Changes, projectDoc(p))
		for _, c := range p.Changes {
			doc.Changes = append(doc.Changes, taskDoc(p.Scope, c))
		}
		for _, note := range p.Notes {
			doc.Notes = append(doc.Notes, noteDoc{p.Scope.Project, note.Code, noteText(note), note.Tasks})
		}
	}
	return writeJSON(w, doc, "  ")
}

type planDoc struct {
	FormatVersion string      `json:"format_version"`
	Version       string      `json:"cvatplan_version,omitempty"`
	Applyable     bool        `json:"applyable"`
	Errored       bool        `json:"errored"`
	Changes       []changeDoc `json:"resource_changes"`
	Notes         []noteDoc   `json:"notes"`
	Summary       summaryDoc  `json:"summary"`
	Errors        []errorDoc  `json:"errors"`
}

type noteDoc struct {
	Project string    `json:"project"`
	Code    diag.Code `json:"code"`
	Text    string    `json:"text"`
	Tasks   int       `json:"tasks"`
}

type errorDoc struct {
	Text string     `json:"text"`
	Hint string     `json:"hint,omitempty"`
	At   *originDoc `json:"origin,omitempty"`
}

func errorDocs(problems []diag.Diagnostic) []errorDoc {
	docs := make([]errorDoc, len(problems))
	for i, p := range problems {
		docs[i] = errorDoc{p.Text, advice.Words(p.Hint), originOf(p.Pos)}
	}
	return docs
}

type originDoc struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

func originOf(p manifest.Position) *originDoc {
	if p.File == "" {
		return nil
	}
	return &originDoc{p.File, p.Line, p.Column}
}

type summaryDoc struct {
	Text         string `json:"text"`
	Create       int    `json:"create"`
	Resume       int    `json:"resume"`
	Conflict     int    `json:"conflict"`
	Drift        int    `json:"drift"`
	Unchanged    int    `json:"unchanged"`
	Wait         int    `json:"wait"`
	Replace      int    `json:"replace"`
	Update       int    `json:"update"`
	Blocked      int    `json:"blocked"`
	Skipped      int    `json:"skipped"`
	Unmanaged    int    `json:"unmanaged"`
	Moved        int    `json:"moved"` // always 0: tasks of other projects do not count any more
	Renamed      int    `json:"renamed"`
	Projects     int    `json:"projects"`
	ProjectsNew  int    `json:"projects_to_create"`
	Labels       int    `json:"labels_to_add"`
	LabelsChange int    `json:"labels_to_change,omitempty"`
	LabelsDelete int    `json:"labels_to_delete,omitempty"`
	Undecided    int    `json:"projects_blocked,omitempty"`
	Images       int    `json:"images"`
	UploadBytes  int64  `json:"upload_bytes"`
	BytesUnknown bool   `json:"upload_bytes_at_least"`
	Wanted       int    `json:"wanted,omitempty"` // of plan --offline
}

func summaryOf(n plan.Counts) summaryDoc {
	return summaryDoc{
		Text: n.String(), Create: n.Create, Resume: n.Resume, Conflict: n.Conflict, Drift: n.Drift,
		Unchanged: n.NoOp, Wait: n.Wait, Replace: n.Replace, Update: n.Update, Blocked: n.Blocked, Skipped: n.Skipped,
		Unmanaged: n.Unmanaged, Renamed: n.Renamed, Projects: n.Projects,
		ProjectsNew: n.ProjectsCreate, Labels: n.Labels, LabelsChange: n.LabelsUpdate, LabelsDelete: n.LabelsDelete, Undecided: n.ProjectsBlocked,
		Images: n.Images, UploadBytes: n.Bytes, BytesUnknown: n.BytesUnknown, Wanted: n.Wanted,
	}
}
