package api

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"

	"github.com/cvatplan/cvatplan/internal/sandbox/annotation"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// changeAnnotations replaces or changes annotations. Each job gets its part: what lies
// on no frame of the task is dropped without a word (A73), though a job takes frames
// that are not its own.
func (s *Server) changeAnnotations(q *query, find func(*query) (*annotated, error), action string) (answer, error) {
	a, err := find(q)
	if err != nil {
		return answer{}, err
	}
	if !slices.Contains([]string{actionPut, actionCreate, actionUpdate, actionDelete}, action) {
		return answer{}, listed("Please specify a correct 'action' for the request")
	}
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	set, err := annotationForm{ids: action == actionUpdate || action == actionDelete}.read(b)
	if err != nil {
		return answer{}, err
	}
	parts := make([]jobChange, len(a.jobs))
	for i, j := range a.jobs {
		if parts[i], err = s.prepareChange(q, a, j, set, action); err != nil {
			return answer{}, err
		}
	}
	if hook := s.o.Annotating; hook != nil {
		hook(q.ctx, a.task.ID)
	}
	if err := s.saveChanges(q.ctx, a, parts, action); err != nil {
		return answer{}, err
	}
	written := &annotation.Set{}
	for i, p := range parts {
		if !a.whole {
			return annotationsAnswer(p.set), nil
		}
		if err := annotation.Merge(written, p.set, a.jobs[i].Start, a.overlap()); err != nil {
			return answer{}, err
		}
	}
	return annotationsAnswer(written), nil
}

// A jobChange is what a request does to one job.
type jobChange struct {
	set    *annotation.Set
	before []int // what a PUT replaces: what was there when it came
}

// prepareChange cuts a job's part. A PUT replaces what it finds now: another that comes
// before it is done finds the same, and both stay (A76).
func (s *Server) prepareChange(q *query, a *annotated, j *storage.Job, set *annotation.Set, action string) (c jobChange, err error) {
	c.set = set
	if a.whole {
		if c.set, err = set.Slice(j.Start, j.Stop); err != nil {
			return c, err
		}
	}
	if action == actionPut {
		if _, err := loadJob(q.ctx, s.store.Reader, j.ID, a.labels); err != nil {
			return c, err // poisoned
		}
		c.before, err = s.store.AnnotationSeqs(q.ctx, j.ID)
	}
	return c, err
}

