package rosimage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

// The kinds of message that hold point clouds.
const (
	PointCloud2   Kind = iota + 100 // sensor_msgs/PointCloud2
	FoxgloveCloud                   // foxglove.PointCloud
)

var cloudKinds = map[string]Kind{
	"sensor_msgs/PointCloud2":  PointCloud2,
	"foxglove/PointCloud":      FoxgloveCloud,
	"foxglove_msgs/PointCloud": FoxgloveCloud,
}

// KnownCloud is [Known] for types that hold point clouds.
func KnownCloud(typeName string) (Kind, bool) {
	k, ok := cloudKinds[typeKey(typeName)]
	return k, ok
}

// ErrNoPoints is a cloud in which no point has a place.
var ErrNoPoints = errors.New("the point cloud has no points")

// A Cloud is points as they were recorded, without copying them: [Message.Data] holds their bytes.
type Cloud struct {
	Fields        []CloudField
	Width, Height int // of unorganised clouds all points and 1
	PointStep     int // bytes from a point to the next
	RowStep       int // bytes from a row to the next; 0: rows without padding
	Pose          *Pose
}

// A CloudField is one dimension of the points.
type CloudField struct {
	Name   string
	Offset int // bytes from where a point begins
	Type   CloudType
	Count  int // elements
}

// A CloudType is the number that a field's elements are, in PCD's words.
type CloudType struct {
	Kind byte // F, I or U; 0: not known
	Size int  // bytes
}

// pointField are sensor_msgs/PointField's datatypes 1 to 8; packedElement are foxglove.PackedElementField's.
var (
	pointField    = []CloudType{{}, {'I', 1}, {'U', 1}, {'I', 2}, {'U', 2}, {'I', 4}, {'U', 4}, {'F', 4}, {'F', 8}}
	packedElement = []CloudType{{}, {'U', 1}, {'I', 1}, {'U', 2}, {'I', 2}, {'U', 4}, {'I', 4}, {'F', 4}, {'F', 8}}
)

func cloudType(of []CloudType, number uint64) CloudType {
	if number >= uint64(len(of)) {
		return CloudType{}
	}
	return of[number]
}

// A Pose is where a cloud's own origin is in its frame, and how it is turned.
type Pose struct {
	Position    [3]float64
	Orientation [4]float64 // x, y, z, w
}

// identity reports whether it moves nothing. Messages without a pose, or with one of zeros, have none.
func (p *Pose) identity() bool {
	return p == nil || p.Position == [3]float64{} && (p.Orientation == [4]float64{0, 0, 0, 1} || p.Orientation == [4]float64{})
}

const (
	maxCloudFields = 1000
	maxPointStep   = 1 << 20
)

// cloud reads the fields of a sensor_msgs/PointCloud2.
func (c *cursor) cloud() (*Message, error) {
	m := &Message{Kind: PointCloud2, Cloud: &Cloud{}}
	m.Header = c.header(PointCloud2)
	m.Cloud.Height, m.Cloud.Width = c.size("height"), c.size("width")
	for n := c.u32("fields"); n > 0 && c.err == nil; n-- {
		f := CloudField{Name: c.string("field name"), Offset: c.size("field offset")}
		f.Type = cloudType(pointField, uint64(c.u8("field datatype")))
		f.Count = max(1, c.size("field count")) // old drivers write 0
		if m.Cloud.Fields = append(m.Cloud.Fields, f); len(m.Cloud.Fields) > maxCloudFields {
			return nil, malformedCloud("it has more than %d fields", maxCloudFields)
		}
	}
	m.BigEndian = c.u8("is_bigendian") != 0
	m.Cloud.PointStep, m.Cloud.RowStep = c.size("point_step"), c.size("row_step")
	m.Data = c.bytes("data")
	m.DataSize = c.claimed
	if c.err == ErrShort && m.Data != nil {
		m.Partial = true
		return m, nil
	}
	return m, c.err
}

// Field numbers of foxglove.PointCloud, PackedElementField, Pose, Vector3 and Quaternion, from foxglove-sdk's schemas/proto.
const (
	cloudTimestamp, cloudFrameID, cloudPose, cloudStride, cloudFields, cloudData = 1, 2, 3, 4, 5, 6
	elementName, elementOffset, elementType                                      = 1, 2, 3
	posePosition, poseOrientation                                                = 1, 2
)

