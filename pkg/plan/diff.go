package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// Diff says what to do about each desired task and about the project. Equal arguments
// give equal plans, down to the order.
func Diff(want []Desired, have Actual, o Options) Plan {
	d := differ{want: want, have: have, o: o, skips: newSkipper(o.Skip), byName: byName(have.Tasks), wanted: positions(want)}
	p := Plan{Scope: have.Scope, Project: projectChange(have, o), Users: have.Users, Options: o}
	for _, w := range want {
		if o.targets(w) {
			p.Changes = append(p.Changes, d.change(w))
		}
	}
	keepDimension(p.Changes, have)
	unmanaged := renamed(p.Changes, d.unmanaged(), o)
	inOrder(p.Changes)
	p.Project = p.Project.needed(p.Changes)
	p.Notes = notes(p, have)
	for _, t := range unmanaged {
		p.Changes = append(p.Changes, unmanagedChange(t))
	}
	slices.SortStableFunc(p.Changes, compareChanges)
	return p
}

// NeedsHash names the tasks whose archive must be measured before [Diff] can judge
// them: a task of that name is ours and unfinished, and its marker's hash decides.
func (have Actual) NeedsHash(want []Desired, o Options) []string {
	marked := make(map[Name]bool)
	for _, t := range have.Tasks {
		if hash, ours := ParseMarker(t.BugTracker); ours && Marker(hash) != Tombstone {
			marked[NameOf(t.Name)] = true
		}
	}
	var names []string
	skips := newSkipper(o.Skip)
	for _, w := range want {
		_, skipped := skips.find(w.Task)
		if marked[NameOf(w.Task)] && w.Hash == "" && len(w.Problems) == 0 && !skipped && o.targets(w) {
			names = append(names, w.Task)
		}
	}
	return names
}

// A differ holds what one comparison looks things up in.
type differ struct {
	want   []Desired
	have   Actual
	o      Options
	skips  skipper
	byName map[Name][]Task
	wanted map[Name][]int // places in want
}

func (d differ) change(w Desired) Change {
	same := d.wanted[NameOf(w.Task)]
	if _, skipped := d.skips.find(w.Task); len(same) > 1 && !skipped {
		return d.sameName(w, same)
	}
	w = d.before(w)
	c := decide(w, current(w, d.byName), d.skips, d.o)
	return d.assignable(c)
}

// before is w without those of its old names that are wanted, by itself or by another task.
func (d differ) before(w Desired) Desired {
	w.Was = slices.DeleteFunc(slices.Clone(w.Was), func(was string) bool { return len(d.wanted[NameOf(was)]) > 0 })
	return w
}

// assignable blocks a creation, or a change, that names a user whom the server does not know: CVAT answers
// 403 to it, which reads as if the run had no permission.
func (d differ) assignable(c Change) Change {
	if d.have.Users == nil {
		return c
	}
	for _, name := range assigned(c) {
		if _, known := d.have.Users[name]; !known && name != "" {
			c.Reason.Hint = diag.Do(diag.HintCheckUserName)
			return c.because(Blocked, diag.CodeUnknownAssignee, fmt.Sprintf("the server shows no user %q", name))
		}
	}
	return c
}

// assigned are the users to whom the change gives the task, or jobs.
func assigned(c Change) []string {
	if c.Action == Create {
		return c.Desired.NeedsUsers(nil, Options{})
	}
	var names []string
	for _, u := range c.Updates {
		if u.Key == "assignee" {
			names = append(names, u.After)
		}
	}
	for _, j := range c.Jobs {
		names = append(names, j.After.Assignee)
	}
	return names
}

func (d differ) sameName(w Desired, same []int) Change {
	c := Change{Task: w.Task, Bag: w.Bag, Camera: w.Camera, Origin: w.Origin, Frames: len(w.Frames), Desired: w}
	text, hint := d.want[same[0]].SameName(d.want[same[1]])
	if more := len(same) - 2; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	c.Reason.Hint = hint
	return c.because(Conflict, diag.CodeSameName, text)
}

// unmanaged are the server's tasks that no manifest of this plan names, targeted or not.
func (d differ) unmanaged() []Task {
	old := d.old()
	var left []Task
	for _, t := range d.have.Tasks {
		_, skipped := d.skips.find(t.Name)
		if name := NameOf(t.Name); len(d.wanted[name]) == 0 && !old[name] && !skipped {
			left = append(left, t)
		}
	}
	return left
}

// old are the names that wanted tasks still have which are to be renamed, targeted or not.
func (d differ) old() map[Name]bool {
	old := make(map[Name]bool)
	for _, w := range d.want {
		if len(d.byName[NameOf(w.Task)]) > 0 {
			continue
		}
		for _, was := range w.Was {
			old[NameOf(was)] = true
		}
	}
	return old
}

func unmanagedChange(t Task) Change {
	c := Change{Task: t.Name, ID: t.ID, URL: t.URL, Owner: t.Owner, Frames: t.Size, Actual: []Task{t}}
	return c.because(Unmanaged, diag.CodeUnmanaged, "no manifest names it")
}

func byName(tasks []Task) map[Name][]Task {
	m := make(map[Name][]Task, len(tasks))
	for _, t := range tasks {
		m[NameOf(t.Name)] = append(m[NameOf(t.Name)], t)
	}
	return m
}

func positions(want []Desired) map[Name][]int {
	m := make(map[Name][]int, len(want))
	for i, w := range want {
		m[NameOf(w.Task)] = append(m[NameOf(w.Task)], i)
	}
	return m
}

func compareChanges(a, b Change) int {
	return cmp.Or(
		cmp.Compare(slices.Index(Actions, a.Action), slices.Index(Actions, b.Action)),
		wording.Compare(a.Task, b.Task),
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Origin.File, b.Origin.File),
		cmp.Compare(a.Origin.Line, b.Origin.Line),
		cmp.Compare(a.Bag, b.Bag),
	)
}
