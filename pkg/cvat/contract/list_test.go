package contract

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/google/go-cmp/cmp"
)

// A listing is one page as CVAT sends it.
type listing struct {
	Count    int
	Next     *string
	Previous *string
	Results  []struct{ ID int }
}

func (l listing) ids() []int {
	ids := []int{}
	for _, r := range l.Results {
		ids = append(ids, r.ID)
	}
	return ids
}

// page asks for a page of the suite's tasks.
func (s *suite) page(t *testing.T, project int, query string) listing {
	t.Helper()
	e := s.raw(t, "GET", fmt.Sprintf("/api/tasks?project_id=%d&%s", project, query), "")
	e.want(t, 200, "")
	var l listing
	if err := json.Unmarshal([]byte(e.body), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// emptyTasks is a project of n empty tasks, with their ids.
func (s *suite) emptyTasks(t *testing.T, n int) (project int, ids []int) {
	t.Helper()
	project = s.ownProject(t).ID
	for range n {
		ids = append(ids, s.task(t, func(n *cvat.NewTask) { n.ProjectID = project }).ID)
	}
	return project, ids
}

var listQuestions = []question{
	{50, "sort=id lists tasks as they were created, and without it the newest come first", func(t *testing.T, s *suite) {
		project, ids := s.emptyTasks(t, 3)
		if diff := cmp.Diff(ids, s.page(t, project, "sort=id").ids()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int{ids[2], ids[1], ids[0]}, s.page(t, project, "").ids()); diff != "" {
			t.Error(diff)
		}
	}},
	{51, "a page has as many tasks as it was asked for, and the count is of all", func(t *testing.T, s *suite) {
		project, ids := s.emptyTasks(t, 12)
		for query, want := range map[string][]int{"page_size=5&page=3": ids[10:], "page_size=400": ids, "page": ids[:10]} {
			l := s.page(t, project, "sort=id&"+query)
			if diff := cmp.Diff(want, l.ids()); diff != "" || l.Count != 12 {
				t.Errorf("%s: count %d\n%s", query, l.Count, diff)
			}
		}
	}},
	{52, "a page beyond the end is 404", func(t *testing.T, s *suite) {
		s.raw(t, "GET", fmt.Sprintf("/api/tasks?project_id=%d&page_size=400&page=99", s.project), "").want(t, 404, `{"detail":"Invalid page."}`)
	}},
	{53, "a project that is missing has no tasks", func(t *testing.T, s *suite) {
		if l := s.page(t, 1<<30, ""); l.Count != 0 {
			t.Errorf("%+v", l)
		}
	}},
	{54, "name= is exact, and keeps to its case", func(t *testing.T, s *suite) {
		task := s.task(t, func(n *cvat.NewTask) { n.Name += " Ä & b" })
		for name, want := range map[string]int{task.Name: 1, strings.ToUpper(task.Name): 0, task.Name[:len(task.Name)-1]: 0} {
			tasks, err := s.ListTasks(t.Context(), cvat.TaskFilter{ProjectID: s.project, Name: name})
			if err != nil || len(tasks) != want {
				t.Errorf("%q: %d tasks, %v", name, len(tasks), err)
			}
		}
	}},
	{55, "unknown query parameters are ignored", func(t *testing.T, s *suite) {
		project, ids := s.emptyTasks(t, 1)
		if diff := cmp.Diff(ids, s.page(t, project, "no_such=1&sort=no_such").ids()); diff != "" {
			t.Error(diff)
		}
	}},
	{56, "answers are compressed where it is asked for", func(t *testing.T, s *suite) {
		e := s.raw(t, "GET", fmt.Sprintf("/api/tasks?project_id=%d&page_size=400", s.project), "", "Accept-Encoding", "gzip")
		if e.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("headers %v", e.header)
		}
	}},
	{57, "org= with nothing is the personal workspace", func(t *testing.T, s *suite) {
		project, ids := s.emptyTasks(t, 1)
		if diff := cmp.Diff(ids, s.page(t, project, "org=").ids()); diff != "" {
			t.Error(diff)
		}
	}},
	{58, "a slash at the end of a collection's URL is 404", func(t *testing.T, s *suite) {
		s.raw(t, "GET", "/api/tasks/", "").want(t, 404, "")
	}},
	{59, "a rule in JSON Logic finds tasks by a list of names, in a URL of 7 kB", func(t *testing.T, s *suite) {
		project, ids := s.emptyTasks(t, 1)
		task, err := s.Task(t.Context(), ids[0])
		if err != nil {
			t.Fatal(err)
		}
		names := []string{task.Name, strings.ToUpper(task.Name)}
		for len(url.QueryEscape(text(names))) < 6800 {
			names = append(names, fmt.Sprint("another ", len(names)))
		}
		rule := text(map[string]any{"in": []any{map[string]string{"var": "name"}, names}})
		tasks, err := s.ListTasks(t.Context(), cvat.TaskFilter{ProjectID: project, Logic: rule})
		if err != nil || len(tasks) != 1 || tasks[0].ID != task.ID {
			t.Errorf("%+v, %v", tasks, err)
		}
	}},
}
