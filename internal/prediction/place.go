package prediction

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A Frame is one that predictions may be about.
type Frame struct {
	Name          string
	Width, Height int // pixels; 0: not known yet

	// Elsewhere is of a frame of another task of the same bag, behind all of the target's own: what is
	// predicted for it is no affair of the target's.
	Elsewhere bool
}

// A Target is what predictions are placed in.
type Target struct {
	Frames []Frame
	Labels []cvat.Label // nil: not known yet, so that every label fits

	MinScore float64           // less certain ones are left out; those without a score are not
	Rename   map[string]string // the file's labels → the project's; others keep their names

	OnlyCount bool // Placed has no annotations
}

// A Count is how many of a label there are.
type Count struct {
	Label string
	Count int
}

// Placed is what becomes of predictions.
type Placed struct {
	Annotations cvat.Annotations // frames are places in Target.Frames; ids are those of Target.Labels; source auto
	Labels      []Count          // of them, by name
	LowScore    int              // left out: see Target.MinScore
	Repeated    int              // left out: equal, but for the score, to one before
	Tags        int              // left out: they say something of a whole frame
	Tracked     int              // of Annotations, those that are of a track in the file: here each is a shape of its own
	Unplaced    []Unplaced       // left out: they cannot be placed
}

// unit is the frame of coordinates that are parts of an image's size.
var unit = Frame{Width: 1, Height: 1}

// tolerance is how far a shape may leave its image, in pixels: models that scale their answers do so by fractions.
const tolerance = 1.0

type placing struct {
	t        Target
	names    names
	stems    names
	labels   map[string]*cvat.Label
	unplaced reasons
	seen     map[[16]byte]bool // hashes of shapes with their labels
	counts   map[string]int
	result   Placed
}

func newPlacing(t Target) *placing {
	return &placing{t: t, names: namesOf(t.Frames, false), stems: namesOf(t.Frames, true), labels: labelsByName(t.Labels), unplaced: reasons{}, seen: map[[16]byte]bool{}, counts: map[string]int{}}
}

// done is what became of all that was placed.
func (p *placing) done() Placed {
	p.result.Unplaced = p.unplaced.list()
	for label, n := range p.counts {
		p.result.Labels = append(p.result.Labels, Count{label, n})
	}
	slices.SortFunc(p.result.Labels, func(a, b Count) int { return cmp.Compare(a.Label, b.Label) })
	slices.SortStableFunc(p.result.Annotations.Shapes, func(a, b cvat.Shape) int { return cmp.Compare(a.Frame, b.Frame) })
	return p.result
}

func labelsByName(labels []cvat.Label) map[string]*cvat.Label {
	byName := make(map[string]*cvat.Label, len(labels))
	for i := range labels {
		byName[labels[i].Name] = &labels[i]
	}
	return byName
}

// place gives one item its frame and its label, or counts why it has none. thing is its number among all.
func (p *placing) place(item Item, thing int) {
	if item.Wrong != "" {
		p.unplaced.add(thing, item.Image, "%s", item.Wrong)
		return
	}
	if item.tag {
		if _, frame, wrong := p.frameOf(item); wrong == "" && !frame.Elsewhere {
			p.result.Tags++
		}
		return
	}
	if score := item.Shapes[0].Score; score != nil && *score < p.t.MinScore {
		p.result.LowScore++
		return
	}
	at, frame, wrong := p.frameOf(item)
	if wrong != "" {
		p.unplaced.add(thing, item.Image, "%s", wrong)
		return
	}
	if frame.Elsewhere {
		return
	}
	name := item.Shapes[0].Label
	if to, renamed := p.t.Rename[name]; renamed {
		name = to
	}
	label := p.labels[name]
	if label == nil && p.t.Labels != nil {
		p.unplaced.add(thing, "", "the project has no label %q", name)
		return
	}
	shape, wrong := shapeOf(item, label, at, frame)
	if wrong != "" {
		p.unplaced.add(thing, item.Image, "%s", wrong)
		return
	}
	if p.keep(name, shape) && item.Shapes[0].Track != nil {
		p.result.Tracked++
	}
}

// keep takes a shape of a label, unless an equal one was taken.
func (p *placing) keep(label string, s cvat.Shape) bool {
	key := hashOf(label, s)
	if p.seen[key] {
		p.result.Repeated++
		return false
	}
	p.seen[key] = true
	p.counts[label]++
	if !p.t.OnlyCount {
		p.result.Annotations.Shapes = append(p.result.Annotations.Shapes, s)
	}
	return true
}

// hashOf is equal for what is equal, but for the score.
func hashOf(label string, s cvat.Shape) [16]byte {
	sum := sha256.Sum256([]byte(label + "\x00" + Key(s)))
	return [16]byte(sum[:16])
}

