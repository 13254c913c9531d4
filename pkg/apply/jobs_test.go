package apply

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// jobTexts are all jobs as "assignee stage state".
func (w *fakeServer) jobTexts() []string {
	var texts []string
	for _, t := range w.tasks {
		for _, j := range w.jobsOf(t) {
			assignee := "nobody"
			if j.Assignee != nil {
				assignee = j.Assignee.Username
			}
			texts = append(texts, fmt.Sprint(assignee, " ", j.Stage, " ", j.State))
		}
	}
	slices.Sort(texts)
	return texts
}

func toBob() manifest.Settings {
	return manifest.Settings{Jobs: &manifest.Jobs{Assignees: []string{"bob"}, Stage: "validation"}}
}

const given = "bob validation new"

// The jobs of a new task are given to people before its marker is cleared, so that a run that is killed in
// between is continued, with neither update: nor a flag.
func TestKilledWhileItAssignsNewJobsTheNextRunFinishes(t *testing.T) {
	total := 0
	bubble(t, "count", func(t *testing.T) {
		w, _ := existing()
		j := one("a", "b", "c")
		j.settings = toBob()
		s := w.session()
		j.run(t, s)
		if diff := cmp.Diff([]string{given, given, given}, w.jobTexts()); diff != "" {
			t.Error(diff)
		}
		if n := len(slices.DeleteFunc(slices.Clone(s.log), func(q string) bool { return q != "PATCH job" })); n != 3 {
			t.Errorf("%d requests for 3 jobs", n)
		}
		j.whole(t, w)
		total = s.n
	})
	for k := 1; k <= total; k++ {
		for what, f := range map[string]fault{"before": before, "after": after} {
			bubble(t, fmt.Sprintf("%s %d", what, k), func(t *testing.T) {
				w, _ := existing()
				j := one("a", "b", "c")
				j.settings = toBob()
				s := w.session()
				s.faults = at(k, f)
				j.try(s)
				if r := j.run(t, w.session()); !r.OK() {
					t.Errorf("the next run: %+v", r)
				}
				if diff := cmp.Diff([]string{given, given, given}, w.jobTexts()); diff != "" {
					t.Error(diff)
				}
				j.whole(t, w)
			})
		}
	}
}

// unassigned is a task with four jobs: one that a person has, one that is at work.
func unassigned() (*fakeServer, *job, *fakeTask) {
	w, p := existing()
	made := w.addTask("t", p, "", "a", "b", "c", "d")
	jobs := w.jobsOf(made)
	jobs[1].Assignee = &cvat.User{ID: 9, Username: "ann"}
	jobs[2].State = "in progress"
	j := one("a", "b", "c", "d")
	j.settings = toBob()
	j.plan.Update = []string{"jobs"}
	return w, j, made
}

var wellGiven = []string{"ann annotation new", "bob validation in progress", given, given}

func TestKilledWhileItAssignsJobsTheNextRunFinishes(t *testing.T) {
	total := 0
	bubble(t, "count", func(t *testing.T) {
		w, j, _ := unassigned()
		s := w.session()
		if r := only(t, j.run(t, s)); r.Outcome != Done || len(r.Warnings) > 0 {
			t.Errorf("%+v", r)
		}
		if diff := cmp.Diff(wellGiven, w.jobTexts()); diff != "" {
			t.Error(diff)
		}
		total = s.n
	})
	for k := 1; k <= total; k++ {
		for what, f := range map[string]fault{"before": before, "after": after, "lost": lostHere, "not handled": neverCame} {
			bubble(t, fmt.Sprintf("%s %d", what, k), func(t *testing.T) {
				w, j, _ := unassigned()
				s := w.session()
				s.faults = func(n int, op string) fault {
					if n == k && (f == before || f == after || strings.HasPrefix(op, "PATCH")) {
						return f
					}
					return none
				}
				j.try(s)
				if r := j.run(t, w.session()); !r.OK() {
					t.Errorf("the next run: %+v", r)
				}
				if diff := cmp.Diff(wellGiven, w.jobTexts()); diff != "" {
					t.Error(diff)
				}
				j.whole(t, w)
			})
		}
	}
}

func TestAJobThatAPersonTookMeanwhileIsLeftAlone(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, j, made := unassigned()
		s := w.session()
		p := j.planned(t, s)
		made.jobs[0].Assignee = &cvat.User{ID: 9, Username: "ann"}
		made.jobs[3].State = "completed"
		r := only(t, j.carryOut(s, p))
		want := []string{"ann annotation new", "ann annotation new", "bob validation in progress", "nobody annotation completed"}
		if diff := cmp.Diff(want, w.jobTexts()); diff != "" {
			t.Error(diff)
		}
		if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "was nobody's and new when it was planned and is nobody's and completed now: left alone") {
			t.Errorf("%q", r.Warnings)
		}
	})
}
