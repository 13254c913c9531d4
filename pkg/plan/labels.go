package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A LabelRename is a label to which the manifest gives a new name.
type LabelRename struct{ Before, After string }

// A LabelUpdate is what apply changes in a label that the project has.
type LabelUpdate struct {
	Label  string        // as the manifest calls it: renames come first
	Fields []FieldChange // such as "color", "attribute ripe" (which is new), "attribute ripe: values", "point tip: color"
}

// A LabelUse is how much annotators have drawn with a label: each shape, track and tag once.
type LabelUse struct {
	Label     string `json:"label"`
	Shapes    int    `json:"shapes"`
	Tasks     int    `json:"tasks"`
	Uncounted int    `json:"uncounted_tasks,omitempty"` // tasks that were not counted, because there are too many: Shapes is the least
}

// labelChanges decides about the labels of a project that exists.
func (p *ProjectChange) labelChanges(have Actual, o Options) {
	want := o.Project
	names := make([]string, len(have.Labels))
	for i, l := range have.Labels {
		names[i] = l.Name
	}
	p.Labels, p.Renames = lacking(want.Labels, names)
	p.deletions(have, o)
	if !o.mayUpdateProject("labels") {
		return
	}
	for _, l := range paired(want.Labels, have.Labels, p.Renames) {
		d := compareLabels(l.want, l.have, all)
		if len(d.fields) > 0 {
			p.Updates = append(p.Updates, LabelUpdate{Label: l.want.Name, Fields: d.fields})
		}
		for _, text := range d.refused {
			p.refuse(fmt.Sprintf("label %s: %s", l.want.Name, text), diag.Do(diag.HintAdaptLabel))
		}
	}
}

func (p *ProjectChange) refuse(text string, hint diag.Hint) {
	p.Problems = append(p.Problems, Diagnostic{Severity: diag.Error, Code: diag.CodeLabels, Text: text, Hint: hint})
}

// deletions are the labels that were named for deletion and are there.
func (p *ProjectChange) deletions(have Actual, o Options) {
	wanted := make(map[Name]bool)
	for _, l := range o.Project.Labels {
		wanted[NameOf(l.Name)] = true
	}
	for _, r := range p.Renames {
		wanted[NameOf(r.Before)] = true
	}
	for _, name := range o.DeleteLabels {
		i := slices.IndexFunc(have.Labels, func(l manifest.Label) bool { return NameOf(l.Name) == NameOf(name) })
		switch {
		case wanted[NameOf(name)]:
			p.refuse(fmt.Sprintf("label %s: it is to be deleted, and the manifest names it", name), diag.Do(diag.HintUnnameLabel))
		case i >= 0:
			use := LabelUse{Label: have.Labels[i].Name}
			if k := slices.IndexFunc(have.LabelUses, func(u LabelUse) bool { return NameOf(u.Label) == NameOf(name) }); k >= 0 {
				use = have.LabelUses[k]
			}
			p.Deletes = append(p.Deletes, use)
		}
	}
}

// lacking are the labels that the project does not have by name: to be added, or to be
// renamed where it has them under a name that no label of the manifest has.
func lacking(want []manifest.Label, have []string) (add []manifest.Label, renames []LabelRename) {
	taken := nameSet(have)
	wanted := make(map[Name]bool, len(want))
	for _, l := range want {
		wanted[NameOf(l.Name)] = true
	}
	for _, l := range want {
		was := NameOf(l.Was)
		switch {
		case taken[NameOf(l.Name)]:
		case l.Was != "" && taken[was] && !wanted[was]:
			renames = append(renames, LabelRename{Before: l.Was, After: l.Name})
			delete(taken, was) // one label of another old name is not the same
		default:
			l.Was = ""
			add = append(add, l)
		}
	}
	return add, renames
}

func nameSet(names []string) map[Name]bool {
	set := make(map[Name]bool, len(names))
	for _, name := range names {
		set[NameOf(name)] = true
	}
	return set
}

// A pair is one label as the manifest writes it and as the project has it.
type pair struct{ want, have manifest.Label }

// paired are the labels that both have, those among them that are to be renamed.
func paired(want, have []manifest.Label, renames []LabelRename) []pair {
	byName := make(map[Name]manifest.Label, len(have))
	for _, l := range have {
		byName[NameOf(l.Name)] = l
	}
	for _, r := range renames {
		byName[NameOf(r.After)] = byName[NameOf(r.Before)]
	}
	var pairs []pair
	for _, l := range want {
		if h, there := byName[NameOf(l.Name)]; there {
			pairs = append(pairs, pair{l, h})
		}
	}
	return pairs
}

