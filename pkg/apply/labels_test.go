package apply

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// relabelling is a project whose labels are to be renamed, changed, added and deleted.
func relabelling() (*fakeServer, *job) {
	w, p := existing()
	w.projects[p].labels = []cvat.Label{
		{ID: 1, Name: "leave", Color: "#111111", Attributes: []cvat.Attribute{{Name: "ripe", InputType: "select", Values: []string{"no"}}}},
		{ID: 2, Name: "old", Color: "#222222"},
		{ID: 3, Name: "kept", Color: "#333333"},
	}
	w.addTask("t", p, "", "a", "b")
	j := one("a", "b")
	j.plan.Project = manifest.Project{Name: "p", Labels: []manifest.Label{
		{Name: "leaf", Was: "leave", Color: "#444444", Attributes: []manifest.Attribute{{Name: "ripe", InputType: "select", Values: []string{"no", "yes"}}}},
		{Name: "bark", Color: "#555555"},
		{Name: "kept"},
	}}
	j.plan.Update, j.plan.DeleteLabels = []string{"labels"}, []string{"old"}
	return w, j
}

func (w *fakeServer) labelTexts() []string {
	var texts []string
	for _, p := range w.projects {
		for _, l := range p.labels {
			text := fmt.Sprint(l.Name, " ", l.Color)
			for _, a := range l.Attributes {
				text += fmt.Sprint(" ", a.Name, a.Values)
			}
			texts = append(texts, text)
		}
	}
	slices.Sort(texts)
	return texts
}

var relabelled = []string{"bark #555555", "kept #333333", "leaf #444444 ripe[no yes]"}

func TestKilledWhileItChangesLabelsTheNextRunFinishes(t *testing.T) {
	total := 0
	bubble(t, "count", func(t *testing.T) {
		w, j := relabelling()
		s := w.session()
		if r := j.run(t, s); !r.OK() || !slices.Equal(r.Project.Changed, []string{"label leave renamed to leaf", "label leaf changed", "label old deleted"}) {
			t.Errorf("%+v", r)
		}
		if diff := cmp.Diff(relabelled, w.labelTexts()); diff != "" {
			t.Error(diff)
		}
		total = s.n
	})
	if total < 10 {
		t.Fatalf("%d requests: that cannot be all", total)
	}
	for k := 1; k <= total; k++ {
		for what, f := range map[string]fault{"before": before, "after": after, "lost": lostHere, "not handled": neverCame} {
			bubble(t, fmt.Sprintf("%s %d", what, k), func(t *testing.T) {
				w, j := relabelling()
				s := w.session()
				s.faults = func(n int, op string) fault {
					if n == k && (f == before || f == after || op == "PATCH labels") {
						return f
					}
					return none
				}
				j.try(s)
				if r := j.run(t, w.session()); !r.OK() {
					t.Errorf("the next run: %+v", r)
				}
				if diff := cmp.Diff(relabelled, w.labelTexts()); diff != "" {
					t.Error(diff)
				}
				j.whole(t, w)
			})
		}
	}
}

// What a person sets between plan and apply stays, and the next plan shows it.
func TestALabelThatAPersonChangedMeanwhileIsLeftAlone(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, j := relabelling()
		s := w.session()
		p := j.planned(t, s)
		for _, project := range w.projects {
			project.labels[0].Color = "#999999"
		}
		r := j.carryOut(s, p)
		if want := []string{"label leaf: its color is #999999 now, which it was not when it was planned: left alone"}; !slices.Equal(r.Project.Warnings, want) {
			t.Errorf("%q", r.Project.Warnings)
		}
		if diff := cmp.Diff([]string{"bark #555555", "kept #333333", "leaf #999999 ripe[no yes]"}, w.labelTexts()); diff != "" {
			t.Error(diff)
		}
		next := j.planned(t, w.session()).Project.Updates
		if diff := cmp.Diff([]plan.LabelUpdate{{Label: "leaf", Fields: []plan.FieldChange{{Key: "color", Before: "#999999", After: "#444444"}}}}, next); diff != "" {
			t.Error(diff)
		}
	})
}

// What CVAT cannot change is an error before anything is sent, to the project or to its tasks.
func TestAProjectThatIsBlockedIsSentNothing(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, j := relabelling()
		j.tasks["u"] = []string{"c"}
		j.plan.DeleteLabels = []string{"kept"}
		s := w.session()
		p := j.planned(t, s)
		before := s.n
		if r := j.carryOut(s, p); r.Err == nil || r.OK() || s.n != before {
			t.Errorf("%+v after %d requests", r, s.n-before)
		}
	})
}