// frameOf is the frame that an item is about and its place; where the frame's size is not known yet, it has the item's.
func (p *placing) frameOf(item Item) (at int, frame Frame, wrong string) {
	names := p.names
	if item.stem {
		names = p.stems
	}
	if at, wrong = names.find(item.Image); wrong != "" {
		return at, frame, wrong
	}
	frame = p.t.Frames[at]
	switch {
	case frame.Elsewhere:
	case frame.Width == 0:
		frame.Width, frame.Height = item.Width, item.Height
	case item.Width > 0 && (frame.Width != item.Width || frame.Height != item.Height):
		wrong = fmt.Sprintf("made for an image of %d x %d pixels, the frame has %d x %d", item.Width, item.Height, frame.Width, frame.Height)
	}
	return at, frame, wrong
}

// shapeOf is an item as CVAT takes it, in the pixels of its frame; wrong says why CVAT would not take it.
func shapeOf(item Item, label *cvat.Label, at int, frame Frame) (out cvat.Shape, wrong string) {
	shape, wrong := choose(item.Shapes, label)
	if item.relative && frame.Width > 0 {
		shape = scaled(shape, frame.Width, frame.Height)
	} else if item.relative {
		frame = unit
	}
	if wrong == "" {
		wrong = fault(shape, frame)
	}
	if wrong != "" {
		return out, wrong
	}
	return wire(shape, label, at)
}

// choose is the closest of the shapes that the label takes.
func choose(shapes []annotation.Shape, label *cvat.Label) (annotation.Shape, string) {
	if label == nil {
		return shapes[0], ""
	}
	kind := cmp.Or(label.Type, "any")
	for _, s := range shapes {
		if s.Type == kind || kind == "any" && s.Type != "skeleton" {
			return s, ""
		}
	}
	return annotation.Shape{}, fmt.Sprintf("label %s takes %s, and not a %s", label.Name, kind, shapes[0].Type)
}

// fault says why CVAT could not hold the shape, or not export it.
func fault(s annotation.Shape, in Frame) string {
	n := len(s.Points)
	fits := map[string]bool{
		"rectangle": n == 4, "ellipse": n == 4, "polygon": n >= 6 && n%2 == 0, "polyline": n >= 4 && n%2 == 0,
		"points": n >= 2 && n%2 == 0, "cuboid": n == 16, "mask": n > 4, "skeleton": n == 0 && len(s.Elements) > 0,
	}
	fit, known := fits[s.Type]
	switch {
	case !known:
		return fmt.Sprintf("CVAT has no shape of type %q", s.Type)
	case !fit:
		return fmt.Sprintf("a %s of %d numbers", s.Type, n)
	case !annotation.Finite(s.Points...) || slices.ContainsFunc(s.Elements, func(e annotation.Shape) bool { return !annotation.Finite(e.Points...) }):
		return "a coordinate that is not a number"
	case s.Score != nil && !(*s.Score >= 0 && *s.Score <= 1):
		return "a score that is not between 0 and 1"
	case s.ZOrder > math.MaxInt32 || s.ZOrder < math.MinInt32:
		return "a z_order of more than 32 bits"
	case s.Group < 0 || s.Group > math.MaxInt32:
		return "a group that is not between 0 and 2147483647"
	case s.Rotation < 0 || s.Rotation > 360:
		return "a rotation that is not between 0 and 360 degrees"
	case s.Type == "rectangle" && (s.Points[0] >= s.Points[2] || s.Points[1] >= s.Points[3]):
		return "a rectangle without an area"
	case s.Type == "ellipse" && (s.Points[2] <= s.Points[0] || s.Points[3] >= s.Points[1]):
		return "an ellipse without an area"
	case s.Type == "mask":
		return maskFault(s.Points, in)
	}
	if in.Width > 0 && outside(s, in) {
		return "outside its image"
	}
	return ""
}

// maskFault: a mask that leaves its image, or its box, breaks exports of the whole task.
func maskFault(points []float64, in Frame) string {
	n := len(points) - 4
	left, top, right, bottom := points[n], points[n+1], points[n+2], points[n+3]
	sum := 0.0
	for _, run := range points {
		if run != float64(int64(run)) || run < 0 {
			return "a mask whose numbers are not whole"
		}
	}
	for _, run := range points[:n] {
		sum += run
	}
	switch {
	case right < left || bottom < top || sum != (right-left+1)*(bottom-top+1):
		return "a mask whose runs do not fill its box"
	case in.Width > 0 && (right >= float64(in.Width) || bottom >= float64(in.Height)):
		return "outside its image"
	}
	return ""
}

// outside reports whether a shape leaves the image; of one that is rotated its middle decides, for CVAT lets corners
// turn out of the image.
func outside(s annotation.Shape, in Frame) bool {
	points := s.Points
	switch {
	case s.Type == "ellipse":
		x, y, rx, ry := points[0], points[1], points[2]-points[0], points[1]-points[3]
		points = []float64{x - rx, y - ry, x + rx, y + ry}
	case s.Type == "skeleton":
		points = nil
		for _, e := range s.Elements {
			if !e.Outside {
				points = append(points, e.Points...)
			}
		}
	}
	if s.Rotation != 0 {
		points = []float64{(points[0] + points[2]) / 2, (points[1] + points[3]) / 2}
	}
	tolerance := tolerance
	if in.Width == 1 && in.Height == 1 { // see unit
		tolerance = 0.01
	}
	for i := 0; i+1 < len(points); i += 2 {
		x, y := points[i], points[i+1]
		if x < -tolerance || y < -tolerance || x > float64(in.Width)+tolerance || y > float64(in.Height)+tolerance {
			return true
		}
	}
	return false
}

