package annotation

import (
	"strconv"
	"strings"
)

// A Set is all annotations of a job or a task. Its JSON is what a GET answers, less
// the version.
type Set struct {
	Tags   []*Tag   `json:"tags"`
	Shapes []*Shape `json:"shapes"`
	Tracks []*Track `json:"tracks"`
}

// Empty tells whether there is nothing.
func (s *Set) Empty() bool { return len(s.Tags) == 0 && len(s.Shapes) == 0 && len(s.Tracks) == 0 }

// A Value is an attribute's value.
type Value struct {
	SpecID int    `json:"spec_id"`
	Value  string `json:"value"`
}

// A Tag belongs to a frame as a whole.
type Tag struct {
	ID         int     `json:"id"`
	LabelID    int     `json:"label_id"`
	Frame      int     `json:"frame"`
	Group      int     `json:"group"`
	Source     string  `json:"source"`
	Attributes []Value `json:"attributes"`
}

// The types of shapes.
const (
	Rectangle = "rectangle"
	Polygon   = "polygon"
	Polyline  = "polyline"
	Points    = "points"
	Ellipse   = "ellipse"
	Cuboid    = "cuboid"
	Mask      = "mask"
	Skeleton  = "skeleton"
)

// A Shape is one object on one frame. Points are absolute pixels, as CVAT defines them
// for each type; Rotation is in degrees. Elements are the points of a skeleton; an
// element has none, not even an empty list.
type Shape struct {
	ID         int      `json:"id"`
	LabelID    int      `json:"label_id"`
	Type       string   `json:"type"`
	Frame      int      `json:"frame"`
	Group      int      `json:"group"`
	Source     string   `json:"source"`
	Score      Float    `json:"score"`
	Occluded   bool     `json:"occluded"`
	Outside    bool     `json:"outside"`
	ZOrder     int      `json:"z_order"`
	Rotation   Float    `json:"rotation"`
	Points     []Float  `json:"points"`
	Attributes []Value  `json:"attributes"`
	Elements   []*Shape `json:"elements,omitzero"`
}

// A Keyframe is a shape of a track that somebody drew, or that a cut made.
type Keyframe struct {
	ID         int     `json:"id"`
	Type       string  `json:"type"`
	Frame      int     `json:"frame"`
	Occluded   bool    `json:"occluded"`
	Outside    bool    `json:"outside"`
	ZOrder     int     `json:"z_order"`
	Rotation   Float   `json:"rotation"`
	Points     []Float `json:"points"`
	Attributes []Value `json:"attributes"`        // the mutable ones
	Compared   bool    `json:"keyframe,omitzero"` // CVAT leaves this trace of a comparison in its answers
}

// A Track is one object over many frames: it has a shape from its first keyframe on,
// until a keyframe says that it is outside. Shapes are ordered by frame. Elements are the
// tracks of a skeleton's points.
type Track struct {
	ID         int         `json:"id"`
	LabelID    int         `json:"label_id"`
	Frame      int         `json:"frame"`
	Group      int         `json:"group"`
	Source     string      `json:"source"`
	Shapes     []*Keyframe `json:"shapes"`
	Attributes []Value     `json:"attributes"` // the immutable ones
	Elements   []*Track    `json:"elements,omitzero"`
}

// A Float is written as Python writes it: 5.0, never 5.
type Float float64

// MarshalJSON writes the shortest digits that give the number back.
func (f Float) MarshalJSON() ([]byte, error) {
	v := float64(f)
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if large := v >= 1e16 || v <= -1e16; large || v != 0 && v > -1e-4 && v < 1e-4 {
		s = strconv.FormatFloat(v, 'e', -1, 64)
	} else if !strings.Contains(s, ".") {
		s += ".0"
	}
	return []byte(s), nil
}
