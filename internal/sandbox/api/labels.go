package api

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

type labelJSON struct {
	ID         int             `json:"id"`
	Name       string          `json:"name"`
	Color      string          `json:"color"`
	Attributes []attributeJSON `json:"attributes"`
	Type       string          `json:"type"`
	SVG        *string         `json:"svg,omitempty"` // skeletons only
	Sublabels  []sublabelJSON  `json:"sublabels"`
	ProjectID  *int            `json:"project_id,omitempty"`
	TaskID     *int            `json:"task_id,omitempty"`
	ParentID   *int            `json:"parent_id"`
	HasParent  bool            `json:"has_parent"`
}

// A sublabel is a point of a skeleton; it has fewer fields.
type sublabelJSON struct {
	ID         int             `json:"id"`
	Name       string          `json:"name"`
	Color      string          `json:"color"`
	Attributes []attributeJSON `json:"attributes"`
	Type       string          `json:"type"`
	HasParent  bool            `json:"has_parent"`
}

type attributeJSON struct {
	ID        int      `json:"id"`
	Name      string   `json:"name"`
	Mutable   bool     `json:"mutable"`
	InputType string   `json:"input_type"`
	Default   string   `json:"default_value"`
	Values    []string `json:"values"`
}

const attributeColumns = `SELECT id, name, mutable, input_type, default_value, choices FROM attributes `

const labelColumns = `SELECT l.id, l.name, l.color, l.type, l.svg, l.project_id, l.task_id, l.parent_id FROM labels l `

var labelListing = &listing{
	from: "labels l", id: "l.id", ascending: true,
	terms:  map[string]term{"id": {"l.id", numberTerm}, "name": {"l.name", textTerm}, "type": {"l.type", textTerm}, "color": {"l.color", textTerm}},
	search: []string{"name"}, simple: []string{"name", "type", "color"}, orders: []string{"id", "name", "type", "color"},
}

func (s *Server) label(ctx context.Context, id int) (labelJSON, error) {
	found, err := storage.Collect(ctx, s.store.Reader, scanLabel, labelColumns+`WHERE l.id = ?`, id)
	if err != nil || len(found) == 0 {
		return labelJSON{}, err
	}
	l := found[0]
	l.Attributes, err = storage.Collect(ctx, s.store.Reader, scanAttribute, attributeColumns+`WHERE label_id = ? ORDER BY id`, id)
	if err != nil {
		return labelJSON{}, err
	}
	l.Attributes = append([]attributeJSON{}, l.Attributes...)
	children, err := storage.Collect(ctx, s.store.Reader, storage.ScanOne[int], `SELECT id FROM labels WHERE parent_id = ? ORDER BY id`, id)
	l.Sublabels = []sublabelJSON{}
	for _, child := range children {
		sub, err := s.label(ctx, child)
		if err != nil {
			return labelJSON{}, err
		}
		l.Sublabels = append(l.Sublabels, sublabelJSON{sub.ID, sub.Name, sub.Color, sub.Attributes, sub.Type, sub.HasParent})
	}
	return l, err
}

func scanLabel(r *sql.Rows) (l labelJSON, err error) {
	var svg string
	err = r.Scan(&l.ID, &l.Name, &l.Color, &l.Type, &svg, &l.ProjectID, &l.TaskID, &l.ParentID)
	if l.Type == skeleton {
		l.SVG = &svg
	}
	l.HasParent = l.ParentID != nil
	return l, err
}

func scanAttribute(r *sql.Rows) (a attributeJSON, err error) {
	var values []byte
	if err := r.Scan(&a.ID, &a.Name, &a.Mutable, &a.InputType, &a.Default, &values); err != nil {
		return a, err
	}
	return a, json.Unmarshal(values, &a.Values)
}

// listLabels answers the labels of a project, a task or a job. A task of a project has
// the project's; to ask for those of a missing project or task makes CVAT crash (A18).
func (s *Server) listLabels(q *query) (answer, error) {
	w := &where{}
	w.add("l.parent_id IS NULL")
	if err := s.labelScope(q, w); err != nil {
		return answer{}, err
	}
	ids, err := s.ids(q, labelListing, w)
	if err != nil {
		return answer{}, err
	}
	from, to, e, err := q.window(len(ids))
	if err != nil {
		return answer{}, err
	}
	results := []labelJSON{}
	for _, id := range ids[from:to] {
		l, err := s.label(q.ctx, id)
		if err != nil {
			return answer{}, err
		}
		results = append(results, l)
	}
	e.Results = results
	return ok(e), nil
}

// labelScope restricts a listing to the labels of what the query string names.
func (s *Server) labelScope(q *query, w *where) error {
	name, id, err := labelParent(q)
	switch {
	case err != nil:
		return err
	case name == "project_id":
		return s.projectScope(q, w, id)
	case name == "task_id":
		return s.taskScope(q, w, id)
	case name == "job_id":
		j, err := s.store.Job(q.ctx, id)
		if err != nil || j == nil {
			return errors.Join(err, crashed())
		}
		return s.taskScope(q, w, j.Task)
	}
	w.add("l.project_id IN (SELECT id FROM projects WHERE owner_id = ?) OR l.task_id IN (SELECT id FROM tasks WHERE owner_id = ?)", q.who.id, q.who.id)
	return nil
}

// labelParent reads which of project, task and job the query string names; "" is none.
func labelParent(q *query) (name string, id int, err error) {
	for _, n := range []string{"project_id", "task_id", "job_id"} {
		v := q.URL.Query().Get(n)
		if v == "" {
			continue
		}
		if name != "" {
			return "", 0, listed("job_id, task_id and project_id parameters cannot be used together")
		}
		name = n
		if id, err = strconv.Atoi(v); err != nil {
			return "", 0, crashed()
		}
	}
	return name, id, nil
}

func (s *Server) projectScope(q *query, w *where, id int) error {
	p, err := s.project(q.ctx, id)
	switch {
	case err != nil:
		return err
	case p == nil:
		return crashed()
	case !s.mayUse(q, p.owned()):
		return forbidden()
	}
	w.add("l.project_id = ?", id)
	return nil
}

func (s *Server) taskScope(q *query, w *where, id int) error {
	t, err := s.store.Task(q.ctx, id)
	switch {
	case err != nil:
		return err
	case t == nil:
		return crashed()
	case !s.mayUse(q, taskPeople(t)):
		return forbidden()
	case t.Project == nil:
		w.add("l.task_id = ?", id)
	default:
		w.add("l.project_id = ?", *t.Project)
	}
	return nil
}

func (s *Server) getLabel(q *query) (answer, error) {
	l, err := s.label(q.ctx, q.id(0))
	if err != nil {
		return answer{}, err
	}
	if l.ID == 0 {
		return answer{}, notFound("Label", q.id(0))
	}
	return reply(http.StatusOK, l), nil
}

const skeleton = "skeleton"

var labelTypes = []string{"bbox", "ellipse", "polygon", "polyline", "points", "cuboid", "cuboid_3d", skeleton, "mask", "rectangle", "tag", "any"}

var inputTypes = []string{"checkbox", "radio", "number", "text", "select"}
