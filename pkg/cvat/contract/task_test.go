package contract

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/google/go-cmp/cmp"
)

// task makes an empty task of the suite's project.
func (s *suite) task(t *testing.T, edit ...func(*cvat.NewTask)) *cvat.Task {
	t.Helper()
	n := cvat.NewTask{Name: s.name(), ProjectID: s.project}
	for _, e := range edit {
		e(&n)
	}
	task, err := s.CreateTask(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

var taskQuestions = []question{
	{30, "creating a task twice makes two tasks", func(t *testing.T, s *suite) {
		name := s.name()
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if _, err := s.CreateTask(t.Context(), cvat.NewTask{Name: name, ProjectID: s.project}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		tasks, err := s.ListTasks(t.Context(), cvat.TaskFilter{ProjectID: s.project, Name: name})
		if err != nil || len(tasks) != 4 {
			t.Errorf("%d tasks, %v", len(tasks), err)
		}
	}},
	{31, "outer blanks of a task name are stripped, silently", func(t *testing.T, s *suite) {
		name := s.name()
		task := s.task(t, func(n *cvat.NewTask) { n.Name = " \t" + name + "  " })
		if task.Name != name {
			t.Errorf("got %q", task.Name)
		}
	}},
	{32, "task names that are blank, longer than 256 characters or hold NUL are refused", func(t *testing.T, s *suite) {
		for what, name := range map[string]string{"blank": "  ", "long": strings.Repeat("ä", 257), "NUL": "a\x00b"} {
			_, err := s.CreateTask(t.Context(), cvat.NewTask{Name: name, ProjectID: s.project})
			var api *cvat.APIError
			if !errors.As(err, &api) || api.Status != 400 || !strings.HasPrefix(api.Detail, "name: ") {
				t.Errorf("%s: %v", what, err)
			}
		}
		s.task(t, func(n *cvat.NewTask) { n.Name = strings.Repeat("ä", 256) })
	}},
	{33, "a task name keeps its case, line ends and form of Unicode", func(t *testing.T, s *suite) {
		name := s.name() + " e\u0301 日本 a\nb \\ \" <i> Ä"
		if task := s.task(t, func(n *cvat.NewTask) { n.Name = name }); task.Name != name {
			t.Errorf("got %q", task.Name)
		}
	}},
	{34, "a marker in bug_tracker is found by tracker_link, exactly, and can be cleared", func(t *testing.T, s *suite) {
		marker := "cvatplan:1:" + random()
		task := s.task(t, func(n *cvat.NewTask) { n.BugTracker = marker })
		s.task(t, func(n *cvat.NewTask) { n.BugTracker = marker + "0" })
		s.finds(t, marker, task.ID)
		s.finds(t, marker[:len(marker)-1])
		if err := s.SetBugTracker(t.Context(), task.ID, ""); err != nil {
			t.Fatal(err)
		}
		s.finds(t, marker)
	}},
	{35, "bug_tracker need not be a URL, and may have 2000 characters", func(t *testing.T, s *suite) {
		task := s.task(t)
		if err := s.SetBugTracker(t.Context(), task.ID, strings.Repeat("x", 2000)); err != nil {
			t.Error(err)
		}
		if err := s.SetBugTracker(t.Context(), task.ID, strings.Repeat("x", 2001)); err == nil {
			t.Error("2001 were taken")
		}
	}},
	{36, "a task to which nothing was sent has no data and no size", func(t *testing.T, s *suite) {
		task, err := s.Task(t.Context(), s.task(t).ID)
		if err != nil || task.HasData() || task.Imported() {
			t.Errorf("%+v, %v", task, err)
		}
		_, err = s.DataMeta(t.Context(), task.ID)
		if err == nil {
			t.Error("it has frames")
		}
	}},
	{37, "an announced upload makes data, and leaves the size 0", func(t *testing.T, s *suite) {
		task := s.task(t)
		if _, err := s.CreateUpload(t.Context(), task.ID, "a.zip", 10); err != nil {
			t.Fatal(err)
		}
		task, err := s.Task(t.Context(), task.ID)
		if err != nil || !task.HasData() || task.Imported() {
			t.Errorf("%+v, %v", task, err)
		}
		s.raw(t, "GET", fmt.Sprintf("/api/tasks/%d/data/meta", task.ID), "").want(t, 400, `["Data is not uploaded for the task yet"]`)
	}},
	{38, "segment_size and overlap cannot be changed later", func(t *testing.T, s *suite) {
		path := fmt.Sprintf("/api/tasks/%d", s.task(t).ID)
		s.raw(t, "PATCH", path, `{"segment_size": 5}`).want(t, 403, `{"detail":"Attempted to update an unknown field"}`)
		s.raw(t, "PATCH", path, `{"overlap": 1}`).want(t, 403, "")
	}},
	{39, "an overlap above the segment size is taken at creation", func(t *testing.T, s *suite) {
		s.task(t, func(n *cvat.NewTask) { n.SegmentSize, n.Overlap = 4, ptr(9) })
	}},
	{40, "a negative segment size is refused", func(t *testing.T, s *suite) {
		s.raw(t, "POST", "/api/tasks", text(map[string]any{"name": s.name(), "project_id": s.project, "segment_size": -1})).want(t, 400, "")
	}},
	{41, "unknown JSON fields are ignored", func(t *testing.T, s *suite) {
		s.raw(t, "POST", "/api/tasks", text(map[string]any{"name": s.name(), "project_id": s.project, "segment_sise": 5})).want(t, 201, "")
	}},
	{42, "a task of a project that is missing is refused with 400", func(t *testing.T, s *suite) {
		s.raw(t, "POST", "/api/tasks", text(map[string]any{"name": s.name(), "project_id": 1 << 30})).want(t, 400, `["Project matching query does not exist."]`)
	}},
	{43, "an assignee that is unknown is refused with 403", func(t *testing.T, s *suite) {
		_, err := s.CreateTask(t.Context(), cvat.NewTask{Name: s.name(), ProjectID: s.project, AssigneeID: ptr(1 << 30)})
		if !errors.Is(err, cvat.ErrNotAuthorised) {
			t.Errorf("got %v", err)
		}
	}},
	{44, "a creation answers with the task, and its subset", func(t *testing.T, s *suite) {
		task := s.task(t, func(n *cvat.NewTask) { n.Subset, n.SegmentSize = "val", 7 })
		again, err := s.Task(t.Context(), task.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(task, again); diff != "" || task.Subset != "val" || task.SegmentSize != 7 || *task.ProjectID != s.project {
			t.Errorf("%+v\n%s", task, diff)
		}
	}},
	{45, "a subset longer than 64 characters is refused", func(t *testing.T, s *suite) {
		_, err := s.CreateTask(t.Context(), cvat.NewTask{Name: s.name(), ProjectID: s.project, Subset: strings.Repeat("x", 65)})
		if err == nil {
			t.Error("it was taken")
		}
	}},
	{46, "a deleted task is gone, and gone for a second deletion", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		if err := s.DeleteTask(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteTask(t.Context(), id); !errors.Is(err, cvat.ErrNotFound) {
			t.Errorf("second deletion: %v", err)
		}
		if _, err := s.Task(t.Context(), id); !errors.Is(err, cvat.ErrNotFound) {
			t.Errorf("reading it: %v", err)
		}
		if _, err := s.CreateUpload(t.Context(), id, "a.zip", 5); !errors.Is(err, cvat.ErrNotFound) {
			t.Errorf("uploading to it: %v", err)
		}
	}},
	{47, "consensus_replicas 1 is refused, 2 is taken", func(t *testing.T, s *suite) {
		s.raw(t, "POST", "/api/tasks", text(map[string]any{"name": s.name(), "project_id": s.project, "consensus_replicas": 1})).want(t, 400, "")
		s.task(t, func(n *cvat.NewTask) { n.ConsensusReplicas = 2 })
	}},
	{48, "oneself can be the assignee", func(t *testing.T, s *suite) {
		self, err := s.Self(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		task := s.task(t, func(n *cvat.NewTask) { n.AssigneeID = &self.ID })
		if task.Assignee == nil || task.Assignee.Username != self.Username || task.Owner.ID != self.ID {
			t.Errorf("%+v", task)
		}
	}},
}

// finds checks that exactly these tasks have the marker.
func (s *suite) finds(t *testing.T, marker string, want ...int) {
	t.Helper()
	tasks, err := s.ListTasks(t.Context(), cvat.TaskFilter{Marker: marker})
	if err != nil {
		t.Fatal(err)
	}
	got := []int{}
	for _, task := range tasks {
		got = append(got, task.ID)
	}
	if diff := cmp.Diff(append([]int{}, want...), got); diff != "" {
		t.Errorf("marker %q: %s", marker, diff)
	}
}

func ptr[T any](v T) *T { return &v }
