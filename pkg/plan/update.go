package plan

import (
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// A FieldChange is one value of a task that apply changes, as CVAT names and keeps it.
type FieldChange struct{ Key, Before, After string }

// mayUpdate reports whether the setting of that key is to be changed in a task that exists:
// as the manifest's update: says, or what stands in for it.
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
	if len(c.Updates) == 0 {
		return c.because(NoOp, diag.CodeMatches, "it holds the frames that the manifest says")
	}
	keys := make([]string, len(c.Updates))
	for i, u := range c.Updates {
		keys[i] = u.Key
	}
	return c.because(Update, diag.CodeUpdate, "changes "+strings.Join(keys, ", "))
}

// text is the value of a setting that can be changed, all of which are texts.
func (s setting) text(of Settings) string { return of.Value(s.key).(string) }

// NeedsUser is the user whose number is needed to assign them the task, which the project
// has as have; "" if it needs none.
func NeedsUser(d Desired, have Task, o Options) string {
	want, is := d.Settings.Assignee, have.Settings.Assignee
	if want == nil || is == nil || *want == *is || !o.mayUpdate(d, "assignee") {
		return ""
	}
	return *want
}
