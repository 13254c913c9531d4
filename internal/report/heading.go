package report

import (
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// summary is the line that counts what is to be done, or says that it is not known.
func summary(plans []plan.Plan, errors []diag.Diagnostic) string {
	if len(plans) == 0 && len(errors) > 0 {
		return "No plan: " + wording.Count(len(errors), "error", "errors") + " to mend."
	}
	return plan.Summary(plans...)
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

// projectText says what happens to the project itself. It is not yet escaped.
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
	if len(c.Renames) > 0 {
		s = joinNonEmpty("; ", labelsAdded(c, s), "renames labels of project "+c.Name+": "+renameTexts(c))
	}
	if c.Ask {
		s += " (" + askText + ")"
	}
	if len(c.Leftovers) > 0 {
		s += "; " + wording.Count(len(c.Leftovers), "empty leftover", "empty leftovers") + " of ours removed"
	}
	return s
}

// labelsAdded is s where labels are added too.
func labelsAdded(c plan.ProjectChange, s string) string {
	if c.Action == plan.ProjectLabel && len(c.Labels) == 0 {
		return ""
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

func labelNames(c plan.ProjectChange) string {
	names := make([]string, len(c.Labels))
	for i, l := range c.Labels {
		names[i] = l.Name
	}
	return strings.Join(names, ", ")
}