// Remaining is what is still to be sent of an update: the label with its colour, and of its
// attributes and sublabels those that change. kept are the planned changes whose value somebody
// set to another one since. ok is false where nothing is left to send.
func (u LabelUpdate) Remaining(want, have manifest.Label) (send manifest.Label, kept []FieldChange, ok bool) {
	d := compareLabels(want, have, func(f FieldChange) bool { return slices.Contains(u.Fields, f) })
	for _, f := range u.Fields {
		changed := func(now FieldChange) bool { return now.Key == f.Key && now != f }
		if i := slices.IndexFunc(d.left, changed); i >= 0 {
			kept = append(kept, d.left[i])
		}
	}
	return d.send, kept, len(d.fields) > 0
}

// A labelDifference is what a comparison of one label found.
type labelDifference struct {
	allow   func(FieldChange) bool
	fields  []FieldChange  // allowed changes
	left    []FieldChange  // those that were not
	refused []string       // what the manifest writes and CVAT cannot change, or not without harm
	send    manifest.Label // what makes the allowed ones
}

func all(FieldChange) bool { return true }

// compareLabels compares what the manifest writes of a label with what the project has.
func compareLabels(want, have manifest.Label, allow func(FieldChange) bool) labelDifference {
	d := labelDifference{allow: allow}
	d.send = d.label("", want, have)
	d.sublabels(want, have)
	return d
}

// change reports whether the field is to be changed.
func (d *labelDifference) change(key, before, after string) bool {
	f := FieldChange{key, before, after}
	if !d.allow(f) {
		d.left = append(d.left, f)
		return false
	}
	d.fields = append(d.fields, f)
	return true
}

func (d *labelDifference) refuse(format string, args ...any) {
	d.refused = append(d.refused, fmt.Sprintf(format, args...))
}

// label compares one label or point; within is the start of its keys. What it returns always has the
// colour: CVAT gives a label that is changed without one the colour of its name.
func (d *labelDifference) label(within string, want, have manifest.Label) manifest.Label {
	send := manifest.Label{Name: have.Name, Color: have.Color}
	if want.Color != "" && !strings.EqualFold(want.Color, have.Color) && d.change(within+"color", have.Color, want.Color) {
		send.Color = want.Color
	}
	switch {
	case want.Type == "" || want.Type == have.Type:
	case want.Type != "any" || have.Type == "skeleton":
		d.refuse("%stype: %s → %s: a type is only ever changed to any, since the shapes of the old one would stay", within, have.Type, want.Type)
	case d.change(within+"type", have.Type, want.Type):
		send.Type = want.Type
	}
	for _, a := range want.Attributes {
		i := slices.IndexFunc(have.Attributes, func(h manifest.Attribute) bool { return NameOf(h.Name) == NameOf(a.Name) })
		key := within + "attribute " + a.Name
		switch {
		case i >= 0:
			if merged, changes := d.attribute(key, a, have.Attributes[i]); changes {
				send.Attributes = append(send.Attributes, merged)
			}
		case d.change(key, "", strings.TrimSpace(a.InputType+" "+strings.Join(a.Values, ", "))):
			send.Attributes = append(send.Attributes, a)
		}
	}
	return send
}

// attribute compares one that both have. CVAT adds choices and changes the default, and nothing else.
func (d *labelDifference) attribute(key string, want, have manifest.Attribute) (merged manifest.Attribute, changes bool) {
	merged = have
	switch {
	case want.InputType != have.InputType:
		d.refuse("%s: input_type: %s → %s: CVAT cannot change it", key, have.InputType, want.InputType)
		return merged, false
	case want.Mutable != have.Mutable:
		d.refuse("%s: mutable: %t → %t: CVAT cannot change it", key, have.Mutable, want.Mutable)
	}
	if values, differ := d.values(key, want, have); differ && d.change(key+": values", strings.Join(have.Values, ", "), strings.Join(values, ", ")) {
		merged.Values, changes = values, true
	}
	if want.DefaultValue == "" || want.DefaultValue == have.DefaultValue {
		return merged, changes
	}
	if !fitsAttribute(want) {
		d.refuse("%s: default_value: %s is not one of its values", key, want.DefaultValue)
	} else if d.change(key+": default_value", have.DefaultValue, want.DefaultValue) {
		merged.DefaultValue, changes = want.DefaultValue, true
	}
	return merged, changes
}

