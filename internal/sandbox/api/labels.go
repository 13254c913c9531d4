package api

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"

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

// A labelSpec is a label as a client writes it.
type labelSpec struct {
	id                     *int
	name, color, kind, svg string
	deleted                bool
	attributes             []attributeSpec
	sublabels              []labelSpec
}

// An attributeSpec is an attribute as a client writes it.
type attributeSpec struct {
	attributeJSON
	deleted   bool
	defaulted bool // default_value was sent
}

// A labelOwner is the project or task that a label belongs to.
type labelOwner struct{ project, task *int }

// labels reads a list of labels. CVAT checks names, types and lengths, and takes
// colours, defaults and number ranges as they come (A19).
func (f *form) labels(field string) []labelSpec {
	v, there := f.body[field]
	if !there {
		return nil
	}
	if v == nil {
		f.fail(field, mayNotBeNull)
		return nil
	}
	list, isList := v.([]any)
	if !isList {
		f.errs = append(f.errs, fieldError{field, notAList(v)})
		return nil
	}
	var specs []labelSpec
	errs, bad := []fieldErrors{}, false
	for _, item := range list {
		object, is := item.(map[string]any)
		inner := form{body: object}
		if is {
			specs = append(specs, inner.label())
		} else {
			inner.fail("non_field_errors", "Invalid data. Expected a dictionary, but got %s.", pythonType(item))
		}
		errs = append(errs, append(fieldErrors{}, inner.errs...))
		bad = bad || len(inner.errs) > 0
	}
	if bad {
		f.errs = append(f.errs, fieldError{field, errs})
	}
	return specs
}

func (f *form) label() labelSpec {
	l := labelSpec{kind: ""}
	if id, ok := number(f.body["id"]); ok {
		l.id = &id
	}
	l.name, _ = f.text("name", text{max: 64, required: l.id == nil})
	l.color, _ = f.text("color", text{blank: true})
	l.kind, _ = f.choice("type", labelTypes...)
	l.svg, _ = f.text("svg", text{blank: true})
	if d, _ := f.truth("deleted"); d {
		l.deleted = true
	}
	l.attributes = f.attributes()
	l.sublabels = f.labels("sublabels")
	return l
}

func (f *form) attributes() []attributeSpec {
	list, _ := f.body["attributes"].([]any)
	var all []attributeSpec
	errs, bad := []fieldErrors{}, false
	for _, item := range list {
		object, _ := item.(map[string]any)
		inner := form{body: object}
		all = append(all, inner.attribute())
		errs = append(errs, append(fieldErrors{}, inner.errs...))
		bad = bad || len(inner.errs) > 0
	}
	if bad {
		f.errs = append(f.errs, fieldError{"attributes", errs})
	}
	return all
}

func (f *form) attribute() (a attributeSpec) {
	a.deleted, _ = f.truth("deleted")
	a.ID, _ = number(f.body["id"])
	a.Name, _ = f.text("name", text{max: 64, required: true})
	if _, there := f.body["mutable"]; !there {
		f.fail("mutable", "This field is required.")
	}
	a.Mutable, _ = f.truth("mutable")
	if _, there := f.body["input_type"]; !there {
		f.fail("input_type", "This field is required.")
	}
	a.InputType, _ = f.choice("input_type", inputTypes...)
	a.Default, a.defaulted = f.text("default_value", text{max: 128, blank: true})
	if _, there := f.body["values"]; !there {
		f.fail("values", "This field is required.")
	}
	values, _ := f.texts("values")
	a.Values = append([]string{}, values...)
	return a
}

var errDuplicateLabel = listed("All label names must be unique")

func createLabels(ctx context.Context, tx *sql.Tx, o labelOwner, specs []labelSpec) error {
	for _, l := range specs {
		if _, err := createLabel(ctx, tx, o, nil, l); err != nil {
			return err
		}
	}
	return nil
}

func createLabel(ctx context.Context, tx *sql.Tx, o labelOwner, parent *int, l labelSpec) (int, error) {
	if err := checkAttributes(l.attributes); err != nil {
		return 0, err
	}
	if err := checkLabelName(ctx, tx, o, parent, l.name, 0); err != nil {
		return 0, err
	}
	if l.kind == "" {
		l.kind = "any"
	}
	if l.color == "" {
		l.color = labelColor(l.name)
	}
	id, err := storage.Insert(ctx, tx, `INSERT INTO labels (project_id, task_id, parent_id, name, color, type, svg) VALUES (?, ?, ?, ?, ?, ?, '')`, o.project, o.task, parent, l.name, l.color, l.kind)
	if err != nil {
		return 0, err
	}
	svg := l.svg
	for _, sub := range l.sublabels {
		subID, err := createLabel(ctx, tx, o, &id, sub)
		if err != nil {
			return 0, err
		}
		svg = strings.ReplaceAll(svg, fmt.Sprintf(`data-label-name="%s"`, sub.name), fmt.Sprintf(`data-label-id="%d"`, subID))
	}
	if _, err := tx.ExecContext(ctx, `UPDATE labels SET svg = ? WHERE id = ?`, svg, id); err != nil {
		return 0, err
	}
	return id, createAttributes(ctx, tx, id, l.attributes)
}

