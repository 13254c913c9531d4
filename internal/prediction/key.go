package prediction

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// Source is what CVAT says of a shape that a model made.
const Source = "auto"

// Key is equal for equal shapes on equal frames, whatever their ids, scores (which servers before 2.58 do not keep) and
// the order in which CVAT answers attributes and elements.
func Key(s cvat.Shape) string {
	var b strings.Builder
	writeKey(&b, s)
	return b.String()
}

func writeKey(b *strings.Builder, s cvat.Shape) {
	fmt.Fprintf(b, "%d %d %s %t %t %d %v %v", s.Frame, s.LabelID, s.Type, s.Occluded, s.Outside, s.ZOrder, s.Rotation, s.Points)
	attributes := slices.Clone(s.Attributes)
	slices.SortFunc(attributes, func(a, b cvat.AttributeValue) int { return cmp.Compare(a.SpecID, b.SpecID) })
	for _, a := range attributes {
		fmt.Fprintf(b, " %d=%q", a.SpecID, a.Value)
	}
	elements := slices.Clone(s.Elements)
	slices.SortFunc(elements, func(a, b cvat.Shape) int { return cmp.Compare(a.LabelID, b.LabelID) })
	for _, e := range elements {
		b.WriteString(" [")
		writeKey(b, e)
		b.WriteString("]")
	}
}
