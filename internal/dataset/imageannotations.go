package dataset

import (
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"google.golang.org/protobuf/reflect/protodesc"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// foxglove.ImageAnnotations: https://docs.foxglove.dev/docs/sdk/schemas/image-annotations. Numbers of fields are
// those of foxglove's protobuf schemas.
const imageAnnotations = "foxglove.ImageAnnotations"

// The types of a PointsAnnotation.
const (
	loosePoints = 1
	lineLoop    = 2
	lineStrip   = 3
	lineList    = 4
)

// A field of a message: a type of protobuf's, or the name of a message or enum.
type protoField struct {
	name     string
	number   int32
	kind     descriptorpb.FieldDescriptorProto_Type
	of       string
	repeated bool
}

const (
	isDouble  = descriptorpb.FieldDescriptorProto_TYPE_DOUBLE
	isString  = descriptorpb.FieldDescriptorProto_TYPE_STRING
	isMessage = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
	isEnum    = descriptorpb.FieldDescriptorProto_TYPE_ENUM

	stampType = ".google.protobuf.Timestamp"
	point2    = ".foxglove.Point2"
	colorType = ".foxglove.Color"
)

var imageAnnotationsMessages = []struct {
	name   string
	fields []protoField
}{
	{"Color", []protoField{{"r", 1, isDouble, "", false}, {"g", 2, isDouble, "", false}, {"b", 3, isDouble, "", false}, {"a", 4, isDouble, "", false}}},
	{"Point2", []protoField{{"x", 1, isDouble, "", false}, {"y", 2, isDouble, "", false}}},
	{"CircleAnnotation", []protoField{
		{"timestamp", 1, isMessage, stampType, false}, {"position", 2, isMessage, point2, false}, {"diameter", 3, isDouble, "", false},
		{"thickness", 4, isDouble, "", false}, {"fill_color", 5, isMessage, colorType, false}, {"outline_color", 6, isMessage, colorType, false},
	}},
	{"PointsAnnotation", []protoField{
		{"timestamp", 1, isMessage, stampType, false}, {"type", 2, isEnum, ".foxglove.PointsAnnotation.Type", false}, {"points", 3, isMessage, point2, true},
		{"outline_color", 4, isMessage, colorType, false}, {"outline_colors", 5, isMessage, colorType, true}, {"fill_color", 6, isMessage, colorType, false},
		{"thickness", 7, isDouble, "", false},
	}},
	{"TextAnnotation", []protoField{
		{"timestamp", 1, isMessage, stampType, false}, {"position", 2, isMessage, point2, false}, {"text", 3, isString, "", false},
		{"font_size", 4, isDouble, "", false}, {"text_color", 5, isMessage, colorType, false}, {"background_color", 6, isMessage, colorType, false},
	}},
	{"ImageAnnotations", []protoField{
		{"circles", 1, isMessage, ".foxglove.CircleAnnotation", true}, {"points", 2, isMessage, ".foxglove.PointsAnnotation", true},
		{"texts", 3, isMessage, ".foxglove.TextAnnotation", true},
	}},
}

// imageAnnotationsSchema is the FileDescriptorSet that readers of MCAP decode the messages by.
func imageAnnotationsSchema() ([]byte, error) {
	file := &descriptorpb.FileDescriptorProto{
		Name: proto.String("foxglove/ImageAnnotations.proto"), Package: proto.String("foxglove"), Syntax: proto.String("proto3"),
		Dependency: []string{"google/protobuf/timestamp.proto"},
	}
	for _, m := range imageAnnotationsMessages {
		message := &descriptorpb.DescriptorProto{Name: proto.String(m.name)}
		for _, f := range m.fields {
			field := &descriptorpb.FieldDescriptorProto{
				Name: proto.String(f.name), JsonName: proto.String(camel(f.name)), Number: proto.Int32(f.number), Type: f.kind.Enum(),
				Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
			}
			if f.of != "" {
				field.TypeName = proto.String(f.of)
			}
			if f.repeated {
				field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
			}
			message.Field = append(message.Field, field)
		}
		if m.name == "PointsAnnotation" {
			kinds := &descriptorpb.EnumDescriptorProto{Name: proto.String("Type")}
			for i, name := range []string{"UNKNOWN", "POINTS", "LINE_LOOP", "LINE_STRIP", "LINE_LIST"} {
				kinds.Value = append(kinds.Value, &descriptorpb.EnumValueDescriptorProto{Name: proto.String(name), Number: proto.Int32(int32(i))})
			}
			message.EnumType = append(message.EnumType, kinds)
		}
		file.MessageType = append(file.MessageType, message)
	}
	stamp := protodesc.ToFileDescriptorProto(timestamppb.File_google_protobuf_timestamp_proto)
	return proto.MarshalOptions{Deterministic: true}.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{stamp, file}})
}

// camel is a name as JSON has it: fill_color → fillColor.
func camel(name string) string {
	parts := strings.Split(name, "_")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
	}
	return strings.Join(parts, "")
}

