package rosimage

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/cvatplan/cvatplan/internal/pcd"
)

// defaultFields are what becomes of a cloud where [Options] name none; intensity, where there is one.
var defaultFields = []string{"x", "y", "z", "intensity"}

// A cloudPlan is how a cloud's points become a file's.
type cloudPlan struct {
	fields  []CloudField // in the file's order
	axes    [3]int       // of x, y and z among them
	step    int          // bytes of a point in the file
	rowStep int
	order   binary.ByteOrder
}

// planCloud checks that all that a whole message says of its points is there, before anything is allocated.
func (m *Message) planCloud(o Options) (cloudPlan, error) {
	c, p := m.Cloud, cloudPlan{order: binary.LittleEndian}
	if m.BigEndian {
		p.order = binary.BigEndian
	}
	if err := p.choose(c, o.Fields); err != nil {
		return p, err
	}
	if c.PointStep < 1 || c.PointStep > maxPointStep {
		return p, malformedCloud("its points have %d bytes each", c.PointStep)
	}
	if p.step > c.PointStep {
		return p, malformedCloud("its fields overlap: they have %d bytes, and a point has %d", p.step, c.PointStep)
	}
	if !c.Pose.finite() {
		return p, malformedCloud("its pose is not finite")
	}
	if m.Kind == FoxgloveCloud && len(m.Data)%c.PointStep != 0 { // it says no number of points: a part of one was lost
		return p, malformedCloud("its data has %d bytes, which is not a whole number of points of %d bytes", len(m.Data), c.PointStep)
	}
	if c.Width == 0 || c.Height == 0 {
		return p, ErrNoPoints
	}
	row := uint64(c.Width) * uint64(c.PointStep)
	p.rowStep = c.RowStep
	if c.Height == 1 || c.RowStep == 0 {
		p.rowStep = int(min(row, math.MaxInt32))
	}
	if uint64(p.rowStep) < row && c.Height > 1 {
		return p, malformedCloud("its rows have %d bytes, and %d points of %d bytes are %d", c.RowStep, c.Width, c.PointStep, row)
	}
	if need := uint64(c.Height-1)*uint64(p.rowStep) + row; need > uint64(len(m.Data)) {
		return p, malformedCloud("%d × %d points of %d bytes are %d bytes, and %d are there", c.Width, c.Height, c.PointStep, need, len(m.Data))
	}
	return p, nil
}

// choose finds the fields that are asked for.
func (p *cloudPlan) choose(c *Cloud, names []string) error {
	optional := names == nil
	if optional {
		names = defaultFields
	}
	for _, name := range names {
		i := slices.IndexFunc(c.Fields, func(f CloudField) bool { return f.Name == name })
		if i < 0 && optional && name == "intensity" {
			continue
		}
		if i < 0 {
			return fmt.Errorf("the point cloud has no field %q; it has %s", name, c.describe())
		}
		f := c.Fields[i]
		size := uint64(f.Type.Size) * uint64(f.Count)
		if f.Type.Size == 0 || size > maxPointStep || uint64(f.Offset)+size > uint64(c.PointStep) {
			return malformedCloud("its field %q does not fit into a point of %d bytes, or is of an unknown type", name, c.PointStep)
		}
		p.fields = append(p.fields, f)
		p.step += int(size)
	}
	for k, axis := range defaultFields[:3] {
		i := slices.IndexFunc(p.fields, func(f CloudField) bool { return f.Name == axis })
		if i < 0 || p.fields[i].Count != 1 {
			return malformedCloud("field %s is not among those that are taken", axis)
		}
		p.axes[k] = i
	}
	return nil
}

// Points counts the points of a whole message that is a cloud: those that become the file's, and those that are dropped because
// they have no place: x, y or z is not finite. It is [ErrNoPoints] if none is left.
func (m *Message) Points(o Options) (points, dropped int, err error) {
	p, err := m.planCloud(o)
	if err != nil {
		return 0, 0, err
	}
	_ = m.eachPoint(&p, func([]byte) error { points++; return nil })
	if points == 0 {
		err = ErrNoPoints
	}
	return points, m.Cloud.Width*m.Cloud.Height - points, err
}

