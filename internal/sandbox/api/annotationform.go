package api

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/annotation"
)

// annotationForm reads the body of a PUT or PATCH of annotations. Values, places and
// types are hardly checked, and unknown fields are ignored (A4, A74).
type annotationForm struct {
	ids bool // objects may have ids: those of an update or a deletion, and no others (A81)
}

func (a annotationForm) read(b body) (*annotation.Set, error) {
	f := form{body: b}
	set := &annotation.Set{}
	set.Tags = readList(&f, "tags", a.tag)
	set.Shapes = readList(&f, "shapes", func(f *form) *annotation.Shape { return a.shape(f, false) })
	set.Tracks = readList(&f, "tracks", func(f *form) *annotation.Track { return a.track(f, false) })
	return set, f.err()
}

// readList reads a list of objects; a mistake in one is at its place in the answer.
func readList[T any](f *form, field string, read func(*form) T) (all []T) {
	v, there := f.body[field]
	if !there {
		return nil
	}
	list, is := v.([]any)
	if !is {
		f.errs = append(f.errs, fieldError{field, notAList(v)})
		return nil
	}
	errs, bad := []fieldErrors{}, false
	for _, item := range list {
		object, is := item.(map[string]any)
		inner := form{body: object}
		if is {
			all = append(all, read(&inner))
		} else {
			inner.fail("non_field_errors", "Invalid data. Expected a dictionary, but got %s.", pythonType(item))
		}
		errs, bad = append(errs, append(fieldErrors{}, inner.errs...)), bad || len(inner.errs) > 0
	}
	if bad {
		f.errs = append(f.errs, fieldError{field, errs})
	}
	return all
}

func (f *form) missing(name string) bool {
	_, there := f.body[name]
	if !there {
		f.fail(name, "This field is required.")
	}
	return !there
}

// optionalWhole reads an integer that has a default.
func (f *form) optionalWhole(name string, w whole, otherwise int) int {
	if v, ok := f.whole(name, w); ok && v != nil {
		return *v
	}
	return otherwise
}

func (a annotationForm) id(f *form) int {
	id, given := number(f.body["id"])
	if given && !a.ids {
		f.fail("id", "must be absent")
	}
	return id
}

// common are the fields that tags, shapes and tracks share.
func (a annotationForm) common(f *form) (id, label, frame, group int, source string) {
	id = a.id(f)
	if !f.missing("label_id") {
		label = f.optionalWhole("label_id", whole{min: 0, max: math.MaxInt32}, 0)
	}
	if !f.missing("frame") {
		frame = f.optionalWhole("frame", anyInt, 0)
	}
	group = f.optionalWhole("group", whole{min: 0, max: math.MaxInt32, null: true}, 0)
	source = "manual"
	if v, ok := f.text("source", text{}); ok {
		if source = v; !slices.Contains(sources, v) {
			f.fail("source", "must be one of '%s', got '%s'", strings.Join(sources, "', '"), v)
		}
	}
	return id, label, frame, group, source
}

var sources = []string{"auto", "semi-auto", "manual", "file", "consensus"}

func (f *form) values() []annotation.Value {
	return append([]annotation.Value{}, readList(f, "attributes", func(f *form) (v annotation.Value) {
		if !f.missing("spec_id") {
			v.SpecID = f.optionalWhole("spec_id", whole{min: math.MinInt32, max: math.MaxInt32}, 0)
		}
		v.Value, _ = f.text("value", text{max: 4096, blank: true, required: true})
		return v
	})...)
}

func (a annotationForm) tag(f *form) *annotation.Tag {
	t := &annotation.Tag{}
	t.ID, t.LabelID, t.Frame, t.Group, t.Source = a.common(f)
	t.Attributes = f.values()
	return t
}

func (a annotationForm) shape(f *form, element bool) *annotation.Shape {
	s := &annotation.Shape{Score: 1}
	s.Type = f.shapeType()
	s.ID, s.LabelID, s.Frame, s.Group, s.Source = a.common(f)
	s.Occluded, _ = f.truth("occluded")
	s.Outside, _ = f.truth("outside")
	s.ZOrder = f.zOrder()
	s.Rotation = f.bounded("rotation", 0, 360)
	if _, given := f.body["score"]; given {
		s.Score = f.bounded("score", 0, 1)
	}
	s.Points = f.points()
	s.Attributes = f.values()
	if !element {
		s.Elements = append([]*annotation.Shape{}, readList(f, "elements", func(f *form) *annotation.Shape { return a.shape(f, true) })...)
	}
	switch f.checkLength(s.Type, len(s.Points)); {
	case element || len(f.errs) > 0:
	case s.Type == annotation.Skeleton && len(s.Elements) == 0:
		f.fail("elements", "at least one required for skeleton shape")
	case s.Type != annotation.Skeleton && len(s.Elements) > 0:
		f.fail("elements", "not allowed for non-skeleton shape")
	}
	return s
}