func createAttributes(ctx context.Context, tx *sql.Tx, label int, attributes []attributeSpec) error {
	for _, a := range attributes {
		values, err := json.Marshal(a.Values)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO attributes (label_id, name, mutable, input_type, default_value, choices) VALUES (?, ?, ?, ?, ?, ?)`,
			label, a.Name, a.Mutable, a.InputType, a.Default, string(values)); err != nil {
			return err
		}
	}
	return nil
}

func checkAttributes(attributes []attributeSpec) error {
	seen := map[string]bool{}
	for _, a := range attributes {
		if seen[a.Name] {
			return listed("Duplicate attribute with name '%s' exists", a.Name)
		}
		seen[a.Name] = true
	}
	return nil
}

func checkLabelName(ctx context.Context, tx *sql.Tx, o labelOwner, parent *int, name string, self int) error {
	var id int
	err := tx.QueryRowContext(ctx, `SELECT id FROM labels WHERE name = ? AND project_id IS ? AND task_id IS ? AND parent_id IS ? AND id <> ?`, name, o.project, o.task, parent, self).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return errDuplicateLabel
}

// updateLabels adds labels without an id, changes or deletes those with one, and
// leaves alone the ones that are not named (A20).
func updateLabels(ctx context.Context, tx *sql.Tx, o labelOwner, parent *int, specs []labelSpec) error {
	for _, l := range specs {
		if l.id == nil {
			if l.deleted {
				return &problem{status: http.StatusBadRequest, ctype: jsonType, body: storage.EncodeJSON(map[string]any{"labels": []any{map[string][]string{"non_field_errors": {"Deleted label must have an ID"}}}})}
			}
			if _, err := createLabel(ctx, tx, o, parent, l); err != nil {
				return err
			}
			continue
		}
		if err := updateLabel(ctx, tx, o, parent, l); err != nil {
			return err
		}
	}
	return nil
}

// updateLabel changes a label, and the points of a skeleton with it, but never the drawing (A98).
func updateLabel(ctx context.Context, tx *sql.Tx, o labelOwner, parent *int, l labelSpec) error {
	var name, color string
	err := tx.QueryRowContext(ctx, `SELECT name, color FROM labels WHERE id = ? AND project_id IS ? AND task_id IS ? AND (? IS NULL OR parent_id = ?)`, *l.id, o.project, o.task, parent, parent).Scan(&name, &color)
	if errors.Is(err, sql.ErrNoRows) {
		return detail(http.StatusNotFound, "Not found label with id #%d to change", *l.id)
	}
	if err != nil {
		return err
	}
	if l.deleted {
		_, err := tx.ExecContext(ctx, `DELETE FROM labels WHERE id = ?`, *l.id)
		return err
	}
	if l.name == "" {
		l.name = name
	}
	if l.color == "" {
		l.color = labelColor(l.name)
	}
	if err := checkLabelName(ctx, tx, o, parent, l.name, *l.id); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE labels SET name = ?, color = ?, type = CASE WHEN ? = '' OR type = 'skeleton' OR ? = 'skeleton' THEN type ELSE ? END WHERE id = ?`, l.name, l.color, l.kind, l.kind, l.kind, *l.id)
	if err != nil {
		return err
	}
	if err := updateLabels(ctx, tx, o, l.id, l.sublabels); err != nil {
		return err
	}
	return upsertAttributes(ctx, tx, *l.id, l.attributes)
}

