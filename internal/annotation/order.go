package annotation

import (
	"cmp"
	"slices"
)

// sort puts a frame's shapes in the order in which they are drawn, and what is drawn alike in an order that depends
// on what they are alone.
func (f *Frame) sort() {
	slices.SortStableFunc(f.Shapes, compareShapes)
	slices.SortStableFunc(f.Tags, func(a, b Tag) int {
		return cmp.Or(cmp.Compare(a.Label, b.Label), compareAttributes(a.Attributes, b.Attributes),
			cmp.Compare(a.Group, b.Group), cmp.Compare(a.Source, b.Source))
	})
}

func compareShapes(a, b Shape) int {
	return cmp.Or(
		cmp.Compare(a.ZOrder, b.ZOrder), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Type, b.Type),
		slices.Compare(a.Points, b.Points), slices.CompareFunc(a.Elements, b.Elements, compareShapes),
		cmp.Compare(a.Rotation, b.Rotation), compareAttributes(a.Attributes, b.Attributes),
		compareBool(a.Occluded, b.Occluded), compareBool(a.Outside, b.Outside), cmp.Compare(a.Group, b.Group),
		cmp.Compare(a.Source, b.Source), comparePointers(a.Score, b.Score), comparePointers(a.Track, b.Track),
	)
}

func compareAttributes(a, b Attributes) int {
	return slices.CompareFunc(a, b, func(a, b Attribute) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func comparePointers[T cmp.Ordered](a, b *T) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}