// writePCD writes a binary PCD: the fields that the options name, in their order and of their types, moved by the cloud's pose.
func (m *Message) writePCD(w io.Writer, o Options) error {
	points, _, err := m.Points(o)
	if err != nil {
		return err
	}
	p, err := m.planCloud(o)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.Write(pcd.AppendHeader(nil, p.pcdFields(), int64(points))) // Flush tells
	file := make([]byte, 0, p.step)
	err = m.eachPoint(&p, func(point []byte) error {
		file = p.appendPoint(file[:0], point)
		p.move(file, m.Cloud.Pose)
		_, err := out.Write(file)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

func (p *cloudPlan) pcdFields() []pcd.Field {
	fields := make([]pcd.Field, len(p.fields))
	for i, f := range p.fields {
		fields[i] = pcd.Field{Name: f.Name, Type: f.Type.Kind, Size: f.Type.Size, Count: f.Count}
	}
	return fields
}

// eachPoint visits the points that have a place.
func (m *Message) eachPoint(p *cloudPlan, visit func(point []byte) error) error {
	for y := range m.Cloud.Height {
		row := m.Data[y*p.rowStep:]
		for x := range m.Cloud.Width {
			point := row[x*m.Cloud.PointStep:][:m.Cloud.PointStep]
			if !p.placed(point) {
				continue
			}
			if err := visit(point); err != nil {
				return err
			}
		}
	}
	return nil
}

// placed reports whether a point is somewhere: of a float that is not finite all bits of the exponent are set, which are
// in its two highest bytes.
func (p *cloudPlan) placed(point []byte) bool {
	for _, axis := range p.axes {
		f := &p.fields[axis]
		if f.Type.Kind != 'F' {
			continue
		}
		high, next := f.Offset+f.Type.Size-1, f.Offset+f.Type.Size-2
		if p.order == binary.BigEndian {
			high, next = f.Offset, f.Offset+1
		}
		exponent := uint16(0x7f80)
		if f.Type.Size == 8 {
			exponent = 0x7ff0
		}
		if (uint16(point[high])<<8|uint16(point[next]))&exponent == exponent {
			return false
		}
	}
	return true
}

// appendPoint appends a point's fields, little-endian.
func (p *cloudPlan) appendPoint(b, point []byte) []byte {
	for _, f := range p.fields {
		from := len(b)
		b = append(b, point[f.Offset:][:f.Type.Size*f.Count]...)
		if p.order == binary.BigEndian {
			for at := from; at < len(b); at += f.Type.Size {
				slices.Reverse(b[at : at+f.Type.Size])
			}
		}
	}
	return b
}

// move turns and shifts a point of the file.
func (p *cloudPlan) move(point []byte, pose *Pose) {
	if pose.identity() {
		return
	}
	var at [3][]byte
	var v [3]float64
	for k, axis := range p.axes {
		offset := 0
		for _, f := range p.fields[:axis] {
			offset += f.Type.Size * f.Count
		}
		at[k] = point[offset:]
		v[k] = p.fields[axis].Type.value(at[k], binary.LittleEndian)
	}
	for k, moved := range pose.apply(v) {
		p.fields[p.axes[k]].Type.put(at[k], moved)
	}
}

// finite reports whether a pose can be applied.
func (p *Pose) finite() bool {
	if p == nil {
		return true
	}
	return !slices.ContainsFunc(append(p.Position[:], p.Orientation[:]...), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// apply turns a place by the orientation, which need not be of length 1, and shifts it by the position.
func (p *Pose) apply(v [3]float64) [3]float64 {
	x, y, z, w := p.Orientation[0], p.Orientation[1], p.Orientation[2], p.Orientation[3]
	n := x*x + y*y + z*z + w*w
	if n == 0 {
		w, n = 1, 1
	}
	s := 2 / n
	turned := [3]float64{
		v[0]*(1-s*(y*y+z*z)) + v[1]*s*(x*y-z*w) + v[2]*s*(x*z+y*w),
		v[0]*s*(x*y+z*w) + v[1]*(1-s*(x*x+z*z)) + v[2]*s*(y*z-x*w),
		v[0]*s*(x*z-y*w) + v[1]*s*(y*z+x*w) + v[2]*(1-s*(x*x+y*y)),
	}
	for k := range turned {
		turned[k] += p.Position[k]
	}
	return turned
}

// value is an element as a number.
func (t CloudType) value(b []byte, order binary.ByteOrder) float64 {
	switch t {
	case CloudType{'F', 4}:
		return float64(math.Float32frombits(order.Uint32(b)))
	case CloudType{'F', 8}:
		return math.Float64frombits(order.Uint64(b))
	case CloudType{'U', 1}:
		return float64(b[0])
	case CloudType{'I', 1}:
		return float64(int8(b[0]))
	case CloudType{'U', 2}:
		return float64(order.Uint16(b))
	case CloudType{'I', 2}:
		return float64(int16(order.Uint16(b)))
	case CloudType{'U', 4}:
		return float64(order.Uint32(b))
	}
	return float64(int32(order.Uint32(b)))
}

// put writes a number as an element; whole numbers are rounded, and kept in their type's reach.
func (t CloudType) put(b []byte, v float64) {
	bits := uint(8 * t.Size)
	low, high := -math.Ldexp(1, int(bits)-1), math.Ldexp(1, int(bits)-1)-1
	if t.Kind == 'U' {
		low, high = 0, math.Ldexp(1, int(bits))-1
	}
	whole := int64(min(max(math.Round(v), low), high))
	switch {
	case t == CloudType{'F', 4}:
		binary.LittleEndian.PutUint32(b, math.Float32bits(float32(v)))
	case t == CloudType{'F', 8}:
		binary.LittleEndian.PutUint64(b, math.Float64bits(v))
	default:
		for k := range t.Size {
			b[k] = byte(whole >> (8 * k))
		}
	}
}
