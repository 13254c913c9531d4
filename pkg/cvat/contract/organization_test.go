package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// An orchard is an organization of the suite's own, with a project in it.
type orchard struct {
	slug    string
	client  *cvat.Client // in the organization
	project int
}

// orchard makes an organization and deletes it when the question is answered.
func (s *suite) orchard(t *testing.T) orchard {
	t.Helper()
	slug := "cp" + random()
	e := s.raw(t, "POST", "/api/organizations", text(map[string]string{"slug": slug}))
	if e.status == 403 {
		t.Skip("the user of CVAT_TEST_TOKEN may not make organizations")
	}
	e.want(t, 201, "")
	var made struct{ ID int }
	if err := json.Unmarshal([]byte(e.body), &made); err != nil {
		t.Fatal(err)
	}
	o := orchard{slug: slug, client: s.client(t, cvat.Options{Organization: slug})}
	p, err := o.client.CreateProject(t.Context(), s.name(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	o.project = p.ID
	s.inTheEnd(t, fmt.Sprintf("/api/organizations/%d", made.ID))
	t.Cleanup(func() { s.sweep(t, o.client, p.ID) }) // before the organization
	return o
}

var organizationQuestions = []question{
	{140, "an organization that is unknown is 404", func(t *testing.T, s *suite) {
		s.raw(t, "GET", "/api/tasks", "", "X-Organization", "no-such-org").want(t, 404, `{"detail":"no-such-org organization does not exist."}`)
	}},
	{141, "one's organizations are listed", func(t *testing.T, s *suite) {
		o := s.orchard(t)
		all, err := s.Organizations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, organization := range all {
			if organization.Slug == o.slug {
				return
			}
		}
		t.Errorf("%s is not among %v", o.slug, all)
	}},
	{142, "what is created with X-Organization belongs to it, and is listed there alone", func(t *testing.T, s *suite) {
		o := s.orchard(t)
		task, err := o.client.CreateTask(t.Context(), cvat.NewTask{Name: s.name(), ProjectID: o.project})
		if err != nil || task.OrganizationID == nil {
			t.Fatalf("%+v, %v", task, err)
		}
		for where, c := range map[string]*cvat.Client{"there": o.client, "in the personal workspace": s.Client} {
			tasks, err := c.ListTasks(t.Context(), cvat.TaskFilter{Name: task.Name})
			if err != nil || (len(tasks) == 1) != (c == o.client) {
				t.Errorf("%s: %+v, %v", where, tasks, err)
			}
		}
	}},
	{143, "without an organization given, all workspaces are listed together", func(t *testing.T, s *suite) {
		o := s.orchard(t)
		if _, err := o.client.CreateTask(t.Context(), cvat.NewTask{Name: s.name(), ProjectID: o.project}); err != nil {
			t.Fatal(err)
		}
		if l := s.page(t, o.project, ""); l.Count != 1 {
			t.Errorf("%+v", l)
		}
		if l := s.page(t, o.project, "org="); l.Count != 0 {
			t.Errorf("with org=: %+v", l)
		}
	}},
	{144, "what has an id is read without its organization", func(t *testing.T, s *suite) {
		if _, err := s.Project(t.Context(), s.orchard(t).project); err != nil {
			t.Error(err)
		}
	}},
	{145, "a task of an organization's project is refused from outside", func(t *testing.T, s *suite) {
		_, err := s.CreateTask(t.Context(), cvat.NewTask{Name: s.name(), ProjectID: s.orchard(t).project})
		var api *cvat.APIError
		if !errors.As(err, &api) || api.Status != 400 || api.Detail != "The task and its project should be in the same organization." {
			t.Error(err)
		}
	}},
	{146, "a task of a personal project is refused from inside an organization", func(t *testing.T, s *suite) {
		_, err := s.orchard(t).client.CreateTask(t.Context(), cvat.NewTask{Name: s.name(), ProjectID: s.project})
		if !errors.Is(err, cvat.ErrNotAuthorised) {
			t.Error(err)
		}
	}},
	{147, "a whole import works inside an organization", func(t *testing.T, s *suite) {
		o := s.orchard(t)
		inside := &suite{server: s.server, Client: o.client, project: o.project, run: s.run + "-org"}
		task := inside.imported(t, pictures("a.jpg", "b.jpg"), naturally)
		if names := inside.frames(t, task.ID); len(names) != 2 {
			t.Errorf("frames %q", names)
		}
		all, err := o.client.ListRequests(t.Context())
		if err != nil || len(all) == 0 {
			t.Errorf("%d requests, %v", len(all), err)
		}
	}},
	{148, "members are found as users there, and can be assignees", func(t *testing.T, s *suite) {
		o := s.orchard(t)
		self, err := s.Self(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		member, err := o.client.FindUser(t.Context(), self.Username)
		if err != nil {
			t.Fatal(err)
		}
		task, err := o.client.CreateTask(t.Context(), cvat.NewTask{Name: s.name(), ProjectID: o.project, AssigneeID: &member.ID})
		if err != nil || task.Assignee == nil || task.Assignee.ID != self.ID {
			t.Errorf("%+v, %v", task, err)
		}
	}},
	{149, "org= with nothing hides the projects of organizations, and no org= shows them", func(t *testing.T, s *suite) {
		o := s.orchard(t)
		p, err := o.client.Project(t.Context(), o.project)
		if err != nil {
			t.Fatal(err)
		}
		personal, err := s.ListProjects(t.Context(), p.Name)
		if err != nil || len(personal) != 0 {
			t.Errorf("personal: %+v, %v", personal, err)
		}
		everywhere, err := s.ProjectsEverywhere(t.Context(), p.Name)
		if err != nil || len(everywhere) != 1 || everywhere[0].ID != p.ID {
			t.Errorf("everywhere: %+v, %v", everywhere, err)
		}
	}},
}