// upsertAttributes changes those that are found by id or name, and adds the others. What
// annotations rest on cannot change (A92).
func upsertAttributes(ctx context.Context, tx *sql.Tx, label int, specs []attributeSpec) error {
	for _, a := range specs {
		old, err := findAttribute(ctx, tx, label, a)
		switch {
		case err != nil:
			return err
		case old == nil && a.ID != 0:
			return detail(http.StatusNotFound, "Attribute with id #%d does not exist", a.ID)
		case old == nil:
			err = createAttributes(ctx, tx, label, []attributeSpec{a})
		case a.deleted:
			_, err = tx.ExecContext(ctx, `DELETE FROM attributes WHERE id = ?`, old.ID)
		default:
			err = updateAttribute(ctx, tx, *old, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func findAttribute(ctx context.Context, tx *sql.Tx, label int, a attributeSpec) (*attributeJSON, error) {
	if a.ID != 0 {
		var other int
		err := tx.QueryRowContext(ctx, `SELECT id FROM attributes WHERE label_id = ? AND name = ? AND id <> ?`, label, a.Name, a.ID).Scan(&other)
		if err == nil {
			err = listed(`Attribute names are already used by this label: "%s"`, a.Name)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	found, err := storage.Collect(ctx, tx, scanAttribute, attributeColumns+`WHERE label_id = ? AND (id = ? OR ? = 0 AND name = ?)`, label, a.ID, a.ID, a.Name)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// fitsInput reports whether the default is a value that the attribute can have, which is checked when it changes.
func fitsInput(a attributeJSON) bool {
	switch a.InputType {
	case "text":
		return true
	case "checkbox":
		return slices.Contains([]string{"true", "false"}, strings.ToLower(a.Default))
	case "number":
		value, err := strconv.ParseFloat(a.Default, 64)
		if err != nil || len(a.Values) < 2 {
			return false
		}
		low, errLow := strconv.ParseFloat(a.Values[0], 64)
		high, errHigh := strconv.ParseFloat(a.Values[1], 64)
		return errLow == nil && errHigh == nil && low <= value && value <= high
	}
	return slices.Contains(a.Values, a.Default)
}

func updateAttribute(ctx context.Context, tx *sql.Tx, old attributeJSON, a attributeSpec) error {
	choice := old.InputType == "select" || old.InputType == "radio"
	fewer := slices.ContainsFunc(old.Values, func(v string) bool { return !slices.Contains(a.Values, v) })
	switch {
	case a.Mutable != old.Mutable:
		return listed(`Attribute field "mutable" cannot be changed`)
	case a.InputType != old.InputType:
		return listed(`Attribute field "input_type" cannot be changed`)
	case choice && fewer:
		return listed(`Attribute field "values" can only be appended for radio and select attributes`)
	case old.InputType == "number" && !slices.Equal(a.Values, old.Values):
		return listed(`Attribute field "values" cannot be changed for number attributes`)
	case !a.defaulted:
		a.Default = old.Default
	case a.Default != old.Default && !fitsInput(a.attributeJSON):
		return listed(`Attribute field "default_value" is invalid for attribute input type`)
	}
	values, err := json.Marshal(a.Values)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE attributes SET name = ?, default_value = ?, choices = ? WHERE id = ?`, a.Name, a.Default, string(values), old.ID)
	return err
}

// touch moves the dates of all that the labels belong to, tasks and jobs too, with the
// other changes of the project or task (A91).
func (o labelOwner) touch(ctx context.Context, tx *sql.Tx, now storage.Stamp, c *changes) error {
	table, id, tasks := "tasks", o.task, `id = ?`
	if o.project != nil {
		table, id, tasks = "projects", o.project, `project_id = ?`
		if _, err := tx.ExecContext(ctx, `UPDATE tasks SET updated = ? WHERE `+tasks, now, *id); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE jobs SET updated = ? WHERE task_id IN (SELECT id FROM tasks WHERE `+tasks+`)`, now, *id); err != nil {
		return err
	}
	return c.save(ctx, tx, table, *id, true, now)
}

// myLabel finds a label that is on its own, and what it belongs to.
func (s *Server) myLabel(q *query) (o labelOwner, err error) {
	l, err := s.label(q.ctx, q.id(0))
	switch {
	case err != nil:
		return o, err
	case l.ID == 0:
		return o, notFound("Label", q.id(0))
	case l.HasParent:
		return o, listed("Sublabels cannot be modified this way. Please send a PATCH request with updated parent label data instead.")
	case l.ProjectID != nil:
		_, err = s.myProject(q, *l.ProjectID)
	case l.TaskID != nil:
		_, err = s.myTask(q, *l.TaskID)
	}
	return labelOwner{l.ProjectID, l.TaskID}, err
}

// patchLabel changes a label. Without a colour it gets the one that goes with its name
// (A91).
func (s *Server) patchLabel(q *query) (answer, error) {
	o, err := s.myLabel(q)
	if err != nil {
		return answer{}, err
	}
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	id := q.id(0)
	b["id"] = json.Number(strconv.Itoa(id))
	f := form{body: b}
	spec := f.label()
	if spec.deleted {
		f.fail("non_field_errors", "Labels cannot be deleted by updating in this endpoint. Please use the DELETE method instead.")
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if err := updateLabel(q.ctx, tx, o, nil, spec); err != nil {
			return err
		}
		return o.touch(q.ctx, tx, s.store.Now(), &changes{})
	})
	if err != nil {
		return answer{}, err
	}
	return s.getLabel(q)
}

// deleteLabel takes a label away, and all annotations with it (A93).
func (s *Server) deleteLabel(q *query) (answer, error) {
	o, err := s.myLabel(q)
	if err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent), s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(q.ctx, `DELETE FROM labels WHERE id = ?`, q.id(0)); err != nil {
			return err
		}
		return o.touch(q.ctx, tx, s.store.Now(), &changes{})
	})
}

// labelColor is the colour of a label that came without one: some colour that hangs
// on the name alone. CVAT's are others, and hang on the labels before it too.
func labelColor(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	return fmt.Sprintf("#%06x", h.Sum32()&0xffffff)
}