// wire is the shape as CVAT takes it. Every attribute is set, so that it is read back as it was sent.
func wire(s annotation.Shape, label *cvat.Label, frame int) (out cvat.Shape, wrong string) {
	out = cvat.Shape{
		Frame: frame, Type: s.Type, Source: Source, Score: s.Score, Occluded: s.Occluded, Outside: s.Outside, ZOrder: s.ZOrder, Group: s.Group,
		Rotation: s.Rotation, Points: append([]float64{}, s.Points...), Attributes: []cvat.AttributeValue{},
	}
	if label == nil {
		return out, ""
	}
	out.LabelID = label.ID
	if out.Attributes, wrong = values(s.Attributes, label); wrong != "" || s.Type != "skeleton" {
		return out, wrong
	}
	sublabels := slices.Clone(label.Sublabels)
	slices.SortStableFunc(sublabels, func(a, b cvat.Label) int { return cmp.Compare(a.ID, b.ID) })
	s.Elements = named(s.Elements, sublabels)
	for _, sub := range sublabels {
		i := slices.IndexFunc(s.Elements, func(e annotation.Shape) bool { return e.Label == sub.Name })
		if i < 0 {
			return out, fmt.Sprintf("a skeleton without point %s of label %s", sub.Name, label.Name)
		}
		if len(s.Elements[i].Points) != 2 {
			return out, fmt.Sprintf("a skeleton whose point %s has %d numbers", sub.Name, len(s.Elements[i].Points))
		}
		e := s.Elements[i]
		e.Type, e.Rotation = "points", 0
		element, wrong := wire(e, &sub, frame)
		if wrong != "" {
			return out, wrong
		}
		element.Score = nil
		out.Elements = append(out.Elements, element)
	}
	for _, e := range s.Elements {
		if !slices.ContainsFunc(label.Sublabels, func(sub cvat.Label) bool { return sub.Name == e.Label }) {
			return out, fmt.Sprintf("label %s has no point %q", label.Name, e.Label)
		}
	}
	if len(s.Elements) != len(label.Sublabels) {
		return out, fmt.Sprintf("a skeleton of %d points; label %s has %d", len(s.Elements), label.Name, len(label.Sublabels))
	}
	return out, ""
}

// named gives points without names those of the label's, in their order. A file of several skeletons has as many points
// for each as the largest has: those that are left over are not in the picture.
func named(elements []annotation.Shape, sublabels []cvat.Label) []annotation.Shape {
	for len(elements) > len(sublabels) && elements[len(elements)-1].Label == "" && elements[len(elements)-1].Outside {
		elements = elements[:len(elements)-1]
	}
	if len(elements) != len(sublabels) || slices.ContainsFunc(elements, func(e annotation.Shape) bool { return e.Label != "" }) {
		return elements
	}
	elements = slices.Clone(elements)
	for i := range elements {
		elements[i].Label = sublabels[i].Name
	}
	return elements
}

// foreignAttributes are those that CVAT and other tools write in addition to a label's own; they say nothing that is kept.
var foreignAttributes = []string{"rotation", "track_id", "keyframe", "occluded"}

// values are the values of all attributes of a label. One that CVAT would take and could not export is refused.
func values(set annotation.Attributes, label *cvat.Label) ([]cvat.AttributeValue, string) {
	for _, s := range set {
		own := slices.ContainsFunc(label.Attributes, func(a cvat.Attribute) bool { return a.Name == s.Name })
		if !own && !slices.Contains(foreignAttributes, s.Name) {
			return nil, fmt.Sprintf("label %s has no attribute %q", label.Name, s.Name)
		}
	}
	all := []cvat.AttributeValue{}
	for _, a := range label.Attributes {
		value := a.DefaultValue
		for _, s := range set {
			if s.Name != a.Name {
				continue
			}
			if !admits(a, s.Value) {
				return nil, fmt.Sprintf("attribute %s of label %s does not take %q", a.Name, label.Name, s.Value)
			}
			value = s.Value
		}
		all = append(all, cvat.AttributeValue{SpecID: a.ID, Value: value})
	}
	return all, ""
}

func admits(a cvat.Attribute, value string) bool {
	switch a.InputType {
	case "select", "radio":
		return slices.Contains(a.Values, value)
	case "checkbox":
		return value == "true" || value == "false"
	case "number":
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || len(a.Values) != 3 {
			return err == nil
		}
		low, _ := strconv.ParseFloat(a.Values[0], 64)
		high, _ := strconv.ParseFloat(a.Values[1], 64)
		return low <= n && n <= high
	}
	return true
}
