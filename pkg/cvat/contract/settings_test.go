package contract

import (
	"fmt"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

var settingQuestions = []question{
	{200, "a task's storages are kept as they were sent, and null where nothing was", func(t *testing.T, s *suite) {
		task := s.task(t, func(n *cvat.NewTask) { n.TargetStorage = &cvat.Storage{Location: "local"} })
		listed, err := s.Task(t.Context(), task.ID)
		if err != nil || listed.SourceStorage != nil || listed.TargetStorage == nil || listed.TargetStorage.Location != "local" || listed.TargetStorage.CloudStorageID != nil {
			t.Errorf("%+v, %v", listed, err)
		}
	}},
	{201, "a cloud storage that is unknown, or that goes without its number, is refused", func(t *testing.T, s *suite) {
		for body, answer := range map[string]string{
			`{"location": "cloud_storage", "cloud_storage_id": 1073741824}`: `["CloudStorage matching query does not exist."]`,
			`{"location": "cloud_storage"}`:                                 `{"source_storage":{"non_field_errors":["Cloud storage was selected as location but its id was not specified"]}}`,
		} {
			s.raw(t, "POST", "/api/tasks", fmt.Sprintf(`{"name": "t", "project_id": %d, "source_storage": %s}`, s.project, body)).want(t, 400, answer)
		}
	}},
	{202, "one PATCH changes name, subset, bug_tracker and assignee of a task; an empty subset and no assignee are none", func(t *testing.T, s *suite) {
		self, err := s.Self(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		task, name := s.task(t, func(n *cvat.NewTask) { n.Subset = "train" }), s.name()
		for _, c := range []struct {
			update cvat.TaskUpdate
			want   string
		}{
			{cvat.TaskUpdate{Name: &name, Subset: ptr("val"), BugTracker: ptr("J-1"), AssigneeID: &self.ID}, fmt.Sprint(name, " val J-1 ", self.Username)},
			{cvat.TaskUpdate{}, fmt.Sprint(name, " val J-1 ", self.Username)},
			{cvat.TaskUpdate{Subset: ptr(""), AssigneeID: ptr(0)}, fmt.Sprint(name, "  J-1 ")},
		} {
			if err := s.UpdateTask(t.Context(), task.ID, c.update); err != nil {
				t.Fatal(err)
			}
			now, err := s.Task(t.Context(), task.ID)
			if err != nil {
				t.Fatal(err)
			}
			assignee := ""
			if now.Assignee != nil {
				assignee = now.Assignee.Username
			}
			if got := fmt.Sprint(now.Name, " ", now.Subset, " ", now.BugTracker, " ", assignee); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		}
	}},
	{203, "a PATCH of a task that changes nothing leaves its date alone", func(t *testing.T, s *suite) {
		task := s.task(t, func(n *cvat.NewTask) { n.Subset = "val" })
		path := fmt.Sprintf("/api/tasks/%d", task.ID)
		date := func() any {
			shown, _ := decoded(s.raw(t, "GET", path, "").body).(map[string]any)
			return shown["updated_date"]
		}
		before := date()
		if err := s.UpdateTask(t.Context(), task.ID, cvat.TaskUpdate{Name: &task.Name, Subset: ptr("val")}); err != nil {
			t.Fatal(err)
		}
		if after := date(); before == nil || before != after {
			t.Errorf("%v, then %v", before, after)
		}
	}},
	{204, "a label that is renamed keeps its id, and its colour where that is sent; without it the colour is another one", func(t *testing.T, s *suite) {
		p, err := s.CreateProject(t.Context(), s.name(), "", []cvat.Label{{Name: "leave", Color: "#123456"}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.DeleteProject(t.Context(), p.ID)
		label := func() cvat.Label {
			all, err := s.Labels(t.Context(), p.ID)
			if err != nil || len(all) != 1 {
				t.Fatalf("%v, %v", all, err)
			}
			return all[0]
		}
		before := label()
		if err := s.UpdateLabels(t.Context(), p.ID, []cvat.LabelUpdate{{ID: before.ID, Name: "leaf", Color: before.Color}}); err != nil {
			t.Fatal(err)
		}
		if now := label(); now.ID != before.ID || now.Name != "leaf" || now.Color != "#123456" {
			t.Errorf("%+v", now)
		}
		s.raw(t, "PATCH", fmt.Sprintf("/api/projects/%d", p.ID), fmt.Sprintf(`{"labels": [{"id": %d, "name": "foliage"}]}`, before.ID)).want(t, 200, "")
		if now := label(); now.Name != "foliage" || now.Color == "#123456" {
			t.Errorf("%+v", now)
		}
	}},
}
