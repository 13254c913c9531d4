package plan

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// made is a task that holds frame a, as the server shows its values.
func made(id int, name, subset, tracker, assignee string) Task {
	t := called(name, task(id, 1, tracker))
	t.Settings = manifest.Settings{Subset: &subset, BugTracker: &tracker, Assignee: &assignee}
	return t
}

func TestWhatDiffersIsChangedOnlyWhereUpdateNamesIt(t *testing.T) {
	wants := manifest.Settings{Subset: ptr("val"), BugTracker: ptr("J-1"), Assignee: ptr("bob")}
	for name, c := range map[string]struct {
		want     manifest.Settings
		update   []string // of the manifest
		override []string // of --update
		have     Task
		updates  []FieldChange
		notes    []string
	}{
		"nothing is asked": {wants, nil, nil, made(1, "t", "train", "", ""), nil, []string{
			"assignee: 1 task has none, the manifest says bob; kept",
			"bug_tracker: 1 task has none, the manifest says J-1; kept",
			"subset: 1 task has train, the manifest says val; kept",
		}},
		"one of them": {wants, []string{"subset"}, nil, made(1, "t", "train", "J-1", "bob"), []FieldChange{{"subset", "train", "val"}}, nil},
		"all of them": {wants, []string{"all"}, nil, made(1, "t", "", "J-0", "ann"), []FieldChange{
			{"subset", "", "val"}, {"bug_tracker", "J-0", "J-1"}, {"assignee", "ann", "bob"},
		}, nil},
		"to none":                           {manifest.Settings{Subset: ptr(""), Assignee: ptr("")}, []string{"all"}, nil, made(1, "t", "x", "", "ann"), []FieldChange{{"subset", "x", ""}, {"assignee", "ann", ""}}, nil},
		"equal":                             {wants, []string{"all"}, nil, made(1, "t", "val", "J-1", "bob"), nil, nil},
		"what is not written":               {manifest.Settings{}, []string{"all"}, nil, made(1, "t", "val", "J-1", "bob"), nil, nil},
		"a flag in place of the manifest's": {wants, []string{"all"}, []string{"assignee"}, made(1, "t", "val", "J-1", ""), []FieldChange{{"assignee", "", "bob"}}, nil},
		"a flag that allows nothing":        {wants, []string{"all"}, []string{}, made(1, "t", "train", "J-1", "bob"), nil, []string{"subset: 1 task has train, the manifest says val; kept"}},
		"no word of labels":                 {wants, []string{"labels"}, nil, made(1, "t", "train", "J-1", "bob"), nil, []string{"subset: 1 task has train, the manifest says val; kept"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := want("t", "a")
			d.Settings, d.Update = c.want, c.update
			p := Diff([]Desired{d}, actual(c.have), Options{Update: c.override})
			action := NoOp
			if c.updates != nil {
				action = Update
			}
			if got := p.Changes[0]; got.Action != action || !cmp.Equal(got.Updates, c.updates) {
				t.Errorf("%s %v", got.Action, got.Updates)
			}
			if diff := cmp.Diff(c.notes, texts(p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A thousand tasks that people sorted into subsets are one line, with one of them.
func TestValuesThatNobodyAskedToChangeAreOneNote(t *testing.T) {
	var wanted []Desired
	var have []Task
	for i, subset := range []string{"train", "val", "test"} {
		d := want([]string{"a", "b", "c"}[i], "f")
		d.Settings.Subset = ptr("val")
		wanted, have = append(wanted, d), append(have, made(i+1, d.Task, subset, "", ""))
	}
	p := Diff(wanted, actual(have...), Options{})
	if diff := cmp.Diff([]string{"subset: 2 tasks have another than the manifest says, such as a: train → val; kept"}, texts(p)); diff != "" || p.Notes[0].Tasks != 2 {
		t.Error(diff)
	}
}

func TestATaskOfAnOldNameIsRenamed(t *testing.T) {
	d := want("new", "a")
	d.Was = []string{"old", "older"}
	other := want("old", "b")
	rename := []string{"update new 1"}
	for name, c := range map[string]struct {
		want []Desired
		have []Task
		line []string
	}{
		"the old name":                  {[]Desired{d}, []Task{made(1, "old", "", "", "")}, rename},
		"an older one":                  {[]Desired{d}, []Task{made(1, "older", "", "", "")}, rename},
		"another spelling":              {[]Desired{d}, []Task{made(1, " old", "", "", "")}, rename},
		"none":                          {[]Desired{d}, []Task{made(1, "oldest", "", "", "")}, []string{"create new 0", "unmanaged oldest 1"}},
		"both names":                    {[]Desired{d}, []Task{made(1, "old", "", "", ""), made(2, "new", "", "", "")}, []string{"no-op new 2", "unmanaged old 1"}},
		"two old ones":                  {[]Desired{d}, []Task{made(1, "old", "", "", ""), made(2, "older", "", "", "")}, []string{"conflict new 1"}},
		"an old name that is wanted":    {[]Desired{d, other}, []Task{made(1, "old", "", "", "")}, []string{"create new 0", "no-op old 1"}},
		"other frames":                  {[]Desired{d}, []Task{called("old", task(1, 2, ""))}, []string{"drift new 1"}},
		"an unfinished one of the name": {[]Desired{d}, []Task{called("old", task(1, 0, Marker(hash)))}, []string{"resume new 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := Diff(c.want, actual(c.have...), Options{})
			if diff := cmp.Diff(c.line, numbers(p)); diff != "" {
				t.Error(diff)
			}
			for _, change := range p.Changes { // apply decides alike
				again := Decide(change.Desired, c.have, project, Options{})
				if change.Action != Unmanaged && (again.Action != change.Action || !cmp.Equal(again.Updates, change.Updates)) {
					t.Errorf("%s: planned %s %v, decided %s %v", change.Task, change.Action, change.Updates, again.Action, again.Updates)
				}
			}
		})
	}
}

// numbers shows a plan in a line per change, without the reasons.
func numbers(p Plan) []string {
	var out []string
	for _, c := range p.Changes {
		out = append(out, fmt.Sprintf("%s %s %d", c.Action, c.Task, c.ID))
	}
	return out
}
