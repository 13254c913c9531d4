package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func choice(values ...string) manifest.Attribute {
	return manifest.Attribute{Name: "a", InputType: "select", Values: values}
}

func leafWith(attributes ...manifest.Attribute) manifest.Label {
	return manifest.Label{Name: "leaf", Attributes: attributes}
}

func skeleton(points ...manifest.Label) manifest.Label {
	return manifest.Label{Name: "leaf", Type: "skeleton", Sublabels: points}
}

func TestWhatChangesInALabelAndWhatCannot(t *testing.T) {
	number := func(values ...string) manifest.Attribute {
		return manifest.Attribute{Name: "n", InputType: "number", Values: values, DefaultValue: "1"}
	}
	for name, c := range map[string]struct {
		want, have manifest.Label
		fields     []FieldChange
		refused    []string
	}{
		"what is not written is not compared":        {leafWith(), manifest.Label{Name: "leaf", Color: "#112233", Type: "polygon", Attributes: []manifest.Attribute{choice("x")}}, nil, nil},
		"a colour's letters are alike in both cases": {manifest.Label{Name: "leaf", Color: "#AABBCC"}, manifest.Label{Name: "leaf", Color: "#aabbcc"}, nil, nil},
		"a colour": {manifest.Label{Name: "leaf", Color: "#000000"}, manifest.Label{Name: "leaf", Color: "#aabbcc"}, []FieldChange{{"color", "#aabbcc", "#000000"}}, nil},
		"any":      {manifest.Label{Name: "leaf", Type: "any"}, manifest.Label{Name: "leaf", Type: "polygon"}, []FieldChange{{"type", "polygon", "any"}}, nil},
		"another type": {
			manifest.Label{Name: "leaf", Type: "mask"}, manifest.Label{Name: "leaf", Type: "polygon"}, nil,
			[]string{"type: polygon → mask: a type is only ever changed to any, since the shapes of the old one would stay"},
		},
		"no skeleton any more": {
			manifest.Label{Name: "leaf", Type: "any"}, skeleton(), nil,
			[]string{"type: skeleton → any: a type is only ever changed to any, since the shapes of the old one would stay"},
		},
		"a new attribute":                  {leafWith(choice("x", "y")), leafWith(), []FieldChange{{"attribute a", "", "select x, y"}}, nil},
		"more choices, in any order":       {leafWith(choice("z", "y", "x")), leafWith(choice("x", "y")), []FieldChange{{"attribute a: values", "x, y", "x, y, z"}}, nil},
		"other order":                      {leafWith(choice("y", "x")), leafWith(choice("x", "y")), nil, nil},
		"fewer choices":                    {leafWith(choice("x")), leafWith(choice("x", "y")), nil, []string{"attribute a: values: the project also has y: CVAT cannot take a choice away"}},
		"a number written in another way":  {leafWith(number("0", "10.0", "1")), leafWith(number("0", "10", "1")), nil, nil},
		"another range":                    {leafWith(number("0", "20", "1")), leafWith(number("0", "10", "1")), nil, []string{"attribute n: values: 0, 10, 1 → 0, 20, 1: CVAT cannot change the range of a number"}},
		"a default beyond the range":       {leafWith(manifest.Attribute{Name: "n", InputType: "number", Values: []string{"0", "10", "1"}, DefaultValue: "11"}), leafWith(number("0", "10", "1")), nil, []string{"attribute n: default_value: 11 is not one of its values"}},
		"a default":                        {leafWith(manifest.Attribute{Name: "n", InputType: "number", Values: []string{"0", "10", "1"}, DefaultValue: "9"}), leafWith(number("0", "10", "1")), []FieldChange{{"attribute n: default_value", "1", "9"}}, nil},
		"a point's colour":                 {skeleton(manifest.Label{Name: "tip", Color: "#000000"}), skeleton(manifest.Label{Name: "tip", Color: "#ffffff"}), []FieldChange{{"point tip: color", "#ffffff", "#000000"}}, nil},
		"points that only one side has":    {skeleton(manifest.Label{Name: "tip"}), skeleton(manifest.Label{Name: "root"}), nil, []string{"point tip: the project's skeleton has none: CVAT cannot change its drawing", "point root: the manifest's skeleton has none: CVAT cannot change its drawing"}},
		"what cannot change is listed too": {leafWith(manifest.Attribute{Name: "a", InputType: "select", Mutable: true, Values: []string{"x", "y"}}), leafWith(choice("x")), []FieldChange{{"attribute a: values", "x", "x, y"}}, []string{"attribute a: mutable: false → true: CVAT cannot change it"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := compareLabels(c.want, c.have, all)
			if diff := cmp.Diff(c.fields, d.fields); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.refused, d.refused); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a person sets between plan and apply is not overwritten, and the rest is sent nevertheless.
func TestWhatRemainsOfALabelsUpdate(t *testing.T) {
	want := manifest.Label{Name: "leaf", Color: "#000000", Attributes: []manifest.Attribute{choice("x", "y")}}
	have := manifest.Label{Name: "leaf", Color: "#aaaaaa", Attributes: []manifest.Attribute{choice("x")}}
	u := LabelUpdate{Label: "leaf", Fields: compareLabels(want, have, all).fields}

	send, kept, ok := u.Remaining(want, have)
	if diff := cmp.Diff(want, send); diff != "" || len(kept) > 0 || !ok {
		t.Error(diff, kept, ok)
	}
	have.Color = "#bbbbbb"
	send, kept, ok = u.Remaining(want, have)
	if send.Color != "#bbbbbb" || len(send.Attributes) != 1 || !ok {
		t.Errorf("%+v, %v", send, ok)
	}
	if diff := cmp.Diff([]FieldChange{{"color", "#bbbbbb", "#000000"}}, kept); diff != "" {
		t.Error(diff)
	}
	if _, kept, ok := u.Remaining(want, want); ok || len(kept) > 0 {
		t.Errorf("of a label that is as it is to be: %v, %v", kept, ok)
	}
}

func TestALabelIsDeletedOnlyIfItIsNamedAndTheManifestDoesNotNameIt(t *testing.T) {
	have := Actual{Exists: true, Labels: []manifest.Label{{Name: "old"}, {Name: "leaf"}, {Name: "leave"}}, LabelUses: []LabelUse{{Label: "old", Shapes: 3, Tasks: 2}}}
	labels := []manifest.Label{{Name: "leaf"}, {Name: "foliage", Was: "leave"}}
	for name, c := range map[string]struct {
		named    []string
		deletes  []LabelUse
		problems int
	}{
		"nothing is named":           {nil, nil, 0},
		"one that nobody needs":      {[]string{"old"}, []LabelUse{{Label: "old", Shapes: 3, Tasks: 2}}, 0},
		"one that is not there":      {[]string{"gone"}, nil, 0},
		"one of the manifest":        {[]string{"leaf"}, nil, 1},
		"one that is to be renamed":  {[]string{"leave"}, nil, 1},
		"one of them is not allowed": {[]string{"old", "leaf"}, []LabelUse{{Label: "old", Shapes: 3, Tasks: 2}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := Diff(nil, have, Options{Project: manifest.Project{Name: "p", Labels: labels}, DeleteLabels: c.named}).Project
			if diff := cmp.Diff(c.deletes, p.Deletes); diff != "" || len(p.Problems) != c.problems {
				t.Error(diff, p.Problems)
			}
			if blocked := p.Action == ProjectBlocked; blocked != (c.problems > 0) {
				t.Error(p.Action)
			}
		})
	}
}
