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
}
