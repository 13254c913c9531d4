package planfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Since says in what the saved plan is no longer true, a line for each task: where the
// images, or the server's tasks of its name, differ from now's in a way that carrying the
// plan out does not explain. What is explained by it:
//
//   - the project of a plan that creates it;
//   - a task that has the marker of the plan's archive, is empty or holds as many frames;
//   - a task without a marker that holds just the plan's frames (see [Project.Unsure]);
//   - that what the plan replaces or removes is gone, or about to go.
//
// Tasks that no manifest names, or that it skips, are no difference, nor are those that are
// wanted only now: [Project.Due] leaves them alone.
func (p Project) Since(now Project) []string {
	was, is := sideOf(p), sideOf(now)
	if gone := projectSince(was, is); gone != "" {
		return []string{gone}
	}
	var texts []string
	seen := map[plan.Name]bool{}
	for _, c := range was.plan.Changes {
		if c.Action == plan.Unmanaged || c.Action == plan.Skipped || seen[plan.NameOf(c.Task)] {
			continue
		}
		seen[plan.NameOf(c.Task)] = true // two of one name are both in conflict, and one tells it
		if text := taskSince(was, is, c); text != "" {
			texts = append(texts, fmt.Sprintf("task %s: %s", c.Task, text))
		}
	}
	return texts
}

// Due is what is left of the saved plan: what was decided now about its tasks. Tasks that
// only now's manifests ask for are in a note.
func (p Project) Due(now plan.Plan) plan.Plan {
	planned := changes(p.Plan())
	var kept []plan.Change
	var left []string
	for _, c := range now.Changes {
		if _, ok := planned[plan.NameOf(c.Task)]; ok || c.Action == plan.Unmanaged {
			kept = append(kept, c)
			continue
		}
		left = append(left, c.Task)
	}
	now.Changes = kept
	if len(left) > 0 {
		now.Notes = append(slices.Clone(now.Notes), plan.Note{Code: diag.CodeNotPlanned, Tasks: len(left), Text: fmt.Sprintf(
			"%s not in the saved plan and left alone: %s", are(len(left), "task"), few(left))})
	}
	return now
}

// A side is one of the two plans that are compared.
type side struct {
	plan    plan.Plan
	exists  bool // the project
	changes map[plan.Name]plan.Change
	images  map[plan.Name][]Image
}

func sideOf(p Project) side {
	s := side{plan: p.Plan(), exists: p.Have.Exists, images: make(map[plan.Name][]Image, len(p.Want))}
	s.changes = changes(s.plan)
	for i, d := range p.Want {
		s.images[plan.NameOf(d.Task)] = imagesOf(p, i)
	}
	return s
}

// changes are those of the tasks that manifests ask for.
func changes(p plan.Plan) map[plan.Name]plan.Change {
	m := make(map[plan.Name]plan.Change, len(p.Changes))
	for _, c := range p.Changes {
		if c.Action != plan.Unmanaged {
			m[plan.NameOf(c.Task)] = c
		}
	}
	return m
}

func projectSince(was, is side) string {
	before, after := was.plan.Scope, is.plan.Scope
	switch {
	case !was.exists:
		return ""
	case !is.exists:
		return fmt.Sprintf("project %s (%d) is gone", before.Project, before.ProjectID)
	case before.ProjectID != after.ProjectID:
		return fmt.Sprintf("project %s was number %d and is number %d", before.Project, before.ProjectID, after.ProjectID)
	}
	lacked := map[plan.Name]bool{}
	for _, l := range was.plan.Project.Labels {
		lacked[plan.NameOf(l.Name)] = true
	}
	for _, l := range is.plan.Project.Labels {
		if !lacked[plan.NameOf(l.Name)] {
			return fmt.Sprintf("project %s lost its label %s", before.Project, l.Name)
		}
	}
	if text := guideSince(was.plan.Project.Guide, is.plan.Project.Guide); text != "" {
		return text
	}
	return labelsSince(was.plan.Project, is.plan.Project)
}

