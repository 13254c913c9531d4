package contract

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/google/go-cmp/cmp"
)

// ownProject makes another project, deleted when the question is answered.
func (s *suite) ownProject(t *testing.T, labels ...cvat.Label) *cvat.Project {
	t.Helper()
	p, err := s.CreateProject(t.Context(), s.name(), "", labels)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.sweep(t, s.Client, p.ID) })
	return p
}

var projectQuestions = []question{
	{20, "project names are not unique", func(t *testing.T, s *suite) {
		p := s.ownProject(t)
		twin, err := s.CreateProject(t.Context(), p.Name, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.sweep(t, s.Client, twin.ID) })
		all, err := s.ListProjects(t.Context(), p.Name)
		if err != nil || len(all) != 2 || all[0].ID != p.ID || all[1].ID != twin.ID {
			t.Errorf("%+v, %v", all, err)
		}
	}},
	{21, "a project is found by its exact name only", func(t *testing.T, s *suite) {
		p := s.ownProject(t)
		for _, name := range []string{strings.ToUpper(p.Name), p.Name[:len(p.Name)-1]} {
			s.raw(t, "GET", "/api/projects?name="+strings.ReplaceAll(name, " ", "%20"), "").want(t, 200, `{"count":0,"next":null,"previous":null,"results":[]}`)
		}
	}},
	{22, "a project that is missing is 404", func(t *testing.T, s *suite) {
		if _, err := s.Project(t.Context(), 1<<30); !errors.Is(err, cvat.ErrNotFound) {
			t.Error(err)
		}
	}},
	{23, "labels are added by PATCH, and the others stay as they are", func(t *testing.T, s *suite) {
		first := cvat.Label{Name: "apple", Color: "#33cc33", Type: "polygon", Attributes: []cvat.Attribute{{Name: "ripe", InputType: "checkbox", DefaultValue: "false", Values: []string{"false"}}}}
		p := s.ownProject(t, first)
		before, err := s.Labels(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.AddLabels(t.Context(), p.ID, []cvat.Label{{Name: "leaf"}}); err != nil {
			t.Fatal(err)
		}
		after, err := s.Labels(t.Context(), p.ID)
		if err != nil || len(after) != 2 || after[1].Name != "leaf" || after[1].Type != "any" || after[1].Color == "" {
			t.Fatalf("%+v, %v", after, err)
		}
		if diff := cmp.Diff(before, after[:1]); diff != "" || before[0].Color != first.Color || before[0].Type != "polygon" || before[0].Attributes[0].Name != "ripe" {
			t.Errorf("%+v\n%s", before, diff)
		}
	}},
	{24, "a label of a name that is there is refused", func(t *testing.T, s *suite) {
		p := s.ownProject(t, cvat.Label{Name: "apple"})
		err := s.AddLabels(t.Context(), p.ID, []cvat.Label{{Name: "apple"}})
		var api *cvat.APIError
		if !errors.As(err, &api) || api.Status != 400 || api.Detail != "All label names must be unique" {
			t.Errorf("got %v", err)
		}
	}},
	{25, "labels of a project that is missing are a 500", func(t *testing.T, s *suite) {
		s.raw(t, "GET", fmt.Sprintf("/api/labels?project_id=%d", 1<<30), "").want(t, 500, "")
	}},
	{26, "a skeleton's sublabels are its own", func(t *testing.T, s *suite) {
		p := s.ownProject(t, cvat.Label{Name: "person", Type: "skeleton", SVG: skeleton,
			Sublabels: []cvat.Label{{Name: "head", Type: "points"}, {Name: "foot", Type: "points"}}})
		labels, err := s.Labels(t.Context(), p.ID)
		if err != nil || len(labels) != 1 || len(labels[0].Sublabels) != 2 || labels[0].Sublabels[0].Name != "head" || labels[0].SVG == "" {
			t.Errorf("%+v, %v", labels, err)
		}
	}},
	{27, "more labels than a page has are all listed", func(t *testing.T, s *suite) {
		var many []cvat.Label
		for i := range 13 {
			many = append(many, cvat.Label{Name: fmt.Sprint("label ", i)})
		}
		labels, err := s.Labels(t.Context(), s.ownProject(t, many...).ID)
		if err != nil || len(labels) != 13 {
			t.Errorf("%d labels, %v", len(labels), err)
		}
	}},
	{28, "a deleted project takes its tasks with it", func(t *testing.T, s *suite) {
		p := s.ownProject(t)
		task := s.task(t, func(n *cvat.NewTask) { n.ProjectID = p.ID })
		if err := s.DeleteProject(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Task(t.Context(), task.ID); !errors.Is(err, cvat.ErrNotFound) {
			t.Error(err)
		}
	}},
	{29, "a project's bug_tracker can hold a mark, and be cleared", func(t *testing.T, s *suite) {
		p, err := s.CreateProject(t.Context(), s.name(), "cvatplan:1:mark", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.sweep(t, s.Client, p.ID) })
		if p.BugTracker != "cvatplan:1:mark" {
			t.Errorf("%+v", p)
		}
		if err := s.SetProjectBugTracker(t.Context(), p.ID, ""); err != nil {
			t.Fatal(err)
		}
		if p, err := s.Project(t.Context(), p.ID); err != nil || p.BugTracker != "" {
			t.Errorf("%+v, %v", p, err)
		}
	}},
}

const skeleton = `<line x1="50" y1="10" x2="50" y2="90" data-type="edge" data-node-from="1" data-node-to="2"></line>` +
	`<circle r="1.5" cx="50" cy="10" data-type="element node" data-element-id="1" data-node-id="1" data-label-name="head"></circle>` +
	`<circle r="1.5" cx="50" cy="90" data-type="element node" data-element-id="2" data-node-id="2" data-label-name="foot"></circle>`
