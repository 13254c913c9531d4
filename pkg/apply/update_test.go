package apply

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// changing is a world whose task has its frames, and other values than the manifest says.
func changing() (*fakeServer, *job, *fakeTask) {
	w, p := existing()
	made := w.addTask("old", p, "J-0", "a", "b")
	made.Subset, made.Assignee = "train", &cvat.User{ID: 3, Username: "ann"}
	j := one("a", "b")
	j.was = map[string][]string{"t": {"old"}}
	j.plan.Update = []string{"all"}
	j.settings = manifest.Settings{Subset: ptr("val"), BugTracker: ptr(""), Assignee: ptr("bob")}
	return w, j, made
}

func (t *fakeTask) values() string {
	assignee := ""
	if t.Assignee != nil {
		assignee = t.Assignee.Username
	}
	return fmt.Sprintf("%s %s %q %s", t.Name, t.Subset, t.BugTracker, assignee)
}

const changedValues = `t val "" bob`

func TestValuesAreChangedInOneRequest(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, j, made := changing()
		s := w.session()
		r := only(t, j.run(t, s))
		if r.Outcome != Done || r.ID != made.ID || made.values() != changedValues {
			t.Errorf("%+v\n%s", r, made.values())
		}
		writes := slices.DeleteFunc(s.log, func(q string) bool { return strings.HasPrefix(q, "GET") })
		if diff := cmp.Diff([]string{"PATCH task"}, writes); diff != "" {
			t.Error(diff)
		}
		j.whole(t, w)
	})
}

func TestKilledWhileItChangesValuesTheNextRunFinishes(t *testing.T) {
	total := 0
	bubble(t, "count", func(t *testing.T) {
		w, j, _ := changing()
		s := w.session()
		j.run(t, s)
		total = s.n
	})
	if total < 5 {
		t.Fatalf("%d requests: that cannot be all", total)
	}
	for k := 1; k <= total; k++ {
		for what, f := range map[string]fault{"before": before, "after": after} {
			bubble(t, fmt.Sprintf("%s %d", what, k), func(t *testing.T) {
				w, j, made := changing()
				s := w.session()
				s.faults = at(k, f)
				j.try(s)
				if r := j.run(t, w.session()); !r.OK() || made.values() != changedValues {
					t.Errorf("the next run: %+v\n%s", r, made.values())
				}
				j.whole(t, w)
			})
		}
	}
}

// What a person sets between plan and apply stays, and the next plan shows it.
func TestAValueThatAPersonSetMeanwhileIsLeftAlone(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, j, made := changing()
		s := w.session()
		p := j.planned(t, s)
		made.Subset = "test"
		r := only(t, j.carryOut(s, p))
		if made.values() != `t test "" bob` || len(r.Warnings) != 1 || r.Warnings[0] != "subset was train when it was planned and is test now: left alone" {
			t.Errorf("%s, %+v", made.values(), r)
		}
		next := j.planned(t, w.session()).Changes[0]
		if diff := cmp.Diff([]plan.FieldChange{{Key: "subset", Before: "test", After: "val"}}, next.Updates); diff != "" {
			t.Error(diff)
		}
	})
}

// A task that is gone, or is another one now, is not made again by a run that was to change values.
func TestATaskThatVanishedIsNotMadeAgainByAChange(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, j, made := changing()
		s := w.session()
		p := j.planned(t, s)
		delete(w.tasks, made.ID)
		if r := only(t, j.carryOut(s, p)); r.Outcome != Left || len(w.tasks) != 0 {
			t.Errorf("%+v, %d tasks", r, len(w.tasks))
		}
	})
}