func parseProtoCloud(b []byte, partial bool) (*Message, error) {
	m := &Message{Kind: FoxgloveCloud, Cloud: &Cloud{Height: 1}}
	err := eachField(b, partial, func(f protoField, cut bool) error {
		if cut && f.num != cloudData {
			return ErrShort
		}
		switch f.num {
		case cloudTimestamp:
			return m.protoTime(f.b)
		case cloudFrameID:
			m.FrameID = string(f.b)
		case cloudPose:
			m.Cloud.Pose = &Pose{}
			return m.Cloud.Pose.proto(f.b)
		case cloudStride:
			m.Cloud.PointStep = clampSize(uint32(f.n))
		case cloudFields:
			return m.Cloud.protoElement(f.b)
		case cloudData:
			m.Data, m.DataSize, m.Partial = f.b, max(f.size(), len(f.b)), cut
		}
		return nil
	})
	if err == nil && partial && m.Data == nil {
		return nil, ErrShort
	}
	if err == nil {
		m.countPoints()
	}
	return m, err
}

// countPoints is for messages that say no more than their data's length.
func (m *Message) countPoints() {
	if step := m.Cloud.PointStep; step > 0 {
		m.Cloud.Width = max(m.DataSize, len(m.Data)) / step
	}
}

func (c *Cloud) protoElement(b []byte) error {
	f := CloudField{Count: 1}
	err := eachField(b, false, func(p protoField, _ bool) error {
		switch p.num {
		case elementName:
			f.Name = string(p.b)
		case elementOffset:
			f.Offset = clampSize(uint32(p.n))
		case elementType:
			f.Type = cloudType(packedElement, p.n)
		}
		return nil
	})
	if c.Fields = append(c.Fields, f); len(c.Fields) > maxCloudFields {
		return malformedCloud("it has more than %d fields", maxCloudFields)
	}
	return err
}

func (p *Pose) proto(b []byte) error {
	return eachField(b, false, func(f protoField, _ bool) error {
		into := p.Position[:]
		if f.num == poseOrientation {
			into = p.Orientation[:]
		} else if f.num != posePosition {
			return nil
		}
		return eachField(f.b, false, func(v protoField, _ bool) error {
			if at := int(v.num) - 1; at >= 0 && at < len(into) {
				into[at] = math.Float64frombits(v.n)
			}
			return nil
		})
	})
}

// A jsonCloud is foxglove.PointCloud; see [jsonImage] for the names.
type jsonCloud struct {
	Timestamp    jsonTime `json:"timestamp"`
	FrameID      string   `json:"frame_id"`
	FrameIDCamel string   `json:"frameId"`
	Pose         *struct {
		Position    struct{ X, Y, Z float64 }
		Orientation struct{ X, Y, Z, W float64 }
	} `json:"pose"`
	Stride      uint32 `json:"point_stride"`
	StrideCamel uint32 `json:"pointStride"`
	Fields      []struct {
		Name   string          `json:"name"`
		Offset uint32          `json:"offset"`
		Type   json.RawMessage `json:"type"` // a number, or the name that Protobuf's JSON writes
	} `json:"fields"`
	Data []byte `json:"data"`
}

// elementNames are those of packedElement.
var elementNames = []string{"UNKNOWN", "UINT8", "INT8", "UINT16", "INT16", "UINT32", "INT32", "FLOAT32", "FLOAT64"}

func parseJSONCloud(b []byte, partial bool) (*Message, error) {
	var v jsonCloud
	err := json.Unmarshal(b, &v)
	if err != nil && partial {
		return nil, ErrShort
	}
	if err != nil {
		return nil, malformedCloud("%w", err)
	}
	m := &Message{Kind: FoxgloveCloud, Header: Header{StampNS: int64(v.Timestamp), FrameID: v.FrameID + v.FrameIDCamel}, Data: v.Data}
	m.Cloud = &Cloud{Height: 1, PointStep: clampSize(max(v.Stride, v.StrideCamel))}
	if p := v.Pose; p != nil {
		m.Cloud.Pose = &Pose{[3]float64{p.Position.X, p.Position.Y, p.Position.Z}, [4]float64{p.Orientation.X, p.Orientation.Y, p.Orientation.Z, p.Orientation.W}}
	}
	for _, f := range v.Fields {
		number := uint64(len(packedElement))
		for i, name := range elementNames {
			if text := string(bytes.TrimSpace(f.Type)); text == fmt.Sprint(i) || text == `"`+name+`"` {
				number = uint64(i)
			}
		}
		m.Cloud.Fields = append(m.Cloud.Fields, CloudField{Name: f.Name, Offset: clampSize(f.Offset), Type: cloudType(packedElement, number), Count: 1})
	}
	m.countPoints()
	return m, nil
}

// describe names the fields.
func (c *Cloud) describe() string {
	if len(c.Fields) == 0 {
		return "none"
	}
	names := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		names[i] = f.Name
	}
	return strings.Join(names, " ")
}
