package annotation

import (
	"cmp"
	"slices"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// Labels are a project's labels, to be found by what annotations name: ids.
type Labels struct {
	All  []cvat.Label // by id: the order in which they were made
	byID map[int]*label
}

// A label, or a sublabel of a skeleton.
type label struct {
	name       string
	place      int // among its skeleton's sublabels
	attributes []cvat.Attribute
}

// NewLabels takes the labels as [cvat.Client.Labels] gives them, sublabels within their skeletons.
func NewLabels(all []cvat.Label) Labels {
	l := Labels{All: slices.Clone(all), byID: map[int]*label{}}
	slices.SortStableFunc(l.All, func(a, b cvat.Label) int { return cmp.Compare(a.ID, b.ID) })
	for i := range l.All {
		sublabels := slices.Clone(l.All[i].Sublabels)
		slices.SortStableFunc(sublabels, func(a, b cvat.Label) int { return cmp.Compare(a.ID, b.ID) })
		l.All[i].Sublabels = sublabels
		l.add(l.All[i], 0)
		for k, s := range sublabels {
			l.add(s, k)
		}
	}
	return l
}

func (l Labels) add(from cvat.Label, place int) {
	attributes := slices.Clone(from.Attributes)
	slices.SortStableFunc(attributes, func(a, b cvat.Attribute) int { return cmp.Compare(a.ID, b.ID) })
	l.byID[from.ID] = &label{from.Name, place, attributes}
}

// values are a label's attributes with the values that were set, the defaults of those that were not. Of several values
// of one attribute the last counts.
func (l *label) values(set []cvat.AttributeValue) Attributes {
	values := make(Attributes, len(l.attributes))
	for i, a := range l.attributes {
		values[i] = Attribute{a.Name, a.DefaultValue}
		for _, v := range set {
			if v.SpecID == a.ID {
				values[i].Value = v.Value
			}
		}
	}
	return values
}
