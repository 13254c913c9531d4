// Package annotation turns what CVAT answers of a task's annotations into what CVAT exports of it: names in place of
// ids, attributes with their defaults, tracks as a shape on each frame (package interpolate), frames that are hidden
// left out. [Task.Frames] equals CVAT's own "CVAT for images 1.1" export, but for its rounding to two decimals.
//
// The result does not depend on the order of CVAT's answers, which is not stable, nor on the ids in them, which change
// whenever the same is written again: equal annotations give equal frames.
package annotation

import (
	"bytes"
	"encoding/json"
)

// A Frame is one frame with what is drawn on it.
type Frame struct {
	Number        int    // in the task, from 0
	Name          string // as CVAT has it
	Width, Height int    // pixels
	Shapes        []Shape
	Tags          []Tag
}

// A Shape is a shape on one frame, in CVAT's words. For its points see [cvat.Shape].
type Shape struct {
	Type       string     `json:"type"`
	Label      string     `json:"label"`
	Points     []float64  `json:"points,omitempty"` // absolute pixels
	Rotation   float64    `json:"rotation,omitempty"`
	Occluded   bool       `json:"occluded"`
	Outside    bool       `json:"outside,omitempty"` // of an element of a skeleton: not in the picture
	ZOrder     int        `json:"z_order"`
	Group      int        `json:"group,omitempty"`
	Source     string     `json:"source,omitempty"`
	Score      *float64   `json:"score,omitempty"`
	Track      *int       `json:"track,omitempty"`    // the number of its track among the task's, from 0; nil: none
	Keyframe   bool       `json:"keyframe,omitempty"` // somebody, or a tool, has set it on this frame
	Attributes Attributes `json:"attributes"`
	Elements   []Shape    `json:"elements,omitempty"` // of a skeleton, in the order of its sublabels
}

// A Tag says something of a whole frame.
type Tag struct {
	Label      string     `json:"label"`
	Group      int        `json:"group,omitempty"`
	Source     string     `json:"source,omitempty"`
	Attributes Attributes `json:"attributes"`
}

// Attributes are all attributes of a label, in the label's order. In JSON they are an object.
type Attributes []Attribute

// An Attribute is the name and the value of an attribute.
type Attribute struct{ Name, Value string }

// MarshalJSON writes an object whose keys keep their order.
func (a Attributes) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, attribute := range a {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := encode(attribute.Name)
		if err != nil {
			return nil, err
		}
		value, err := encode(attribute.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode leaves <, > and & as they are.
func encode(text string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(text)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
