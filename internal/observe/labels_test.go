package observe

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// drawn is a server whose tasks and jobs have these annotations.
type drawn struct {
	tasks, jobs map[int]*cvat.Annotations
	asked       chan int
}

func (d drawn) Labels(context.Context, int) ([]cvat.Label, error) {
	return []cvat.Label{{ID: 7, Name: "leaf"}, {ID: 8, Name: "old"}}, nil
}

func (d drawn) Jobs(context.Context, cvat.JobFilter) ([]cvat.Job, error) {
	return []cvat.Job{{ID: 1, TaskID: 1, Type: "annotation"}, {ID: 2, TaskID: 1, Type: "ground_truth"}}, nil
}

func (d drawn) Annotations(_ context.Context, task int) (*cvat.Annotations, error) {
	d.asked <- task
	if a, ok := d.tasks[task]; ok {
		return a, nil
	}
	return nil, notFound()
}

func (d drawn) JobAnnotations(_ context.Context, job int) (*cvat.Annotations, error) {
	return d.jobs[job], nil
}

func TestWhatWasDrawnWithALabelIsCountedInAsManyTasksAsItSays(t *testing.T) {
	d := drawn{
		tasks: map[int]*cvat.Annotations{
			1: {Shapes: []cvat.Shape{{LabelID: 8}, {LabelID: 7}}, Tags: []cvat.Tag{{LabelID: 8}}},
			2: {Tracks: []cvat.Track{{LabelID: 8, Shapes: make([]cvat.TrackedShape, 5)}}},
		},
		jobs:  map[int]*cvat.Annotations{2: {Shapes: []cvat.Shape{{LabelID: 8}}}},
		asked: make(chan int, maxCounted+10),
	}
	var tasks []plan.Task
	for id := range maxCounted + 4 { // the first has no frames, most are gone by now
		tasks = append(tasks, plan.Task{ID: id, Size: min(id, 1)})
	}
	got, err := LabelUses(t.Context(), d, 3, []string{"old", "unknown", "old"}, tasks)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]plan.LabelUse{{Label: "old", Shapes: 4, Tasks: 2, Uncounted: 3}}, got); diff != "" || len(d.asked) != maxCounted {
		t.Error(diff, len(d.asked))
	}
}
