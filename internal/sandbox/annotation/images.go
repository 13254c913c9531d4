package annotation

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A Label is what annotations refer to by its id. Parent is the skeleton's name of a
// skeleton's point.
type Label struct {
	ID                             int
	Name, Color, Type, SVG, Parent string
	Attributes                     []Attribute
}

// An Attribute of a label; Values are those to choose from.
type Attribute struct {
	ID                       int
	Name, InputType, Default string
	Mutable                  bool
	Values                   []string
}

// An Image is a frame as an export names it. Number counts from the start of the task's
// data, frames that were skipped too.
type Image struct {
	Frame, Number, Width, Height int
	Name                         string
}

// A Document is one export: a task's or a job's.
type Document struct {
	Kind                        string // task or job
	ID, Size, Overlap           int
	Name, Mode, Tracker, Subset string // a job has no name
	Created, Updated, Dumped    string
	Start, Stop                 int // of the data
	Filter                      string
	Segments                    []Segment
	Owner, OwnerMail            string
	Assignee, AssigneeMail      string
	Labels                      []Label
	Images                      []Image // those that are not hidden
	End                         int     // one more than the last frame
	Hidden                      func(frame int) bool
	Annotations                 *Set
}

// A Segment is a job's span of frames, as the head of an export lists it.
type Segment struct {
	ID, Start, Stop int
	URL             string
}

// WriteImages writes "CVAT for images 1.1": each image with all that is to be seen on it,
// tracks unrolled. A track that cannot be unrolled is an error, and nothing is written.
func WriteImages(w io.Writer, d *Document) error {
	frames, err := d.frames()
	if err != nil {
		return err
	}
	x := &xmlWriter{w: bufio.NewWriter(w)}
	x.raw(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	x.raw("<annotations>")
	x.depth = 1
	x.text("version", "1.1")
	x.open("meta")
	d.writeHead(x)
	x.text("dumped", d.Dumped)
	x.close("meta")
	names := d.names()
	for _, im := range d.Images {
		x.open("image", "id", strconv.Itoa(im.Number), "name", im.Name, "width", strconv.Itoa(im.Width), "height", strconv.Itoa(im.Height))
		for _, s := range frames[im.Frame] {
			names.writeShape(x, s, false)
		}
		for _, t := range d.Annotations.Tags {
			if t.Frame == im.Frame {
				names.writeTag(x, t)
			}
		}
		x.close("image")
	}
	x.close("annotations")
	x.raw("\n")
	return x.w.Flush()
}

// frames are the shapes to be seen on each frame: those of the annotators, then those of
// tracks, and the lower ones first.
func (d *Document) frames() (map[int][]*Shape, error) {
	all := map[int][]*Shape{}
	for _, s := range d.Annotations.Shapes {
		all[s.Frame] = append(all[s.Frame], s)
	}
	for _, t := range d.Annotations.Tracks {
		shapes, err := t.shapes(d.End, d.Hidden, false)
		if err != nil {
			return nil, err
		}
		for _, s := range shapes {
			if !s.Outside {
				all[s.Frame] = append(all[s.Frame], s)
			}
		}
	}
	for _, shapes := range all {
		slices.SortStableFunc(shapes, func(a, b *Shape) int { return a.ZOrder - b.ZOrder })
	}
	return all, nil
}

// shapes unrolls the track, with its elements. A skeleton all of whose points are outside
// is not to be seen.
func (t *Track) shapes(end int, hidden func(int) bool, outside bool) ([]*Shape, error) {
	unrolled, err := t.Unroll(end, hidden, outside)
	if err != nil {
		return nil, err
	}
	elements := map[int][]*Shape{}
	for _, e := range t.Elements {
		parts, err := e.shapes(end, hidden, true)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			elements[p.Frame] = append(elements[p.Frame], p)
		}
	}
	var all []*Shape
	for _, u := range unrolled {
		s := &Shape{
			LabelID: t.LabelID, Type: u.Type, Frame: u.Frame, Group: t.Group, Source: t.Source, Occluded: u.Occluded, Outside: u.Outside,
			ZOrder: u.ZOrder, Rotation: u.Rotation, Points: u.Points, Attributes: slices.Concat(u.Attributes, t.Attributes), Elements: elements[u.Frame],
		}
		gone := len(s.Elements) > 0 && !slices.ContainsFunc(s.Elements, func(e *Shape) bool { return !e.Outside })
		if !gone || outside {
			all = append(all, s)
		}
	}
	return all, nil
}

