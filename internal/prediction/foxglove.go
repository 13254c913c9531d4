package prediction

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/internal/rosmsg"
)

const foxgloveAnnotations = "foxglove.ImageAnnotations"

// The types of foxglove's PointsAnnotation; in JSON they may be names.
const (
	loosePoints = 1
	lineLoop    = 2
	lineStrip   = 3
)

var lineTypes = map[string]int64{"POINTS": loosePoints, "LINE_LOOP": lineLoop, "LINE_STRIP": lineStrip}

// imageAnnotations reads a foxglove.ImageAnnotations: outlines, and next to each a text that names it, and may say its score
// ("car 0.87"). Lists of lines, as skeletons and cuboids are drawn, are no shapes.
func imageAnnotations(m rosmsg.Message) detected {
	d := detected{}
	var shapes [][]annotation.Shape
	texts := list(m["texts"])
	for _, c := range list(m["circles"]) {
		d.sees(c)
		at, r := pointOf(c["position"]), number(c["diameter"])/2
		shapes = append(shapes, []annotation.Shape{{Type: "ellipse", Points: []float64{at[0], at[1], at[0] + r, at[1] - r}}})
	}
	for _, p := range list(m["points"]) {
		d.sees(p)
		var points []float64
		for _, at := range list(p["points"]) {
			points = append(points, number(at["x"]), number(at["y"]))
		}
		kind, _ := p["type"].(int64)
		if name, is := p["type"].(string); is {
			kind = lineTypes[name]
		}
		switch {
		case kind == lineLoop && isUpright(points):
			shapes = append(shapes, []annotation.Shape{{Type: "rectangle", Points: bounds(points)}, {Type: "polygon", Points: points}})
		case kind == lineLoop && len(points) >= 6:
			shapes = append(shapes, []annotation.Shape{{Type: "polygon", Points: points}, {Type: "rectangle", Points: bounds(points)}})
		case kind == lineStrip && len(points) >= 4:
			shapes = append(shapes, []annotation.Shape{{Type: "polyline", Points: points}})
		case kind == loosePoints && len(points) >= 2:
			shapes = append(shapes, []annotation.Shape{{Type: "points", Points: points}})
		}
	}
	for _, t := range texts {
		d.sees(t)
	}
	taken := make([]bool, len(texts))
	for _, s := range shapes {
		d.items = append(d.items, namedShape(s, texts, taken))
	}
	return d
}

// sees takes the first time that anything has for the message's: it has none of its own.
func (d *detected) sees(m rosmsg.Message) {
	if t, is := m["timestamp"].(rosmsg.Time); is && d.stamp == 0 {
		d.stamp = int64(t)
	}
}

// textReach is how far from a shape's corner the text that names it may stand, in pixels.
const textReach = 32

// scoredText is a label and, behind it, a score from 0 to 1 or in percent.
var scoredText = regexp.MustCompile(`^(.*?)[\s:,(\[]+([01]?\.\d+|[01]\.0*|\d{1,3}(?:\.\d+)?\s*%)[)\]]?$`)

// namedShape gives the ways of drawing one shape the label of the text nearest to its upper left corner that names no other.
func namedShape(shapes []annotation.Shape, texts []rosmsg.Message, taken []bool) Item {
	corner := bounds(shapes[0].Points)
	if shapes[0].Type == "ellipse" {
		p := shapes[0].Points
		corner = []float64{2*p[0] - p[2], p[3]}
	}
	best, reach := -1, float64(textReach)
	for i, t := range texts {
		at := pointOf(t["position"])
		if far := math.Hypot(at[0]-corner[0], at[1]-corner[1]); !taken[i] && (far < reach || best < 0 && far == reach) {
			best, reach = i, far
		}
	}
	if best < 0 {
		return Item{Wrong: "a shape without a text at its corner that names it"}
	}
	taken[best] = true
	label, _ := texts[best]["text"].(string)
	label = strings.TrimSpace(label)
	var score *float64
	if m := scoredText.FindStringSubmatch(label); m != nil {
		percent := strings.HasSuffix(m[2], "%")
		if n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(m[2], "%")), 64); err == nil {
			if percent {
				n /= 100
			}
			label, score = m[1], &n
		}
	}
	for i := range shapes {
		shapes[i].Label, shapes[i].Score = label, score
	}
	return finite(shapes...)
}