// saveChanges writes all parts or none, and moves the dates of the jobs that had or get
// something (A85).
func (s *Server) saveChanges(ctx context.Context, a *annotated, parts []jobChange, action string) error {
	err := s.store.Transaction(ctx, func(tx *sql.Tx) error {
		for i, j := range a.jobs {
			if err := a.labels.saveJob(ctx, tx, j.ID, parts[i], action); err != nil {
				return err
			}
			if parts[i].set.Empty() && len(parts[i].before) == 0 {
				continue
			}
			if err := storage.Touch(ctx, tx, j.ID, s.store.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	var taken *storage.ErrTaken
	if errors.As(err, &taken) {
		tables := map[string]string{storage.KindTag: "labeledimage", storage.KindShape: "labeledshape", storage.KindTrack: "labeledtrack"}
		return quoted(http.StatusBadRequest, "duplicate key value violates unique constraint \"engine_%s_pkey\"\nDETAIL:  Key (id)=(%d) already exists.\n", tables[taken.Kind], taken.ID)
	}
	return err
}

// saveJob takes away what is replaced, and writes the new.
func (l labelSet) saveJob(ctx context.Context, tx *sql.Tx, job int, c jobChange, action string) error {
	if err := storage.DeleteAnnotations(ctx, tx, job, "seq", "", c.before); err != nil {
		return err
	}
	if action == actionUpdate || action == actionDelete {
		for kind, ids := range idsOf(c.set) {
			if err := storage.DeleteAnnotations(ctx, tx, job, "id", kind, ids); err != nil {
				return err
			}
		}
	}
	if action == actionDelete {
		return nil
	}
	c.set.Tracks = syncTracks(c.set.Tracks)
	if err := l.check(c.set); err != nil {
		return err
	}
	rows, err := numbered(ctx, tx, job, c.set)
	if err != nil {
		return err
	}
	return storage.InsertAnnotations(ctx, tx, rows)
}

func idsOf(s *annotation.Set) map[string][]int {
	ids := map[string][]int{}
	for _, t := range s.Tags {
		ids[storage.KindTag] = append(ids[storage.KindTag], t.ID)
	}
	for _, sh := range s.Shapes {
		ids[storage.KindShape] = append(ids[storage.KindShape], sh.ID)
	}
	for _, t := range s.Tracks {
		ids[storage.KindTrack] = append(ids[storage.KindTrack], t.ID)
	}
	return ids
}

// numbered gives ids to what has none, and makes rows.
func numbered(ctx context.Context, tx *sql.Tx, job int, s *annotation.Set) (rows []storage.Annotation, err error) {
	n := &numbering{ctx: ctx, tx: tx}
	add := func(kind string, id, label, frame int, v any) {
		rows = append(rows, storage.Annotation{Kind: kind, ID: id, Job: job, Label: label, Frame: frame, Body: storage.EncodeJSON(v)})
	}
	for _, t := range s.Tags {
		n.give("tag", &t.ID)
		add(storage.KindTag, t.ID, t.LabelID, t.Frame, t)
	}
	for _, sh := range s.Shapes {
		n.give("shape", &sh.ID)
		for _, e := range sh.Elements {
			n.give("shape", &e.ID)
		}
		add(storage.KindShape, sh.ID, sh.LabelID, sh.Frame, sh)
	}
	for _, t := range s.Tracks {
		n.track(t)
		add(storage.KindTrack, t.ID, t.LabelID, t.Frame, t)
	}
	return rows, n.err
}

// A numbering takes ids, and remembers the first error.
type numbering struct {
	ctx context.Context
	tx  *sql.Tx
	err error
}

func (n *numbering) give(sequence string, id *int) {
	if *id == 0 && n.err == nil {
		*id, n.err = storage.TakeIDs(n.ctx, n.tx, sequence, 1)
	}
}

func (n *numbering) track(t *annotation.Track) {
	n.give("track", &t.ID)
	for _, k := range t.Shapes {
		n.give("keyframe", &k.ID)
	}
	for _, e := range t.Elements {
		n.track(e)
	}
}

// deleteAnnotations empties a task or job. It is not an error if it is empty already.
func (s *Server) deleteAnnotations(q *query, find func(*query) (*annotated, error)) (answer, error) {
	a, err := find(q)
	if err != nil {
		return answer{}, err
	}
	parts := make([]jobChange, len(a.jobs))
	for i, j := range a.jobs {
		if parts[i], err = s.prepareChange(q, a, j, &annotation.Set{}, actionPut); err != nil {
			return answer{}, err
		}
	}
	return empty(http.StatusNoContent), s.saveChanges(q.ctx, a, parts, actionPut)
}

// syncTracks makes each track begin with its first keyframe, and a skeleton with the
// first of its points: one that comes later is outside until then. A point without a
// keyframe in a job still counts with the frame at which it began, so that a skeleton may
// begin before the job. Tracks without keyframes are dropped.
func syncTracks(tracks []*annotation.Track) []*annotation.Track {
	for _, t := range tracks {
		beginTrack(t)
		first := t.Frame
		for _, e := range t.Elements {
			e.Frame = min(e.Frame, t.Frame)
			beginTrack(e)
			first = min(first, e.Frame)
		}
		if first < t.Frame && len(t.Shapes) > 0 {
			t.Frame, t.Shapes[0].Frame = first, first
			for _, e := range t.Elements {
				e.Frame = min(e.Frame, first)
				beginTrack(e)
			}
		}
		t.Elements = slices.DeleteFunc(t.Elements, emptyTrack)
	}
	return slices.DeleteFunc(tracks, emptyTrack)
}

func emptyTrack(t *annotation.Track) bool { return len(t.Shapes) == 0 }

func beginTrack(t *annotation.Track) {
	if emptyTrack(t) {
		return
	}
	slices.SortStableFunc(t.Shapes, func(a, b *annotation.Keyframe) int { return a.Frame - b.Frame })
	first := t.Shapes[0]
	switch {
	case first.Frame < t.Frame:
		t.Frame = first.Frame
	case first.Frame > t.Frame && first.Type == annotation.Skeleton:
		first.Frame = t.Frame
	case first.Frame > t.Frame:
		before := *first
		before.ID, before.Frame, before.Outside = 0, t.Frame, true
		t.Shapes = slices.Insert(t.Shapes, 0, &before)
	}
}