func (d *Document) writeHead(x *xmlWriter) {
	x.open(d.Kind)
	x.text("id", strconv.Itoa(d.ID))
	if d.Kind == "task" {
		x.text("name", d.Name)
	}
	x.text("size", strconv.Itoa(d.Size))
	x.text("mode", d.Mode)
	x.text("overlap", strconv.Itoa(d.Overlap))
	x.text("bugtracker", d.Tracker)
	x.text("created", d.Created)
	x.text("updated", d.Updated)
	x.text("subset", d.Subset)
	x.text("start_frame", strconv.Itoa(d.Start))
	x.text("stop_frame", strconv.Itoa(d.Stop))
	x.text("frame_filter", d.Filter)
	x.open("segments")
	for _, s := range d.Segments {
		x.open("segment")
		x.text("id", strconv.Itoa(s.ID))
		x.text("start", strconv.Itoa(s.Start))
		x.text("stop", strconv.Itoa(s.Stop))
		x.text("url", s.URL)
		x.close("segment")
	}
	x.close("segments")
	x.person("owner", d.Owner, d.OwnerMail)
	x.person("assignee", d.Assignee, d.AssigneeMail)
	x.open("labels")
	for _, l := range d.Labels {
		l.write(x)
	}
	x.close("labels")
	x.close(d.Kind)
}

func (x *xmlWriter) person(role, name, mail string) {
	if name == "" {
		x.text(role, "")
		return
	}
	x.open(role)
	x.text("username", name)
	x.text("email", mail)
	x.close(role)
}

func (l Label) write(x *xmlWriter) {
	x.open("label")
	x.text("name", l.Name)
	x.text("color", l.Color)
	x.text("type", l.Type)
	x.open("attributes")
	for _, a := range l.Attributes {
		x.open("attribute")
		x.text("name", a.Name)
		x.text("mutable", map[bool]string{true: "True", false: "False"}[a.Mutable])
		x.text("input_type", a.InputType)
		x.text("default_value", a.Default)
		x.text("values", strings.Join(a.Values, "\n"))
		x.close("attribute")
	}
	x.close("attributes")
	if l.Type == Skeleton {
		x.text("svg", l.SVG)
	}
	if l.Parent != "" {
		x.text("parent", l.Parent)
	}
	x.close("label")
}

// names are what ids mean.
type names struct{ labels, attributes map[int]string }

func (d *Document) names() names {
	n := names{map[int]string{}, map[int]string{}}
	for _, l := range d.Labels {
		n.labels[l.ID] = l.Name
		for _, a := range l.Attributes {
			n.attributes[a.ID] = a.Name
		}
	}
	return n
}

func (n names) writeValues(x *xmlWriter, values []Value) {
	for _, v := range values {
		x.text("attribute", v.Value, "name", n.attributes[v.SpecID])
	}
}

func (n names) writeTag(x *xmlWriter, t *Tag) {
	attributes := []string{"label", n.labels[t.LabelID], "source", t.Source}
	if t.Group != 0 {
		attributes = append(attributes, "group_id", strconv.Itoa(t.Group))
	}
	x.open("tag", attributes...)
	n.writeValues(x, t.Attributes)
	x.close("tag")
}

