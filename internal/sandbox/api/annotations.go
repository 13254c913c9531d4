package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/cvatplan/cvatplan/internal/sandbox/annotation"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// annotationsJSON is what a GET of annotations answers. The version is always 0: nothing
// tells one state from another (A71).
type annotationsJSON struct {
	Version   int                 `json:"version"`
	Tags      []*annotation.Tag   `json:"tags"`
	Shapes    []*annotation.Shape `json:"shapes"`
	Tracks    []*annotation.Track `json:"tracks"`
	Intervals []any               `json:"intervals"`
}

func annotationsAnswer(s *annotation.Set) answer {
	return ok(annotationsJSON{0, append([]*annotation.Tag{}, s.Tags...), append([]*annotation.Shape{}, s.Shapes...), append([]*annotation.Track{}, s.Tracks...), []any{}})
}

// An annotated is what a request for annotations is about: a job, or all jobs of a task
// that are annotated (not those of consensus or ground truth, A77).
type annotated struct {
	task   *storage.Task
	jobs   []*storage.Job
	whole  bool // the task: annotations are cut at its segments
	labels labelSet
}

func (s *Server) annotatedTask(q *query) (*annotated, error) {
	t, err := s.myTask(q, q.id(0))
	switch {
	case err != nil:
		return nil, err
	case t.Data == nil:
		return nil, plain(http.StatusBadRequest, "Exporting annotations from a task without data is not allowed")
	}
	jobs, err := s.store.Jobs(q.ctx, t.ID, storage.JobAnnotation)
	if err != nil {
		return nil, err
	}
	labels, err := s.labelSet(q.ctx, t)
	return &annotated{t, jobs, true, labels}, err
}

func (s *Server) annotatedJob(q *query) (*annotated, error) {
	j, t, err := s.myJob(q, q.id(0))
	if err != nil {
		return nil, err
	}
	labels, err := s.labelSet(q.ctx, t)
	return &annotated{t, []*storage.Job{j}, false, labels}, err
}

// annotationRoute makes the handlers of a URL for annotations.
func (s *Server) annotationRoute(find func(*query) (*annotated, error)) methods {
	return methods{
		"GET": func(q *query) (answer, error) {
			a, err := find(q)
			if err != nil {
				return answer{}, err
			}
			set, err := s.loadAnnotations(q.ctx, a)
			if err != nil {
				return answer{}, err
			}
			return annotationsAnswer(set), nil
		},
		"PUT":    func(q *query) (answer, error) { return s.changeAnnotations(q, find, actionPut) },
		"PATCH":  func(q *query) (answer, error) { return s.changeAnnotations(q, find, q.URL.Query().Get("action")) },
		"DELETE": func(q *query) (answer, error) { return s.deleteAnnotations(q, find) },
		"POST":   func(q *query) (answer, error) { return answer{}, notDone("import of annotation files") },
	}
}

// The ways to change annotations; PUT is no action to CVAT. It makes all again, equal
// content too (A80); an update of an id that nothing has creates it (A82).
const (
	actionPut    = "\x00put"
	actionCreate = "create"
	actionUpdate = "update"
	actionDelete = "delete"
)

// errPoisoned is a skeleton one of whose points is on another frame: it can be stored, and
// from then on every reading crashes (A75).
var errPoisoned = errors.New("KeyError")

// loadAnnotations reads the annotations of a task or job, with what overlapping jobs
// share put together, and with attributes that were not set at their defaults (A72), all as of one moment.
func (s *Server) loadAnnotations(ctx context.Context, a *annotated) (set *annotation.Set, err error) {
	err = s.store.View(ctx, func(q storage.Querier) error {
		set, err = loadJobs(ctx, q, a)
		return err
	})
	return set, err
}

func loadJobs(ctx context.Context, q storage.Querier, a *annotated) (*annotation.Set, error) {
	all := &annotation.Set{}
	for _, j := range a.jobs {
		set, err := loadJob(ctx, q, j.ID, a.labels)
		if err != nil {
			return nil, err
		}
		if !a.whole {
			return set, nil
		}
		if err := annotation.Merge(all, set, j.Start, a.overlap()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (a *annotated) overlap() int {
	if a.task.Overlap == nil {
		return 0
	}
	return *a.task.Overlap
}

func loadJob(ctx context.Context, q storage.Querier, job int, labels labelSet) (*annotation.Set, error) {
	set := &annotation.Set{}
	for _, kind := range []string{storage.KindTag, storage.KindShape, storage.KindTrack} {
		rows, err := storage.Annotations(ctx, q, job, kind)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if err := labels.add(set, row); err != nil {
				return nil, err
			}
		}
	}
	return set, nil
}

// add decodes a row into a set.
func (l labelSet) add(set *annotation.Set, row storage.Annotation) error {
	switch row.Kind {
	case storage.KindTag:
		t, err := storage.DecodeAnnotation[annotation.Tag](row)
		if err != nil {
			return err
		}
		t.Attributes = l.filled(t.LabelID, t.Attributes, every)
		set.Tags = append(set.Tags, t)
	case storage.KindShape:
		s, err := storage.DecodeAnnotation[annotation.Shape](row)
		if err != nil {
			return err
		}
		s.Attributes = l.filled(s.LabelID, s.Attributes, every)
		for _, e := range s.Elements {
			if e.Frame != s.Frame {
				return errPoisoned
			}
			e.Attributes = l.filled(e.LabelID, e.Attributes, every)
		}
		set.Shapes = append(set.Shapes, s)
	case storage.KindTrack:
		t, err := storage.DecodeAnnotation[annotation.Track](row)
		if err != nil {
			return err
		}
		l.fillTrack(t)
		set.Tracks = append(set.Tracks, t)
	}
	return nil
}

// fillTrack completes immutable attributes from the label, and mutable ones of each
// keyframe from the one before.
func (l labelSet) fillTrack(t *annotation.Track) {
	t.Attributes = l.filled(t.LabelID, t.Attributes, immutable)
	var before []annotation.Value
	for i, k := range t.Shapes {
		k.Attributes = l.existing(t.LabelID, k.Attributes)
		if i == 0 {
			k.Attributes = l.filled(t.LabelID, k.Attributes, mutable)
		}
		for _, v := range before {
			if !slices.ContainsFunc(k.Attributes, func(own annotation.Value) bool { return own.SpecID == v.SpecID }) {
				k.Attributes = append(k.Attributes, v)
			}
		}
		before = k.Attributes
	}
	for _, e := range t.Elements {
		l.fillTrack(e)
	}
}
