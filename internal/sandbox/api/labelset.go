package api

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"github.com/cvatplan/cvatplan/internal/sandbox/annotation"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

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