// writeShape writes a shape; an element of a skeleton has no place in the order of layers.
func (n names) writeShape(x *xmlWriter, s *Shape, element bool) {
	name := s.Type
	if name == Rectangle {
		name = "box"
	}
	attributes := []string{"label", n.labels[s.LabelID], "source", s.Source}
	if element {
		attributes = append(attributes, "outside", bit(s.Outside))
	}
	if s.Type != Skeleton {
		attributes = append(attributes, "occluded", bit(s.Occluded))
	}
	attributes = append(attributes, s.place()...)
	if !element {
		attributes = append(attributes, "z_order", strconv.Itoa(s.ZOrder))
	}
	if s.Group != 0 {
		attributes = append(attributes, "group_id", strconv.Itoa(s.Group))
	}
	x.open(name, attributes...)
	for _, e := range s.Elements {
		n.writeShape(x, e, true)
	}
	n.writeValues(x, s.Attributes)
	x.close(name)
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// cuboidCorners are the names of a cuboid's coordinates.
var cuboidCorners = strings.Fields("xtl1 ytl1 xbl1 ybl1 xtr1 ytr1 xbr1 ybr1 xtl2 ytl2 xbl2 ybl2 xtr2 ytr2 xbr2 ybr2")

// place is where the shape lies, in the words of its type, with two decimals.
func (s *Shape) place() (attributes []string) {
	p := s.Points
	add := func(name string, v Float) { attributes = append(attributes, name, fmt.Sprintf("%.2f", v)) }
	switch s.Type {
	case Rectangle:
		for i, name := range []string{"xtl", "ytl", "xbr", "ybr"} {
			add(name, p[i])
		}
	case Ellipse:
		add("cx", p[0])
		add("cy", p[1])
		add("rx", p[2]-p[0])
		add("ry", p[1]-p[3])
	case Cuboid:
		for i, name := range cuboidCorners {
			add(name, p[i])
		}
	case Mask:
		return s.maskPlace()
	case Skeleton:
	default:
		var pairs []string
		for i := 0; i+1 < len(p); i += 2 {
			pairs = append(pairs, fmt.Sprintf("%.2f,%.2f", p[i], p[i+1]))
		}
		attributes = append(attributes, "points", strings.Join(pairs, ";"))
	}
	if s.Rotation != 0 && (s.Type == Rectangle || s.Type == Ellipse) {
		add("rotation", s.Rotation)
	}
	return attributes
}

// maskPlace is the mask's run lengths and the box that they fill.
func (s *Shape) maskPlace() []string {
	n := len(s.Points) - 4
	var runs []string
	for _, v := range s.Points[:n] {
		runs = append(runs, strconv.Itoa(int(v)))
	}
	left, top, right, bottom := s.Points[n], s.Points[n+1], s.Points[n+2], s.Points[n+3]
	return []string{
		"rle", strings.Join(runs, ", "), "left", strconv.Itoa(int(left)), "top", strconv.Itoa(int(top)),
		"width", strconv.Itoa(int(right-left) + 1), "height", strconv.Itoa(int(bottom-top) + 1),
	}
}

// An xmlWriter writes elements, each on lines of its own.
type xmlWriter struct {
	w     *bufio.Writer
	depth int
}

func (x *xmlWriter) raw(s string) { _, _ = x.w.WriteString(s) } // an error shows at Flush

var (
	xmlText  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	xmlValue = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", "&#10;", "\r", "&#13;", "\t", "&#9;")
)

func (x *xmlWriter) start(name string, attributes []string) {
	x.raw("\n" + strings.Repeat("  ", x.depth) + "<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		x.raw(" " + attributes[i] + `="` + xmlValue.Replace(attributes[i+1]) + `"`)
	}
	x.raw(">")
}

func (x *xmlWriter) open(name string, attributes ...string) {
	x.start(name, attributes)
	x.depth++
}

func (x *xmlWriter) close(name string) {
	x.depth--
	x.raw("\n" + strings.Repeat("  ", x.depth) + "</" + name + ">")
}

func (x *xmlWriter) text(name, text string, attributes ...string) {
	x.start(name, attributes)
	x.raw(xmlText.Replace(text) + "</" + name + ">")
}
