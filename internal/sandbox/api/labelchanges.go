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

// A labelOwner is the project or task that a label belongs to.
type labelOwner struct{ project, task *int }

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
