package pull

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// answers are what the server says of one task.
type answers struct {
	Annotations *cvat.Annotations
	Frames      []cvat.FrameMeta
	Hidden      []int
	Layout      *cvat.ValidationLayout `json:",omitempty"` // where it says which frames count
}

// fetchAll asks for the tasks that are not in the cache: two requests each, three where some frames check annotators.
func (r *Pull) fetchAll(ctx context.Context) error {
	if !r.needsAnswers() {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	var mu sync.Mutex
	for _, m := range r.members {
		if r.cache.has(m) {
			continue
		}
		r.result.Fetched++
		group.Go(func() error {
			return crash.Guard(func() error {
				err := r.fetch(ctx, m)
				if err != nil && ctx.Err() == nil && !stopsAll(err) {
					mu.Lock()
					defer mu.Unlock()
					m.failed = true
					r.result.Failures = append(r.result.Failures, Failure{m.task.Name, err})
					return nil
				}
				return err
			})
		})
	}
	if err := crash.Rethrow(group.Wait()); err != nil {
		return err
	}
	slices.SortFunc(r.result.Failures, func(a, b Failure) int { return cmp.Compare(a.Subject, b.Subject) })
	return r.cache.forgetOthers(r.members, r.o)
}

// stopsAll says whether the next task would fail the same way.
func stopsAll(err error) bool {
	var connection *cvat.ConnectionError
	return errors.Is(err, cvat.ErrNotAuthorised) || errors.As(err, &connection)
}

func (r *Pull) fetch(ctx context.Context, m *member) error {
	meta, err := r.server.DataMeta(ctx, m.task.ID)
	if err != nil {
		return err
	}
	a := answers{Frames: meta.Each(), Hidden: meta.Deleted}
	if len(a.Frames) != m.task.Size {
		return fmt.Errorf("GET /api/tasks/%d/data/meta: %d frames of a task that has %d; pull again, or ask whoever runs the server", m.task.ID, len(a.Frames), m.task.Size)
	}
	if job := m.answering(r.o.Jobs); job != 0 {
		a.Annotations, err = r.server.JobAnnotations(ctx, job)
	} else {
		a.Annotations, err = r.server.Annotations(ctx, m.task.ID)
	}
	if err == nil && (r.o.Jobs == groundTruth || m.pooled()) {
		a.Layout, err = r.server.ValidationLayout(ctx, m.task.ID)
	}
	if err != nil {
		return err
	}
	return r.cache.put(m, a)
}

// answering is the id of the job that is asked for the annotations; 0: the task is. CVAT answers about a task's only job what it
// answers about the task, in less time.
func (m *member) answering(kind string) int {
	if kind == groundTruth {
		return m.groundTruth()
	}
	return m.onlyJob()
}