// A drawing is an ImageAnnotations message under way: protobuf's wire form.
type drawing struct {
	wire  []byte
	stamp []byte // a Timestamp
	color []byte // a Color
}

// draw makes the message of a frame.
func draw(f Frame, labels map[string]cvat.Label) []byte {
	d := drawing{stamp: timestamp(*f.StampNS)}
	for _, s := range f.Shapes {
		l := labels[s.Label]
		d.color = color(l.Color)
		d.shape(l, s)
	}
	for i, t := range f.Tags {
		d.color = color(labels[t.Label].Color)
		d.text(0, float64(16*(i+1)), t.Label)
	}
	return d.wire
}

func (d *drawing) shape(l cvat.Label, s annotation.Shape) {
	switch s.Type {
	case "skeleton":
		d.skeleton(l, s)
		return
	case "polyline":
		d.points(lineStrip, s.Points)
	case "points":
		d.points(loosePoints, s.Points)
	case "cuboid":
		d.cuboid(s.Points)
	default:
		for _, r := range outline(s) {
			d.points(lineLoop, r)
		}
	}
	if b := boxOf([]ring{s.Points}); s.Type != "mask" && !math.IsInf(b.left, 0) {
		d.text(b.left, b.top, s.Label)
	} else if rings := outline(s); len(rings) > 0 {
		b = boxOf(rings)
		d.text(b.left, b.top, s.Label)
	}
}

func (d *drawing) skeleton(l cvat.Label, s annotation.Shape) {
	points := keypoints(l, s)
	var flat, lines []float64
	for _, p := range points {
		if p.visibility > 0 {
			flat = append(flat, p.x, p.y)
		}
	}
	for _, e := range edges(l) {
		if a, b := points[e[0]], points[e[1]]; a.visibility > 0 && b.visibility > 0 {
			lines = append(lines, a.x, a.y, b.x, b.y)
		}
	}
	d.points(loosePoints, flat)
	d.points(lineList, lines)
	if b, ok := around(points); ok {
		d.text(b.left, b.top, s.Label)
	}
}

// cuboid draws CVAT's four upright edges, each two corners, and what joins them at top and bottom.
func (d *drawing) cuboid(p []float64) {
	if len(p) != 16 {
		return
	}
	var lines []float64
	line := func(a, b int) { lines = append(lines, p[2*a], p[2*a+1], p[2*b], p[2*b+1]) }
	for i := range 4 {
		line(2*i, 2*i+1)
	}
	for _, pair := range [][2]int{{0, 2}, {2, 4}, {4, 6}, {6, 0}} {
		line(pair[0], pair[1])
		line(pair[0]+1, pair[1]+1)
	}
	d.points(lineList, lines)
}

// points adds a PointsAnnotation.
func (d *drawing) points(kind uint64, flat []float64) {
	if len(flat) < 2 {
		return
	}
	m := message(nil, 1, d.stamp)
	m = protowire.AppendVarint(protowire.AppendTag(m, 2, protowire.VarintType), kind)
	for i := 0; i+1 < len(flat); i += 2 {
		m = message(m, 3, point(flat[i], flat[i+1]))
	}
	m = message(m, 4, d.color)
	m = double(m, 7, 2)
	d.wire = message(d.wire, 2, m)
}

// text adds a TextAnnotation.
func (d *drawing) text(x, y float64, text string) {
	m := message(nil, 1, d.stamp)
	m = message(m, 2, point(x, y))
	m = message(m, 3, []byte(text))
	m = double(m, 4, 12)
	m = message(m, 5, d.color)
	d.wire = message(d.wire, 3, m)
}

func message(wire []byte, field protowire.Number, of []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(wire, field, protowire.BytesType), of)
}

func double(wire []byte, field protowire.Number, x float64) []byte {
	if x == 0 {
		return wire // proto3's default
	}
	return protowire.AppendFixed64(protowire.AppendTag(wire, field, protowire.Fixed64Type), math.Float64bits(x))
}

func point(x, y float64) []byte { return double(double(nil, 1, x), 2, y) }

// timestamp is a google.protobuf.Timestamp.
func timestamp(ns int64) []byte {
	seconds, rest := ns/1e9, ns%1e9
	if rest < 0 {
		seconds, rest = seconds-1, rest+1e9
	}
	var wire []byte
	if seconds != 0 {
		wire = protowire.AppendVarint(protowire.AppendTag(wire, 1, protowire.VarintType), uint64(seconds))
	}
	if rest != 0 {
		wire = protowire.AppendVarint(protowire.AppendTag(wire, 2, protowire.VarintType), uint64(rest))
	}
	return wire
}

// color is a Color of CVAT's #rrggbb, opaque; white where it is none.
func color(hex string) []byte {
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 24)
	if err != nil || len(hex) != 7 {
		n = 0xffffff
	}
	part := func(shift uint) float64 { return math.Round(float64(n>>shift&0xff)/255*1e6) / 1e6 }
	wire := double(double(double(nil, 1, part(16)), 2, part(8)), 3, part(0))
	return double(wire, 4, 1)
}
