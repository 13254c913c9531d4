package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// summary is the line that counts what is to be done, or says that it is not known.
func summary(plans []plan.Plan, errors []diag.Diagnostic) string {
	if len(plans) == 0 && len(errors) > 0 {
		return "No plan: " + wording.Count(len(errors), "error", "errors") + "."
	}
	return plan.Count(plans...).String()
}

// heading names what one plan is about: project, workspace, server. It is not yet escaped.
func heading(p plan.Plan) string {
	name := p.Scope.Project
	if name == "" {
		name = "#" + strconv.Itoa(p.Scope.ProjectID)
	}
	where := "personal workspace"
	if p.Scope.Organization != "" {
		where = "organization " + p.Scope.Organization
	}
	s := "Project " + name + " (" + where + ") on " + p.Scope.Server
	if p.Options.Offline {
		s += ", which was not asked"
	}
	return s
}

// askText says of a project to be created what the manifest does not.
const askText = "the manifest does not say create: true, so apply asks at a terminal, and refuses elsewhere"

// A projectRow is one line of what happens to a project; its text is not yet escaped.
type projectRow struct {
	sign sign
	text string
	hint diag.Hint // may be zero
}

// projectRows say what happens to the project itself.
func projectRows(c plan.ProjectChange) []projectRow {
	var rows []projectRow
	if s, ok := projectSigns[c.Action]; ok {
		rows = append(rows, projectRow{sign: s, text: projectText(c)})
	}
	of := " of project " + c.Name
	if len(c.Renames) > 0 {
		rows = append(rows, projectRow{sign: updateSign, text: "renames labels" + of + ": " + renameTexts(c)})
	}
	for _, u := range c.Updates {
		rows = append(rows, projectRow{sign: updateSign, text: "label " + u.Label + of + ": " + strings.Join(changeTexts(u.Fields), "; ")})
	}
	for _, d := range c.Deletes {
		rows = append(rows, projectRow{sign: deleteSign, text: "label " + d.Label + of + usedText(d)})
	}
	if c.Guide != nil {
		rows = append(rows, projectRow{sign: updateSign, text: c.Guide.String() + ", of project " + c.Name})
	}
	for _, p := range c.Problems {
		rows = append(rows, projectRow{blockedSign, "project " + c.Name + ": " + p.Text, p.Hint})
	}
	return rows
}

// projectText is about what is made: the project itself, or labels.
func projectText(c plan.ProjectChange) string {
	s := "project " + c.Name
	if c.Action == plan.ProjectFinish {
		s += ", whose creation was cut off,"
	}
	if len(c.Labels) > 0 {
		s += " with " + wording.Count(len(c.Labels), "label", "labels") + ": " + labelNames(c)
	}
	if c.Action == plan.ProjectLabel {
		s = wording.Count(len(c.Labels), "label", "labels") + " to project " + c.Name + ": " + labelNames(c)
	}
	if c.Ask {
		s += " (" + askText + ")"
	}
	if len(c.Leftovers) > 0 {
		s += "; " + wording.Count(len(c.Leftovers), "empty leftover", "empty leftovers") + " of ours removed"
	}
	return s
}

// usedText says what goes with a label that is deleted.
func usedText(u plan.LabelUse) string {
	least := ""
	if u.Uncounted > 0 {
		least = "at least "
	}
	s := ", which no shape carries"
	if u.Shapes > 0 || u.Uncounted > 0 {
		s = fmt.Sprintf(", and with it %s%s in %s", least, wording.Count(u.Shapes, "shape", "shapes"), wording.Count(u.Tasks, "task", "tasks"))
	}
	if u.Uncounted > 0 {
		s += fmt.Sprintf(" (%d more tasks were not counted)", u.Uncounted)
	}
	return s
}

func renameTexts(c plan.ProjectChange) string {
	texts := make([]string, len(c.Renames))
	for i, r := range c.Renames {
		texts[i] = r.Before + " → " + r.After
	}
	return strings.Join(texts, ", ")
}

// changeTexts are a line each: "color: #33cc33 → #ff0000".
func changeTexts(changes []plan.FieldChange) []string {
	texts := make([]string, len(changes))
	for i, f := range changes {
		texts[i] = fmt.Sprintf("%s: %s → %s", f.Key, orNone(f.Before), orNone(f.After))
	}
	return texts
}

func labelNames(c plan.ProjectChange) string {
	names := make([]string, len(c.Labels))
	for i, l := range c.Labels {
		names[i] = l.Name
	}
	return strings.Join(names, ", ")
}