func (a annotationForm) track(f *form, element bool) *annotation.Track {
	t := &annotation.Track{}
	t.ID, t.LabelID, t.Frame, t.Group, t.Source = a.common(f)
	if !f.missing("shapes") {
		t.Shapes = readList(f, "shapes", func(f *form) *annotation.Keyframe {
			k := &annotation.Keyframe{Type: f.shapeType()}
			if !f.missing("frame") {
				k.Frame = f.optionalWhole("frame", anyInt, 0)
			}
			k.Occluded, _ = f.truth("occluded")
			k.Outside, _ = f.truth("outside")
			k.ZOrder = f.zOrder()
			k.Rotation = f.bounded("rotation", 0, 360)
			k.Points = f.points()
			k.Attributes = f.values()
			f.checkLength(k.Type, len(k.Points))
			return k
		})
	}
	slices.SortStableFunc(t.Shapes, func(x, y *annotation.Keyframe) int { return x.Frame - y.Frame })
	t.Attributes = f.values()
	if !element {
		t.Elements = append([]*annotation.Track{}, readList(f, "elements", func(f *form) *annotation.Track { return a.track(f, true) })...)
	}
	return t
}

func (f *form) shapeType() string {
	if f.missing("type") {
		return ""
	}
	kind, _ := f.choice("type", annotation.Rectangle, annotation.Polygon, annotation.Polyline, annotation.Points, annotation.Ellipse, annotation.Cuboid, annotation.Mask, annotation.Skeleton)
	return kind
}

// zOrder may be what PostgreSQL has no room for; then CVAT crashes as it saves.
func (f *form) zOrder() int {
	return f.optionalWhole("z_order", whole{min: math.MinInt64, max: math.MaxInt64}, 0)
}

func (f *form) bounded(name string, low, high float64) annotation.Float {
	v, given := f.body[name]
	if !given {
		return 0
	}
	n, is := v.(json.Number)
	if !is {
		f.fail(name, "A valid number is required.")
		return 0
	}
	value, err := n.Float64()
	switch {
	case err != nil:
		f.fail(name, "A valid number is required.")
	case value < low:
		f.fail(name, "Ensure this value is greater than or equal to %v.", low)
	case value > high:
		f.fail(name, "Ensure this value is less than or equal to %v.", high)
	}
	return annotation.Float(value)
}

// points reads coordinates. Where they lie is not checked.
func (f *form) points() []annotation.Float {
	v, given := f.body["points"]
	list, is := v.([]any)
	if given && !is {
		f.fail("points", "Expected a list of items but got type %q.", pythonType(v))
		return nil
	}
	points, wrong := make([]annotation.Float, 0, len(list)), map[int]string{}
	for i, item := range list {
		n, is := item.(json.Number)
		if !is {
			wrong[i] = "[ErrorDetail(string='Value must be a float or an integer', code='invalid')]"
			continue
		}
		value, _ := n.Float64()
		points = append(points, annotation.Float(value))
	}
	if len(wrong) > 0 {
		f.errs = append(f.errs, fieldError{"points", wrong})
	}
	return points
}

// checkLength looks at the number of coordinates once all fields are right for themselves.
func (f *form) checkLength(kind string, n int) {
	if len(f.errs) == 0 && !rightNumber(kind, n) {
		f.fail("points", "invalid length for shape type '%s'", kind)
	}
}

// rightNumber tells whether a shape of that type may have so many coordinates.
func rightNumber(kind string, n int) bool {
	switch kind {
	case annotation.Rectangle, annotation.Ellipse:
		return n == 4
	case annotation.Cuboid:
		return n == 16
	case annotation.Polygon:
		return n >= 6 && n%2 == 0
	case annotation.Polyline:
		return n >= 4 && n%2 == 0
	case annotation.Points:
		return n >= 2 && n%2 == 0
	case annotation.Mask:
		return n > 4
	}
	return n == 0 // a skeleton has its elements'
}
