package planner

import (
	"context"
	"errors"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/source"
)

// Records gives one record for each of a task's frames, with what is wrong with them, and closes the task. Where the
// server has the task, id is its number there, and frames that it holds have their numbers too; with 0 no server is asked.
func Records(ctx context.Context, t source.Task, server observe.JobReader, id int, yield func(index.Record) error) ([]diag.Diagnostic, error) {
	var places observe.Places
	if id != 0 {
		var err error
		if places, err = observe.FramePlaces(ctx, server, id); err != nil {
			return nil, errors.Join(err, t.Close())
		}
	}
	problems, err := source.Trace(ctx, t, func(r index.Record) error {
		if frame, job, there := places.Of(r.Name); there {
			r.TaskID, r.ServerFrame, r.JobID = id, &frame, job
		}
		return yield(r)
	})
	return problems, errors.Join(err, t.Close())
}

// IndexFiles are the indexes that the projects' manifests name, each with the tasks whose frames it holds.
func IndexFiles(projects []*Project) map[string][]source.Task {
	byFile := map[string][]source.Task{}
	for _, p := range projects {
		for _, t := range p.Tasks {
			if t.Index != "" {
				byFile[t.Index] = append(byFile[t.Index], t)
			}
		}
	}
	return byFile
}