// values are what an attribute's are to be; the order of choices is not compared.
func (d *labelDifference) values(key string, want, have manifest.Attribute) (values []string, differ bool) {
	switch want.InputType {
	case "select", "radio":
		more, fewer := Without(want.Values, have.Values), Without(have.Values, want.Values)
		if len(fewer) > 0 {
			d.refuse("%s: values: the project also has %s: CVAT cannot take a choice away", key, strings.Join(fewer, ", "))
		}
		return slices.Concat(have.Values, more), len(more) > 0
	case "number":
		if !slices.EqualFunc(want.Values, have.Values, sameNumber) {
			d.refuse("%s: values: %s → %s: CVAT cannot change the range of a number", key, strings.Join(have.Values, ", "), strings.Join(want.Values, ", "))
		}
		return nil, false
	}
	return want.Values, len(want.Values) > 0 && !slices.Equal(want.Values, have.Values)
}

func sameNumber(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return a == b || errX == nil && errY == nil && x == y
}

// fitsAttribute reports whether the default is one that CVAT takes in place of another.
func fitsAttribute(a manifest.Attribute) bool {
	switch a.InputType {
	case "checkbox":
		return strings.EqualFold(a.DefaultValue, "true") || strings.EqualFold(a.DefaultValue, "false")
	case "number":
		value, err := strconv.ParseFloat(a.DefaultValue, 64)
		low, errLow := strconv.ParseFloat(a.Values[0], 64)
		high, errHigh := strconv.ParseFloat(a.Values[1], 64)
		return err == nil && errLow == nil && errHigh == nil && low <= value && value <= high
	}
	return true // choices were checked with the manifest
}

// sublabels compares the points of a skeleton. Their number is the drawing's, which CVAT cannot change.
func (d *labelDifference) sublabels(want, have manifest.Label) {
	if want.Type != "skeleton" || have.Type != "skeleton" {
		return
	}
	missing := make(map[Name]bool)
	for _, s := range have.Sublabels {
		missing[NameOf(s.Name)] = true
	}
	for _, w := range want.Sublabels {
		i := slices.IndexFunc(have.Sublabels, func(h manifest.Label) bool { return NameOf(h.Name) == NameOf(w.Name) })
		if i < 0 {
			d.refuse("point %s: the project's skeleton has none: CVAT cannot change its drawing", w.Name)
			continue
		}
		delete(missing, NameOf(w.Name))
		before := len(d.fields)
		send := d.label("point "+w.Name+": ", w, have.Sublabels[i])
		if len(d.fields) > before {
			d.send.Sublabels = append(d.send.Sublabels, send)
		}
	}
	for _, s := range have.Sublabels {
		if missing[NameOf(s.Name)] {
			d.refuse("point %s: the manifest's skeleton has none: CVAT cannot change its drawing", s.Name)
		}
	}
}

// labels: what differs and is not to be changed, in one line; what cannot be, in another.
func (n noter) labels(p Plan, have Actual) {
	if p.Options.mayUpdateProject("labels") || !have.Exists {
		return
	}
	var differ, refused []string
	for _, l := range paired(p.Options.Project.Labels, have.Labels, p.Project.Renames) {
		d := compareLabels(l.want, l.have, all)
		if len(d.fields) > 0 {
			f := d.fields[0]
			differ = append(differ, fmt.Sprintf("%s: %s: %s → %s", l.want.Name, f.Key, orElse(f.Before, "none"), f.After))
		}
		for _, text := range d.refused {
			refused = append(refused, l.want.Name+": "+text)
		}
	}
	if len(differ) > 0 {
		text := fmt.Sprintf("labels: %s; kept", differ[0])
		if len(differ) > 1 {
			text = fmt.Sprintf("labels: %d differ from the manifest, such as %s; kept", len(differ), differ[0])
		}
		n[Note{Code: diag.CodeLabels, Text: text, Hint: diag.Do(diag.HintUpdate, "labels")}] = 0
	}
	if len(refused) > 0 {
		n[Note{Code: diag.CodeLabels, Text: "labels: " + strings.Join(refused, "; ") + "; kept"}] = 0
	}
}

// keptLabels: what the project has and the manifest does not name stays, with its shapes.
func (n noter) keptLabels(p Plan, have Actual) {
	named := make(map[Name]bool)
	for _, l := range p.Options.Project.Labels {
		named[NameOf(l.Name)] = true
	}
	for _, r := range p.Project.Renames {
		named[NameOf(r.Before)] = true
	}
	for _, name := range p.Options.DeleteLabels {
		named[NameOf(name)] = true
	}
	var kept []string
	for _, l := range have.Labels {
		if !named[NameOf(l.Name)] {
			kept = append(kept, l.Name)
		}
	}
	if len(kept) > 0 {
		n[Note{Code: diag.CodeKeptLabels, Text: fmt.Sprintf("the project also has %s that the manifest does not name: %s; kept",
			wording.Count(len(kept), "label", "labels"), wording.FirstFew(kept, 5))}] = 0
	}
}
