package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// label reads a label; a plain name has the type that its place implies.
func (l *loader) label(n *node, plainType string) Label {
	if n.kind == scalar {
		label := Label{Name: n.str(), Pos: n.at}
		if plainType != "any" { // any is CVAT's default, so it need not be said
			label.Type = plainType
		}
		return label
	}
	label := Label{
		Name:  n.get("name").str(),
		Was:   n.get("was").str(),
		Color: n.get("color").str(),
		Type:  n.get("type").str(),
		SVG:   n.get("svg").str(),
		Pos:   n.at,
	}
	for _, item := range n.list("attributes") {
		label.Attributes = append(label.Attributes, l.attribute(item))
	}
	l.uniqueNames(n.list("attributes"), "attribute")
	for _, item := range n.list("sublabels") {
		label.Sublabels = append(label.Sublabels, l.label(item, "points"))
	}
	l.uniqueNames(n.list("sublabels"), "sublabel")
	l.skeleton(n, &label)
	return label
}

var labelID = regexp.MustCompile(`data-label-id="(\d+)"`)

// skeleton checks what CVAT takes without a word and then cannot draw. A drawing
// that was copied from a server names its points by that server's ids: they
// become the points' names, as CVAT's own "Raw" view does it.
func (l *loader) skeleton(n *node, label *Label) {
	if label.Type != "skeleton" {
		for _, key := range []string{"sublabels", "svg"} {
			if f := n.field(key); f != nil && (len(f.value.items) > 0 || f.value.str() != "") {
				l.report(f.at, diag.Do(diag.HintWrite, "type: skeleton"), "only a skeleton has %s", key)
			}
		}
		return
	}
	if len(label.Sublabels) == 0 || label.SVG == "" {
		l.report(n.at, diag.Do(diag.HintCopyRawLabel), "skeleton %q needs sublabels and svg", clip(label.Name))
		return
	}
	names := map[string]string{}
	for _, item := range n.list("sublabels") {
		if id := item.get("id").intPtr(); id != nil {
			names[strconv.Itoa(*id)] = item.get("name").str()
		}
	}
	label.SVG = labelID.ReplaceAllStringFunc(label.SVG, func(m string) string {
		id := labelID.FindStringSubmatch(m)[1]
		if names[id] == "" {
			l.report(n.get("svg").at, diag.Hint{}, "the svg names point %s, which no sublabel has as its id", id)
		}
		return fmt.Sprintf("data-label-name=%q", names[id])
	})
}

func (l *loader) attribute(n *node) Attribute {
	a := Attribute{
		Name:         n.get("name").str(),
		InputType:    n.get("input_type").str(),
		DefaultValue: n.get("default_value").written(),
		Values:       []string{},
	}
	if mutable := n.get("mutable").boolPtr(); mutable != nil {
		a.Mutable = *mutable
	}
	for _, v := range n.list("values") {
		a.Values = append(a.Values, v.written())
	}
	l.attributeValues(n, a)
	return a
}

// attributeValues checks what CVAT does not, and its editor stumbles over.
func (l *loader) attributeValues(n *node, a Attribute) {
	at := n.at
	if f := n.field("values"); f != nil {
		at = f.at
	}
	switch a.InputType {
	case "select", "radio":
		if len(a.Values) == 0 {
			l.report(at, diag.Hint{}, "attribute %q needs values to choose from", clip(a.Name))
			return
		}
		if a.DefaultValue != "" && !slices.Contains(a.Values, a.DefaultValue) {
			var hint diag.Hint
			if near := wording.Nearest(a.DefaultValue, a.Values); near != "" {
				hint = diag.Do(diag.HintDidYouMean, strconv.Quote(near))
			}
			l.report(n.get("default_value").at, hint, "default_value %q is not one of the values", clip(a.DefaultValue))
		}
	case "number":
		if !isRange(a.Values) {
			l.report(at, diag.Do(diag.HintNumberValues), "values of number attribute %q must be the smallest, the largest and the step", clip(a.Name))
		}
	}
}

func isRange(values []string) bool {
	if len(values) != 3 {
		return false
	}
	var n [3]float64
	for i, v := range values {
		var err error
		if n[i], err = strconv.ParseFloat(v, 64); err != nil {
			return false
		}
	}
	return n[0] <= n[1] && n[2] > 0
}

// uniqueNames reports items that repeat a name; an item is a name or has one.
func (l *loader) uniqueNames(items []*node, what string) {
	first := map[Name]Position{}
	for _, item := range items {
		name := nameOf(item)
		key := NameOf(name.str())
		if key == (Name{}) {
			continue
		}
		if before, double := first[key]; double {
			l.report(name.at, diag.Do(diag.HintAlreadyInLine, strconv.Itoa(before.Line)), "duplicate %s %q", what, clip(key.String()))
			continue
		}
		first[key] = name.at
	}
}
