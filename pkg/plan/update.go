package plan

import (
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A FieldChange is one value of a task that apply changes, as CVAT names and keeps it.
type FieldChange struct{ Key, Before, After string }

// mayUpdate reports whether the setting of that key is to be changed in a task that exists:
// as the manifest's update: says, or what replaces it.
func (o Options) mayUpdate(d Desired, key string) bool {
	keys := d.Update
	if o.Update != nil {
		keys = o.Update
	}
	return slices.Contains(keys, key) || slices.Contains(keys, "all")
}

// mayUpdateProject is mayUpdate for the project itself.
func (o Options) mayUpdateProject(key string) bool {
	return o.mayUpdate(Desired{Update: o.Project.Update}, key)
}

// updating decides about a task whose frames are right: what of it is to be changed.
func (c Change) updating(o Options) Change {
	t := c.Actual[0]
	if NameOf(t.Name) != NameOf(c.Task) {
		c.Updates = append(c.Updates, FieldChange{"name", t.Name, c.Task})
	}
	for _, m := range mismatches(c.Desired.Settings, t) {
		if m.update && o.mayUpdate(c.Desired, m.key) {
			c.Updates = append(c.Updates, FieldChange{m.key, m.text(t.Settings), m.text(c.Desired.Settings)})
		}
	}
	if u, adds := c.giving(o); adds {
		c.Updates = append(c.Updates, u)
	}
	keys := make([]string, len(c.Updates))
	for i, u := range c.Updates {
		keys[i] = u.Key
	}
	if o.mayUpdate(c.Desired, "jobs") {
		c.Jobs = c.Desired.JobChanges(t.Jobs)
	}
	if len(c.Jobs) > 0 {
		keys = append(keys, wording.Count(len(c.Jobs), "job", "jobs"))
	}
	if len(keys) == 0 {
		return c.because(NoOp, diag.CodeMatches, "it holds the frames that the manifest says")
	}
	return c.because(Update, diag.CodeUpdate, "changes "+strings.Join(keys, ", "))
}

// text is the value of a setting that can be changed, all of which are texts.
func (s setting) text(of manifest.Settings) string { return of.Value(s.key).(string) }

// NeedsUsers are the users whose numbers are needed to give them the task, or its jobs. have is the task as the
// project has it; nil where it is to be made.
func (d Desired) NeedsUsers(have *Task, o Options) []string {
	var names []string
	want := d.Settings.Assignee
	switch {
	case want == nil || *want == "":
	case have == nil:
		names = append(names, *want)
	case have.Settings.Assignee != nil && *want != *have.Settings.Assignee && o.mayUpdate(d, "assignee"):
		names = append(names, *want)
	}
	if have == nil && d.Settings.Jobs != nil {
		return append(names, d.Settings.Jobs.Assignees...)
	}
	if have != nil && o.mayUpdate(d, "jobs") {
		for _, c := range d.JobChanges(have.Jobs) {
			if c.After.Assignee != c.Before.Assignee {
				names = append(names, c.After.Assignee)
			}
		}
	}
	return names
}
