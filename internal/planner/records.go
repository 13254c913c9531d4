package planner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A Holder is a task on the server that holds frames of a manifest's: that task, or one of its parts.
type Holder struct {
	Task string
	ID   int
}

// Holders are the tasks on the server that hold a task's frames: itself, or its parts. ids are of the tasks there that
// have frames, by name.
func (p *Project) Holders(t source.Task, ids map[plan.Name]int) []Holder {
	var all []Holder
	for _, name := range p.PartsOf(t) {
		if id := ids[plan.NameOf(name)]; id != 0 {
			all = append(all, Holder{Task: name, ID: id})
		}
	}
	return all
}

// Records gives one record for each of a task's frames, with what is wrong with the task and with them, and closes the
// task. Where that is an error, some or all records are missing; a task that is put off has none. Frames that one of the
// server's tasks holds have its name and number, and their numbers there; without any no server is asked.
func Records(ctx context.Context, t source.Task, server observe.Reader, holders []Holder, yield func(index.Record) error) ([]diag.Diagnostic, error) {
	if t.Deferred != "" {
		return []diag.Diagnostic{{
			Severity: diag.Warning, Text: fmt.Sprintf("task %s is left out: %s", wording.Safe(t.Name), wording.Safe(t.Deferred)),
		}}, nil
	}
	if len(diag.Errors(t.Problems)) > 0 {
		return t.Problems, nil
	}
	places := make([]observe.Places, len(holders))
	for i, h := range holders {
		var err error
		if places[i], err = observe.FramePlaces(ctx, server, h.ID); err != nil {
			return nil, errors.Join(err, t.Close())
		}
	}
	found, err := source.Trace(ctx, t, func(r index.Record) error {
		for i, h := range holders {
			if frame, job, there := places[i].Of(r.Name); there {
				r.Task, r.TaskID, r.ServerFrame, r.JobID = h.Task, h.ID, &frame, job
				break
			}
		}
		return yield(r)
	})
	return append(slices.Clone(t.Problems), found...), errors.Join(err, t.Close())
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