// guideSince: a guide that is as the plan makes it, or not there, is its work, or is still to be done.
func guideSince(was, is *plan.GuideChange) string {
	switch {
	case is == nil || was != nil && same(was.Before, is.Before):
		return ""
	case was != nil && was.Before == nil && *is.Before == "": // begun
		return ""
	}
	return "the project's guide is another one now"
}

func same(a, b *string) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// labelsSince tells which label is another one than when the plan was saved: what is to be changed in it,
// or how much is to be deleted with it. Labels that are as the plan makes them are its work.
func labelsSince(was, is plan.ProjectChange) string {
	if len(is.Problems) > len(was.Problems) {
		return is.Problems[len(is.Problems)-1].Text
	}
	planned := map[plan.Name][]plan.FieldChange{}
	for _, u := range was.Updates {
		planned[plan.NameOf(u.Label)] = u.Fields
	}
	for _, u := range is.Updates {
		for _, f := range u.Fields {
			if !slices.Contains(planned[plan.NameOf(u.Label)], f) {
				return fmt.Sprintf("label %s: its %s is %q now", u.Label, f.Key, f.Before)
			}
		}
	}
	for _, d := range is.Deletes {
		i := slices.IndexFunc(was.Deletes, func(u plan.LabelUse) bool { return u.Label == d.Label })
		if i < 0 || d.Shapes > was.Deletes[i].Shapes {
			return fmt.Sprintf("label %s: more was drawn with it, %d in all", d.Label, d.Shapes)
		}
	}
	return ""
}

func taskSince(was, is side, c plan.Change) string {
	name := plan.NameOf(c.Task)
	now, ok := is.changes[name]
	if !ok {
		return "its images are gone"
	}
	if text := imagesSince(c, now, was.images[name], is.images[name]); text != "" {
		return text
	}
	if text := tasksSince(c, now); text != "" {
		return text
	}
	if text := valuesSince(c, now); text != "" {
		return text
	}
	if text := annotationsSince(c, now); text != "" {
		return text
	}
	return decidedSince(c, now)
}

// valuesSince tells which value is another one than when the plan was saved. Those that are as
// the plan makes them are its work.
func valuesSince(was, now plan.Change) string {
	for _, u := range now.Updates {
		if u.Key == "annotations" {
			continue // carrying the plan out changes it step by step: see annotationsSince
		}
		if !slices.Contains(was.Updates, u) {
			return fmt.Sprintf("its %s is %q now", u.Key, u.Before)
		}
	}
	for _, j := range now.Jobs {
		if !slices.Contains(was.Jobs, j) {
			return fmt.Sprintf("its job %d is another one now: %s", j.Job.ID, j)
		}
	}
	return ""
}

// annotationsSince tells whether what a task is given is another than when the plan was saved. Of a task that has been
// given it since, nothing is read.
func annotationsSince(was, now plan.Change) string {
	a, b := was.Desired.Annotations, now.Desired.Annotations
	switch {
	case a == nil || !actionable(was):
		return ""
	case b == nil && actionable(now) && now.Action != plan.Update:
		return fmt.Sprintf("its predictions %s are gone", a.From)
	case b != nil && a.Hash != b.Hash && (actionable(now) || was.Gives()):
		return fmt.Sprintf("its predictions %s changed", a.From)
	}
	return ""
}

// decidedSince: with the same images and the same tasks of its name, something else decides
// otherwise now, such as a task of that name in another project, or an image that cannot be read.
func decidedSince(was, now plan.Change) string {
	switch {
	case actionable(was) && (actionable(now) || now.Action == plan.NoOp):
		return ""
	case !actionable(was) && was.Action == now.Action && was.ID == now.ID:
		return ""
	}
	return now.Reason.Text
}

// actionable are the changes that apply does something about.
func actionable(c plan.Change) bool {
	return c.Action.Acts()
}

func are(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return fmt.Sprintf("%d %ss are", n, noun)
}

// few are the first of the names.
func few(names []string) string {
	const shown = 3
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
