package observe

import (
	"context"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func (l *look) tasks(ctx context.Context) error {
	tasks, err := l.c.ListTasks(ctx, cvat.TaskFilter{ProjectID: l.have.Scope.ProjectID})
	l.have.Tasks = make([]plan.Task, 0, len(tasks))
	for _, t := range tasks {
		l.have.Tasks = append(l.have.Tasks, Task(l.c, t))
	}
	l.have.Dimension = dimension(l.have.Tasks, l.projectDimension)
	return err
}

// dimension is that of the project's tasks; ofProject is what the project says of those that are not shown. 2d it says
// of tasks without frames too, up to 2.58.
func dimension(tasks []plan.Task, ofProject string) string {
	for _, t := range tasks {
		if t.Dimension != "" {
			return t.Dimension
		}
	}
	if ofProject == "2d" {
		return ""
	}
	return ofProject
}

// Task is a task of the listing as plan sees it, without the state of its import.
func Task(c Reader, t cvat.Task) plan.Task {
	out := plan.Task{
		ID: t.ID, Name: t.Name, ProjectName: t.ProjectName, BugTracker: t.BugTracker,
		HasData: t.HasData(), Size: t.Size, URL: c.TaskURL(t.ID),
	}
	if t.ProjectID != nil {
		out.ProjectID = *t.ProjectID
	}
	if t.Owner != nil {
		out.Owner = t.Owner.Username
	}
	if t.Imported() {
		out.Settings, out.Dimension = settings(t), t.Dimension
	}
	return out
}

// settings are those that the listing shows. Of consensus it shows, up to 2.79, only
// whether there is any.
func settings(t cvat.Task) manifest.Settings {
	assignee := ""
	if t.Assignee != nil {
		assignee = t.Assignee.Username
	}
	s := manifest.Settings{
		SegmentSize: &t.SegmentSize, Overlap: t.Overlap, ImageQuality: &t.ImageQuality, ChunkSize: t.ChunkSize,
		Assignee: &assignee, Subset: &t.Subset, BugTracker: &t.BugTracker, ConsensusReplicas: t.Replicas,
		Validation: &manifest.Validation{}, SourceStorage: storage(t.SourceStorage), TargetStorage: storage(t.TargetStorage),
	}
	if t.Replicas == nil && !t.Consensus {
		s.ConsensusReplicas = new(int)
	}
	if t.ValidationMode != nil {
		s.Validation.Mode = *t.ValidationMode
	}
	return s
}

// storage is where CVAT shows none its own disk.
func storage(s *cvat.Storage) *manifest.Storage {
	out := manifest.Storage{Location: "local"}
	if s != nil {
		out.Location = s.Location
		if s.CloudStorageID != nil {
			out.CloudStorageID = *s.CloudStorageID
		}
	}
	return &out
}
