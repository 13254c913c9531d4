package api

import (
	"context"
	"database/sql"
	"encoding/json"
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

// A labelSet is the labels that the annotations of a task may have, sublabels too.
type labelSet map[int]annotation.Label

func (s *Server) labelSet(ctx context.Context, t *storage.Task) (labelSet, error) {
	all, err := s.allLabels(ctx, t)
	set := labelSet{}
	for _, l := range all {
		set[l.ID] = l
	}
	return set, err
}

// allLabels are a task's labels, or its project's, each skeleton's points behind those
// that are on their own.
func (s *Server) allLabels(ctx context.Context, t *storage.Task) ([]annotation.Label, error) {
	owner, id := "task_id", t.ID
	if t.Project != nil {
		owner, id = "project_id", *t.Project
	}
	labels, err := storage.Collect(ctx, s.store.Reader, func(r *sql.Rows) (l annotation.Label, err error) {
		return l, r.Scan(&l.ID, &l.Name, &l.Color, &l.Type, &l.SVG, &l.Parent)
	}, `SELECT l.id, l.name, l.color, l.type, l.svg, coalesce(p.name, '') FROM labels l LEFT JOIN labels p ON p.id = l.parent_id WHERE l.`+owner+` = ? ORDER BY l.parent_id IS NOT NULL, l.id`, id)
	if err != nil {
		return nil, err
	}
	at := map[int]int{}
	for i, l := range labels {
		at[l.ID] = i
	}
	type owned struct {
		label int
		annotation.Attribute
	}
	attributes, err := storage.Collect(ctx, s.store.Reader, func(r *sql.Rows) (a owned, err error) {
		var choices []byte
		if err := r.Scan(&a.label, &a.ID, &a.Name, &a.Mutable, &a.InputType, &a.Default, &choices); err != nil {
			return a, err
		}
		return a, json.Unmarshal(choices, &a.Values)
	}, `SELECT a.label_id, a.id, a.name, a.mutable, a.input_type, a.default_value, a.choices FROM attributes a JOIN labels l ON l.id = a.label_id WHERE l.`+owner+` = ? ORDER BY a.id`, id)
	for _, a := range attributes {
		l := &labels[at[a.label]]
		l.Attributes = append(l.Attributes, a.Attribute)
	}
	return labels, err
}

// existing drops values of attributes that were deleted from the label.
func (l labelSet) existing(label int, values []annotation.Value) []annotation.Value {
	return append([]annotation.Value{}, slices.DeleteFunc(values, func(v annotation.Value) bool {
		return !slices.ContainsFunc(l[label].Attributes, func(a annotation.Attribute) bool { return a.ID == v.SpecID })
	})...)
}

// Which of a label's attributes a track has once, and which with each keyframe.
func immutable(a annotation.Attribute) bool { return !a.Mutable }
func mutable(a annotation.Attribute) bool   { return a.Mutable }
func every(annotation.Attribute) bool       { return true }

// filled adds the label's default for each of those attributes that is not set.
func (l labelSet) filled(label int, values []annotation.Value, of func(annotation.Attribute) bool) []annotation.Value {
	values = l.existing(label, values)
	for _, a := range l[label].Attributes {
		if of(a) && !slices.ContainsFunc(values, func(v annotation.Value) bool { return v.SpecID == a.ID }) {
			values = append(values, annotation.Value{SpecID: a.ID, Value: a.Default})
		}
	}
	return values
}

// check refuses labels and attributes that do not exist. That is all that is checked: a
// value may be any text, and a shape of any type may have any label (A74).
func (l labelSet) check(s *annotation.Set) error {
	for _, t := range s.Tags {
		if err := l.checkOne(t.LabelID, t.Attributes, every); err != nil {
			return err
		}
	}
	for _, sh := range s.Shapes {
		if err := l.checkShape(sh); err != nil {
			return err
		}
	}
	for _, t := range s.Tracks {
		if err := l.checkTrack(t); err != nil {
			return err
		}
	}
	return nil
}

func (l labelSet) checkShape(s *annotation.Shape) error {
	if s.ZOrder > 1<<31-1 || s.ZOrder < -1<<31 {
		return crashed()
	}
	if err := l.checkOne(s.LabelID, s.Attributes, every); err != nil {
		return err
	}
	for _, e := range s.Elements {
		if err := l.checkShape(e); err != nil {
			return err
		}
	}
	return nil
}

func (l labelSet) checkTrack(t *annotation.Track) error {
	if err := l.checkOne(t.LabelID, t.Attributes, immutable); err != nil {
		return err
	}
	for _, k := range t.Shapes {
		if err := l.checkOne(t.LabelID, k.Attributes, mutable); err != nil {
			return err
		}
	}
	for _, e := range t.Elements {
		if err := l.checkTrack(e); err != nil {
			return err
		}
	}
	return nil
}

// checkOne refuses a label that does not exist, and values of other attributes than those of it.
func (l labelSet) checkOne(label int, values []annotation.Value, of func(annotation.Attribute) bool) error {
	found, there := l[label]
	if !there {
		return listed("label_id `%d` is invalid", label)
	}
	for _, v := range values {
		i := slices.IndexFunc(found.Attributes, func(a annotation.Attribute) bool { return a.ID == v.SpecID })
		if i < 0 || !of(found.Attributes[i]) {
			return listed("spec_id `%d` is invalid", v.SpecID)
		}
	}
	return nil
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