// isUpright reports whether four points are the corners of an upright rectangle, in turn.
func isUpright(p []float64) bool {
	if len(p) != 8 {
		return false
	}
	across := p[1] == p[3] && p[2] == p[4] && p[5] == p[7] && p[6] == p[0]
	down := p[0] == p[2] && p[3] == p[5] && p[4] == p[6] && p[7] == p[1]
	return (across || down) && p[0] != p[4] && p[1] != p[5]
}

func list(v any) []rosmsg.Message {
	all, _ := v.([]any)
	var out []rosmsg.Message
	for _, one := range all {
		if m, is := one.(rosmsg.Message); is {
			out = append(out, m)
		}
	}
	return out
}

func pointOf(v any) [2]float64 {
	p, _ := v.(rosmsg.Message)
	return [2]float64{number(p["x"]), number(p["y"])}
}

// jsonAnnotations reads the JSON form.
func jsonAnnotations(data []byte) (rosmsg.Message, error) {
	var m map[string]any
	if json.Unmarshal(data, &m) != nil {
		return nil, errors.New("a message that is not JSON")
	}
	return fromJSON(m).(rosmsg.Message), nil
}

// fromJSON makes of JSON what [rosmsg] makes of a message: a time is an object of sec and nsec.
func fromJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if sec, is := v["sec"].(float64); is {
			nsec, _ := v["nsec"].(float64)
			return rosmsg.Time(int64(sec)*1e9 + int64(nsec))
		}
		m := rosmsg.Message{}
		for key, value := range v {
			m[key] = fromJSON(value)
			if n, is := value.(float64); is && key == "type" {
				m[key] = int64(n)
			}
		}
		return m
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = fromJSON(v[i])
		}
		return all
	}
	return v
}

// A protoType says what of a protobuf message is read: its fields by their numbers in foxglove's schemas.
type protoType map[protowire.Number]protoField

type protoField struct {
	name     string
	of       protoType // of a message; nil: a number, or a text
	repeated bool
}

var (
	protoTime   = protoType{1: {name: "sec"}, 2: {name: "nsec"}}
	protoPoint  = protoType{1: {name: "x"}, 2: {name: "y"}}
	protoCircle = protoType{1: {"timestamp", protoTime, false}, 2: {"position", protoPoint, false}, 3: {name: "diameter"}}
	protoPoints = protoType{1: {"timestamp", protoTime, false}, 2: {name: "type"}, 3: {"points", protoPoint, true}}
	protoText   = protoType{1: {"timestamp", protoTime, false}, 2: {"position", protoPoint, false}, 3: {name: "text"}}
	protoImage  = protoType{1: {"circles", protoCircle, true}, 2: {"points", protoPoints, true}, 3: {"texts", protoText, true}}
)

// protobufAnnotations reads protobuf's wire form.
func protobufAnnotations(data []byte) (rosmsg.Message, error) {
	m, ok := protoImage.read(data)
	if !ok {
		return nil, errors.New("a message that is not protobuf")
	}
	return m, nil
}

func (t protoType) read(data []byte) (rosmsg.Message, bool) {
	m := rosmsg.Message{}
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return nil, false
		}
		data = data[n:]
		size := protowire.ConsumeFieldValue(number, kind, data)
		if size < 0 {
			return nil, false
		}
		if f, known := t[number]; known && !f.read(m, kind, data) {
			return nil, false
		}
		data = data[size:]
	}
	return m, true
}

// read takes one field's value into m.
func (f protoField) read(m rosmsg.Message, kind protowire.Type, data []byte) bool {
	var value any
	switch kind {
	case protowire.VarintType:
		n, _ := protowire.ConsumeVarint(data)
		value = int64(n)
	case protowire.Fixed64Type:
		n, _ := protowire.ConsumeFixed64(data)
		value = math.Float64frombits(n)
	case protowire.BytesType:
		b, _ := protowire.ConsumeBytes(data)
		value = string(b)
		if f.of == nil {
			break
		}
		inner, ok := f.of.read(b)
		if !ok {
			return false
		}
		value = inner
		if f.name == "timestamp" {
			sec, _ := inner["sec"].(int64)
			nsec, _ := inner["nsec"].(int64)
			value = rosmsg.Time(sec*1e9 + nsec)
		}
	}
	if f.repeated {
		all, _ := m[f.name].([]any)
		value = append(all, value)
	}
	m[f.name] = value
	return true
}
